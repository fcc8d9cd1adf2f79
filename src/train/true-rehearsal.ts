import { createTruePool } from '#train/true-pool';
import type { SimulatedPlant } from '../core/plant.ts';
import type { TaskReference } from '../core/task.ts';
import type { Outlook, Rehearsal, RehearsalStart } from '../plan/evaluator.ts';
import type { TruePool } from './true-model.ts';

/**
 * Rehearses on copies of the very simulator that the robot lives in (`--model true`): tells what a planner reaches
 * when the model has no error. It reads the plant's whole state, so it serves one robot.
 */
export class TrueRehearsal implements Rehearsal {
  readonly #plant: SimulatedPlant;
  readonly #pool: TruePool;
  readonly #horizon: number;

  private constructor(plant: SimulatedPlant, pool: TruePool, horizon: number) {
    this.#plant = plant;
    this.#pool = pool;
    this.#horizon = horizon;
  }

  static async create(options: {
    task: TaskReference;
    plant: SimulatedPlant;
    horizon: number;
    threads: number;
  }): Promise<TrueRehearsal> {
    return new TrueRehearsal(
      options.plant,
      await createTruePool(options.task, options.threads),
      options.horizon,
    );
  }

  async begin({ states: observed, goals, pending, steps }: RehearsalStart): Promise<Outlook> {
    const saved = this.#plant.save();
    const solve = async (actions: Float32Array, candidates: number, horizon: number, wantStates: boolean) => {
      const sequences = steps === 0 ? actions : behind(pending, actions, candidates);
      return this.#pool.solve({
        ...{ saved, goal: goals, actions: sequences, candidates, horizon: steps + horizon, wantStates },
      });
    };
    const imagine = async (sequence: Float32Array, horizon: number) => {
      const { states } = await solve(sequence, 1, horizon, true);
      return states as Float32Array;
    };
    return {
      states: steps === 0 ? observed : lastOf(await imagine(new Float32Array(0), 0), steps),
      grain: this.#pool.threads,
      evaluate: async (actions, candidates) =>
        (await solve(actions, candidates, this.#horizon, false)).returns,
      imagine: async (_, sequence) => {
        const states = await imagine(sequence, this.#horizon);
        return { states: states.subarray((states.length / (steps + this.#horizon)) * steps), particles: 1 };
      },
    };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Sequences [N, D + H, A]: the pending actions [D, A] before each of [N, H, A]. */
function behind(pending: Float32Array, actions: Float32Array, candidates: number): Float32Array {
  const length = actions.length / candidates;
  const sequences = new Float32Array(actions.length + candidates * pending.length);
  for (let n = 0; n < candidates; n++) {
    const start = n * (pending.length + length);
    sequences.set(pending, start);
    sequences.set(actions.subarray(n * length, (n + 1) * length), start + pending.length);
  }
  return sequences;
}

/** The last of `steps` states. */
function lastOf(states: Float32Array, steps: number): Float32Array {
  return states.slice((states.length / steps) * (steps - 1));
}
