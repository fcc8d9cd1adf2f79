import type { RolloutRequest } from '../../core/engine.ts';
import { InputError } from '../../core/errors.ts';
import type { TaskInstance } from '../../core/task.ts';

/**
 * Adds up the rewards of a rollout, one step at a time. After its termination a row gets nothing more; a state or a
 * reward that is not finite makes a row's return NaN.
 */
export class ReturnSum {
  readonly #name: string;
  readonly #task: TaskInstance;
  readonly #request: RolloutRequest;
  /** [R, N, P] */
  readonly #sums: Float64Array;
  readonly #ended: Uint8Array;
  readonly #goals: Float32Array[];
  readonly #state: Float32Array;
  readonly #next: Float32Array;
  readonly #action: Float32Array;

  constructor(name: string, task: TaskInstance, request: RolloutRequest) {
    const { robots, candidates, particles, encoding, goals } = request;
    this.#name = name;
    this.#task = task;
    this.#request = request;
    this.#sums = new Float64Array(robots * candidates * particles);
    this.#ended = new Uint8Array(this.#sums.length);
    const size = goals.length / robots;
    this.#goals = Array.from({ length: robots }, (_, r) => goals.slice(r * size, (r + 1) * size));
    this.#state = new Float32Array(encoding.stateSize);
    this.#next = new Float32Array(encoding.stateSize);
    this.#action = new Float32Array(encoding.actionSize);
  }

  /** Scores step `t` of every row. `states` before and `nexts` after it: [P, R·N, S]. */
  add(t: number, states: Float32Array, nexts: Float32Array): void {
    const { robots, candidates, particles, horizon, actions } = this.#request;
    const [task, state, next, action] = [this.#task, this.#state, this.#next, this.#action];
    const [S, A, M] = [state.length, action.length, robots * candidates];
    for (let row = 0; row < M; row++) {
      const goal = this.#goals[Math.floor(row / candidates)];
      for (let a = 0; a < A; a++) action[a] = actions[(row * horizon + t) * A + a];
      for (let p = 0; p < particles; p++) {
        const sum = row * particles + p;
        if (this.#ended[sum]) continue;
        let finite = true;
        for (let s = 0, at = (p * M + row) * S; s < S; s++, at++) {
          state[s] = states[at];
          next[s] = nexts[at];
          finite &&= Number.isFinite(next[s]);
        }
        const reward = finite ? this.#reward(t, row % candidates, goal) : Number.NaN;
        if (!Number.isFinite(reward)) {
          this.#sums[sum] = Number.NaN;
          this.#ended[sum] = 1;
          continue;
        }
        this.#sums[sum] += reward;
        if (task.terminated?.(next, goal)) {
          this.#sums[sum] += task.terminalReward ?? 0;
          this.#ended[sum] = 1;
        }
      }
    }
  }

  #reward(t: number, candidate: number, goal: Float32Array): number {
    try {
      return this.#task.reward(this.#state, this.#action, this.#next, goal);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InputError(
        `task ${this.#name}: its reward threw at step ${t + 1} of imagined trajectory ${candidate + 1}: ${reason}`,
        { cause: error },
      );
    }
  }

  /** Returns [R, N, P]. */
  take(): Float32Array {
    return Float32Array.from(this.#sums);
  }
}
