import type { Transition } from '../core/agent.ts';
import type { Layout } from '../core/channel.ts';

/** Where an episode's rows begin and how many there are. */
export interface Episode {
  readonly start: number;
  readonly length: number;
}

/** All experience, one row a control step, growing. Goals are left out: the model does not see them. */
export class Dataset {
  readonly stateSize: number;
  readonly actionSize: number;
  /** Complete and open episodes, in order. */
  readonly episodes: Episode[] = [];
  #layout: Layout;
  #size = 0;
  #states: Float32Array;
  #actions: Float32Array;
  #nexts: Float32Array;

  constructor(layout: Layout, actionSize: number) {
    this.#layout = layout;
    this.stateSize = layout.stateSize;
    this.actionSize = actionSize;
    this.#states = new Float32Array(0);
    this.#actions = new Float32Array(0);
    this.#nexts = new Float32Array(0);
  }

  get size(): number {
    return this.#size;
  }
  /** [N, S] */
  get states(): Float32Array {
    return this.#states.subarray(0, this.#size * this.stateSize);
  }
  /** [N, A] */
  get actions(): Float32Array {
    return this.#actions.subarray(0, this.#size * this.actionSize);
  }
  /** [N, S] */
  get nexts(): Float32Array {
    return this.#nexts.subarray(0, this.#size * this.stateSize);
  }

  /** Adds transitions in order, to the last episode or as the first of a new one. */
  add(transitions: readonly Transition[], newEpisode: boolean): void {
    if (transitions.length === 0) return;
    this.#reserve(this.#size + transitions.length);
    const last = newEpisode ? undefined : this.episodes.pop();
    this.episodes.push({
      start: last?.start ?? this.#size,
      length: (last?.length ?? 0) + transitions.length,
    });
    const { stateIndex } = this.#layout;
    for (const { observation, action, next } of transitions) {
      const row = this.#size++;
      for (let i = 0; i < this.stateSize; i++) {
        this.#states[row * this.stateSize + i] = observation[stateIndex[i]];
        this.#nexts[row * this.stateSize + i] = next[stateIndex[i]];
      }
      this.#actions.set(action, row * this.actionSize);
    }
  }

  /** Forgets the last episode: a run begins it anew. */
  dropEpisode(): void {
    this.#size -= this.episodes.pop()?.length ?? 0;
  }

  #reserve(rows: number): void {
    if (rows * this.stateSize <= this.#states.length) return;
    const capacity = Math.max(rows, 2 * this.#size, 256);
    this.#states = grown(this.#states, capacity * this.stateSize);
    this.#actions = grown(this.#actions, capacity * this.actionSize);
    this.#nexts = grown(this.#nexts, capacity * this.stateSize);
  }
}

function grown(array: Float32Array, length: number): Float32Array {
  const next = new Float32Array(length);
  next.set(array);
  return next;
}
