import { createTruePool } from '#train/true-pool';
import type { SimulatedPlant } from '../core/plant.ts';
import type { TaskReference } from '../core/task.ts';
import type { Rehearsal } from '../plan/evaluator.ts';
import type { Evaluate } from '../plan/planner.ts';
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

  from(_states: Float32Array, goals: Float32Array): Evaluate {
    const saved = this.#plant.save();
    return async (actions, candidates) => {
      const { returns } = await this.#pool.solve({
        saved,
        goal: goals,
        actions,
        candidates,
        horizon: this.#horizon,
        wantStates: false,
      });
      return returns;
    };
  }

  async imagine(_state: Float32Array, goal: Float32Array, sequence: Float32Array) {
    const { states } = await this.#pool.solve({
      saved: this.#plant.save(),
      goal,
      actions: sequence,
      candidates: 1,
      horizon: this.#horizon,
      wantStates: true,
    });
    return { states: states as Float32Array, particles: 1 };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
