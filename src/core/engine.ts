import type { TaskReference } from './task.ts';

/**
 * Who does the arithmetic of an ensemble. Letters: E members, B rows, I inputs, O outputs, N candidates, P particles,
 * H horizon, S state, A action, G goal, R robots. All arrays row-major float32.
 *
 * Each member is an MLP `I → hidden… → 2·O`: its output is the mean [O] and the raw log-variance [O] of a Gaussian
 * over the normalised target. The log-variance is bounded softly on both sides (PETS, Chua et al. 2018, appendix A.1):
 *   v = max − softplus(max − raw);  logVariance = min + softplus(v − min).
 */
export interface NetShape {
  readonly members: number;
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation: Activation;
  readonly minLogVariance: number;
  readonly maxLogVariance: number;
}

export type Activation = 'swish' | 'relu' | 'tanh';

/**
 * Plain order of parameters, gradients and Adam's moments: for each layer l = 0 … L, weights [E, in_l, out_l], then
 * biases [E, out_l]; concatenated. The last layer's `out` is 2·O: means first, raw log-variances after them.
 */
export function parameterCount(shape: NetShape): number {
  let count = 0;
  for (const [fanIn, fanOut] of layerSizes(shape)) count += shape.members * (fanIn * fanOut + fanOut);
  return count;
}

/** [fan-in, fan-out] of each layer, the output layer (2·O) included. */
export function layerSizes(shape: NetShape): [number, number][] {
  const widths = [shape.inputs, ...shape.hidden, 2 * shape.outputs];
  return widths.slice(1).map((width, l) => [widths[l], width]);
}

export interface OptimizerState {
  /** First and second moments in plain order. */
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Adam steps taken by every member. */
  readonly step: number;
}

export interface AdamOptions {
  readonly learningRate: number;
  /** Decoupled (AdamW) on weights, not biases, per layer [L + 1]: w ← w − learningRate · decay · w. */
  readonly weightDecay: readonly number[];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Training data, already encoded and normalised. */
export interface TrainingData {
  /** [N, I] */
  readonly inputs: Float32Array;
  /** [N, O] */
  readonly targets: Float32Array;
}

export type EncodingTarget =
  | { readonly index: number; readonly kind: 'delta' | 'absolute' }
  | { readonly index: number; readonly kind: 'forward' | 'left'; readonly yaw: number };

/** How a state becomes network inputs and outputs become the next state. The one place of normalisation. */
export interface Encoding {
  readonly stateSize: number;
  readonly actionSize: number;
  /** Per input [I]: what is read. `index` counts through the state [S], then the action [A]. */
  readonly features: readonly { readonly kind: 'value' | 'sine' | 'cosine'; readonly index: number }[];
  /** Input = (feature − mean) / scale, [I]. */
  readonly inputMean: Float32Array;
  readonly inputScale: Float32Array;
  /**
   * Per output [O]: which state value it predicts, as a change or as the value itself. `forward` and `left` are the
   * change of x (at `index`) and y (at `index`) of a planar pose, in the frame of the body before the step, whose yaw is
   * at `yaw`; they come in that order, one after the other.
   */
  readonly targets: readonly EncodingTarget[];
  /** Target = normalised output · scale + mean, [O]. */
  readonly targetMean: Float32Array;
  readonly targetScale: Float32Array;
}

export interface RolloutRequest {
  readonly encoding: Encoding;
  /** Start states [R, S]. */
  readonly states: Float32Array;
  /** [R, G] */
  readonly goals: Float32Array;
  /** [R, N, H, A] */
  readonly actions: Float32Array;
  readonly robots: number;
  readonly candidates: number;
  readonly horizon: number;
  /** P, a multiple of E. */
  readonly particles: number;
  /** Member that moves particle p at step t [P, H]: constant along H for TS∞, changing for TS1. */
  readonly members: Uint8Array;
  /** Standard normal noise [P, H, O], the same for every robot and candidate; zeros = the mean prediction. */
  readonly noise: Float32Array;
  /** Also return the states. */
  readonly wantStates: boolean;
}

export interface RolloutResult {
  /**
   * Sum of rewards [R, N, P] by the engine's task; rewards after termination are 0 and the terminal reward is added
   * at the terminating step. NaN where a reward or a state was not finite.
   */
  readonly returns: Float32Array;
  /** [R, N, P, H, S], the states after each action; null unless asked for. */
  readonly states: Float32Array | null;
}

/** One ensemble's parameters, living where the engine computes. */
export interface Nets {
  readonly shape: NetShape;
  /** Rows of a rollout that take as long as one of them does. */
  readonly grain: number;
  getParameters(): Float32Array;
  setParameters(parameters: Float32Array): void;
  getOptimizer(): OptimizerState;
  setOptimizer(state: OptimizerState): void;
  /** Raw outputs [E, B, 2·O] of inputs [E, B, I]. */
  forward(inputs: Float32Array, rows: number): Promise<Float32Array>;
  /** Backward from a given gradient of the raw outputs [E, B, 2·O]: gradients in plain order and of the inputs [E, B, I]. */
  backward(
    inputs: Float32Array,
    outputGradient: Float32Array,
    rows: number,
  ): Promise<{ parameters: Float32Array; inputs: Float32Array }>;
  /** One Adam step from a given gradient in plain order. */
  adam(gradient: Float32Array, options: AdamOptions): Promise<void>;
  /**
   * Minibatch steps of Gaussian NLL, mean over batch and outputs of ½[(μ−y)²·e^(−v) + v], then Adam. `order`
   * [E, steps · batch] holds each member's row numbers. Returns each member's mean loss over the pass [E].
   * Bits do not depend on the number of threads.
   */
  train(
    data: TrainingData,
    order: Uint32Array,
    steps: number,
    batch: number,
    options: AdamOptions,
  ): Promise<Float32Array>;
  /** Per member mean NLL (as in `train`) over all rows of `data` [E]. */
  evaluate(data: TrainingData): Promise<Float32Array>;
  rollout(request: RolloutRequest): Promise<RolloutResult>;
  dispose(): void;
}

export interface Engine {
  readonly name: 'wasm' | 'tfjs';
  /** For the start line, e.g. `wasm, relaxed-simd FMA, 2 threads`. */
  readonly description: string;
  /** Identifies the arithmetic: runs of different builds differ in bits. */
  readonly numerics: string;
  createNets(shape: NetShape): Nets;
  /** The task whose reward scores rollouts; every worker builds its own copy. */
  setTask(task: TaskReference): Promise<void>;
  close(): Promise<void>;
}
