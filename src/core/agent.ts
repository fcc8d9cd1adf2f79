/** One environment step as data, float32. `next` is the observation after it. */
export interface Transition {
  readonly observation: Float32Array;
  readonly action: Float32Array;
  readonly reward: number;
  readonly next: Float32Array;
  readonly terminated: boolean;
}

export interface ActOptions {
  /** True where the observation is the first of an episode, per robot [R]. */
  readonly first: readonly boolean[];
  /** False in evaluation. */
  readonly explore: boolean;
  /**
   * Actions that will be executed between the observation and the moment the plan begins [R][D × A]: the model rolls the
   * state forward through them, and the plan starts from there. D may be 0; left out: the plan starts at once.
   */
  readonly pending?: readonly Float32Array[];
  /** Control steps between the beginning of the last plan and of this one [R]; left out: 1. */
  readonly shift?: readonly number[];
  /** Plan with exactly so many evaluations, whatever the clock says: repeats a plan that was made against a deadline. */
  readonly evaluations?: number;
}

export interface Agent {
  /** Actions [R, A] for observations [R, …]. */
  act(observations: readonly Float32Array[], options: ActOptions): Promise<Float32Array[]>;
  /** Transitions in order; `first` says that they begin an episode. */
  observe(transitions: readonly Transition[], first: boolean): void;
  /** Forgets what was observed of the present episode: it is begun anew. */
  forgetEpisode(): void;
  /** The agent decides whether it learns at this moment. */
  learn(moment: 'step' | 'episodeEnd'): Promise<void>;
  /** Everything a later `load` needs to continue bit for bit, except the transitions themselves. */
  save(): Checkpoint;
  load(checkpoint: Checkpoint): void;
  close(): Promise<void>;
}

/** Tensors by name and a JSON-able rest. Written as safetensors. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly meta: Readonly<Record<string, string>>;
}
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Uint32Array;
}
