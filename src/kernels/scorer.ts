import { InputError } from '../core/errors.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { TaskInstance, TaskReference } from '../core/task.ts';
import { PANEL } from './kernel-exports.ts';

/** A block of trajectories as the rollout kernel leaves it, and where its returns go. Indices count floats. */
export interface Trajectories {
  readonly f32: Float32Array;
  /** [panels][H + 1][S][12] */
  readonly start: number;
  readonly firstPanel: number;
  readonly panels: number;
  readonly particle: number;
  readonly particles: number;
  /** R · N */
  readonly rows: number;
  readonly candidates: number;
  readonly horizon: number;
  readonly stateSize: number;
  readonly actionSize: number;
  readonly goalSize: number;
  /** [R, G] */
  readonly goals: number;
  /** [R · N, H, A] */
  readonly actions: number;
  /** [R · N, P] */
  readonly returns: number;
}

/** The task's reward over blocks of imagined trajectories. */
export class Scorer {
  readonly #name: string;
  readonly #task: TaskInstance;

  constructor(name: string, task: TaskInstance) {
    this.#name = name;
    this.#task = task;
  }

  /** Builds this thread's own copy of the task. */
  static async load(reference: TaskReference): Promise<Scorer> {
    const { task, instance } = await instantiateTask(reference);
    return new Scorer(task.name, instance);
  }

  score(block: Trajectories): void {
    const { f32, rows, candidates, horizon, stateSize, actionSize, goalSize } = block;
    const task = this.#task;
    let state = new Float32Array(stateSize);
    let next = new Float32Array(stateSize);
    const action = new Float32Array(actionSize);
    const goal = new Float32Array(goalSize);
    for (let panel = 0; panel < block.panels; panel++) {
      for (let lane = 0; lane < PANEL; lane++) {
        const row = (block.firstPanel + panel) * PANEL + lane;
        if (row >= rows) return;
        const goalAt = block.goals + Math.floor(row / candidates) * goalSize;
        for (let i = 0; i < goalSize; i++) goal[i] = f32[goalAt + i];
        let stateAt = block.start + panel * (horizon + 1) * stateSize * PANEL + lane;
        for (let i = 0; i < stateSize; i++, stateAt += PANEL) next[i] = f32[stateAt];
        let actionAt = block.actions + row * horizon * actionSize;
        let sum = 0;
        for (let t = 0; t < horizon; t++) {
          const previous = state;
          state = next;
          next = previous;
          // x − x is NaN for whatever is not finite.
          let unsound = 0;
          for (let i = 0; i < stateSize; i++, stateAt += PANEL) {
            const value = f32[stateAt];
            next[i] = value;
            unsound += value - value;
          }
          for (let i = 0; i < actionSize; i++) action[i] = f32[actionAt++];
          if (unsound !== 0) {
            sum = Number.NaN;
            break;
          }
          try {
            const reward = task.reward(state, action, next, goal);
            sum += reward + (reward - reward);
            if (task.terminated?.(next, goal)) {
              sum += task.terminalReward ?? 0;
              break;
            }
          } catch (error) {
            throw this.#failure(error, t, row % candidates);
          }
        }
        f32[block.returns + row * block.particles + block.particle] =
          typeof sum === 'number' ? sum : Number.NaN;
      }
    }
  }

  #failure(error: unknown, t: number, candidate: number): InputError {
    const reason = error instanceof Error ? error.message : String(error);
    const where = `step ${t + 1} of imagined trajectory ${candidate + 1}`;
    return new InputError(`task ${this.#name}: its reward threw at ${where}: ${reason}`, { cause: error });
  }
}
