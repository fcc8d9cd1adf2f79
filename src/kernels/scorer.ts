import { InputError } from '../core/errors.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { TaskInstance, TaskReference } from '../core/task.ts';
import type { JobArguments } from './control.ts';
import { PANEL } from './kernel-exports.ts';

/** The task's reward over blocks of imagined trajectories. */
export class Scorer {
  readonly #name: string;
  readonly #task: TaskInstance;
  // What rewards are given to read, kept from panel to panel.
  #state = new Float32Array();
  #next = new Float32Array();
  #action = new Float32Array();
  #goal = new Float32Array();

  constructor(name: string, task: TaskInstance) {
    this.#name = name;
    this.#task = task;
  }

  /** Builds this thread's own copy of the task. */
  static async load(reference: TaskReference): Promise<Scorer> {
    const { task, instance } = await instantiateTask(reference);
    return new Scorer(task.name, instance);
  }

  /**
   * Returns of rows `first` … `end`, one panel of one particle, from the trajectory [H + 1][S][12] at float `start` of
   * the kernels' memory.
   */
  score(
    f32: Float32Array,
    job: JobArguments<'rollout'>,
    start: number,
    first: number,
    end: number,
    particle: number,
  ): void {
    const { candidates, horizon, stateSize, actionSize, goalSize } = job;
    const task = this.#task;
    this.#size(stateSize, actionSize, goalSize);
    const action = this.#action;
    const goal = this.#goal;
    let state = this.#state;
    let next = this.#next;
    for (let row = first; row < end; row++) {
      const goalAt = job.goals / 4 + Math.floor(row / candidates) * goalSize;
      for (let i = 0; i < goalSize; i++) goal[i] = f32[goalAt + i];
      let stateAt = start + row - first;
      for (let i = 0; i < stateSize; i++, stateAt += PANEL) next[i] = f32[stateAt];
      let actionAt = job.actions / 4 + row * horizon * actionSize;
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
      f32[job.returns / 4 + row * job.particles + particle] = typeof sum === 'number' ? sum : Number.NaN;
    }
  }

  #size(state: number, action: number, goal: number): void {
    if (this.#state.length !== state) {
      this.#state = new Float32Array(state);
      this.#next = new Float32Array(state);
    }
    if (this.#action.length !== action) this.#action = new Float32Array(action);
    if (this.#goal.length !== goal) this.#goal = new Float32Array(goal);
  }

  #failure(error: unknown, t: number, candidate: number): InputError {
    const reason = error instanceof Error ? error.message : String(error);
    const where = `step ${t + 1} of imagined trajectory ${candidate + 1}`;
    return new InputError(`task ${this.#name}: its reward threw at ${where}: ${reason}`, { cause: error });
  }
}
