import { createSimPlant } from '../../sim/index.ts';
import type { EnvSpec } from '../core/env.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { TaskReference } from '../core/task.ts';
import { TaskEnv } from '../core/task-env.ts';
import type { AutoresetMode } from '../core/vector-env.ts';

export type Info = Readonly<Record<string, unknown>>;

/** What an environment tells of one call beside numbers. */
export interface Report {
  readonly info: Info;
  readonly finalInfo?: Info;
}

/** The numbers of R environments, in memory that threads share where there are threads. */
export interface EnvMemory {
  /** [R, A] */
  readonly actions: Float32Array;
  /** [R, O] */
  readonly observations: Float32Array;
  /** Last observations of the episodes that ended, mode `same-step` [R, O]. */
  readonly finalObservations: Float32Array;
  /** [R] */
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** 1 = to be reset [R], and under which seed [R]; NaN = the next episode of its generator. */
  readonly mask: Uint8Array;
  readonly seeds: Float64Array;
}

/** Bytes before the numbers, for whoever hands the memory over. */
export const MEMORY_HEADER = 64;

export function memoryBytes(envs: number, { observation, action }: EnvSpec): number {
  return MEMORY_HEADER + envs * (19 + 4 * (2 * observation.low.length + action.low.length));
}

export function memoryOf(buffer: ArrayBufferLike, envs: number, { observation, action }: EnvSpec): EnvMemory {
  let at = MEMORY_HEADER;
  const take = (bytes: number) => {
    const from = at;
    at += bytes;
    return from;
  };
  const [O, A] = [envs * observation.low.length, envs * action.low.length];
  return {
    rewards: new Float64Array(buffer, take(8 * envs), envs),
    seeds: new Float64Array(buffer, take(8 * envs), envs),
    actions: new Float32Array(buffer, take(4 * A), A),
    observations: new Float32Array(buffer, take(4 * O), O),
    finalObservations: new Float32Array(buffer, take(4 * O), O),
    terminated: new Uint8Array(buffer, take(envs), envs),
    truncated: new Uint8Array(buffer, take(envs), envs),
    mask: new Uint8Array(buffer, take(envs), envs),
  };
}

/** One thread's environments: rows `first`, `first + 1`, … of the memory. */
export class EnvBatch {
  readonly spec: EnvSpec;
  readonly #envs: readonly TaskEnv[];
  readonly #autoreset: AutoresetMode;
  readonly #done: boolean[];
  #memory!: EnvMemory;
  #first = 0;

  private constructor(envs: readonly TaskEnv[], autoreset: AutoresetMode) {
    this.spec = envs[0].spec;
    this.#envs = envs;
    this.#autoreset = autoreset;
    this.#done = envs.map(() => false);
  }

  static async create(reference: TaskReference, envs: number, autoreset: AutoresetMode): Promise<EnvBatch> {
    const { task, instance, params } = await instantiateTask(reference);
    const { robot } = reference;
    const world = task.world?.(params as never, robot);
    const made: TaskEnv[] = [];
    for (let i = 0; i < envs; i++) {
      const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
      made.push(new TaskEnv(task, instance, plant));
    }
    return new EnvBatch(made, autoreset);
  }

  attach(memory: EnvMemory, first: number): void {
    this.#memory = memory;
    this.#first = first;
  }

  /** Resets the environments of the mask. Reports are in the order of the rows, null where there is nothing to tell. */
  async reset(): Promise<(Report | null)[]> {
    const { mask, seeds, observations } = this.#memory;
    const reports: (Report | null)[] = [];
    for (const [i, env] of this.#envs.entries()) {
      const row = this.#first + i;
      if (mask[row] === 0) reports.push(null);
      else reports.push(await this.#begin(env, i, observations, seeds[row]));
    }
    return reports;
  }

  async step(): Promise<(Report | null)[]> {
    const { actions, observations, finalObservations, rewards, terminated, truncated } = this.#memory;
    const [O, A] = [this.spec.observation.low.length, this.spec.action.low.length];
    const reports: (Report | null)[] = [];
    for (const [i, env] of this.#envs.entries()) {
      const row = this.#first + i;
      if (this.#done[i] && this.#autoreset === 'next-step') {
        rewards[row] = 0;
        reports.push(await this.#begin(env, i, observations));
        continue;
      }
      const step = await env.step(actions.subarray(row * A, (row + 1) * A));
      rewards[row] = step.reward;
      const done = step.terminated || step.truncated;
      if (done && this.#autoreset === 'same-step') {
        finalObservations.set(step.observation, row * O);
        const { info } = await this.#begin(env, i, observations);
        reports.push({ info, finalInfo: step.info });
      } else {
        observations.set(step.observation, row * O);
        this.#done[i] = done;
        reports.push(Object.keys(step.info).length > 0 ? { info: step.info } : null);
      }
      terminated[row] = Number(step.terminated);
      truncated[row] = Number(step.truncated);
    }
    return reports;
  }

  async close(): Promise<void> {
    for (const env of this.#envs) await env.close();
  }

  async #begin(env: TaskEnv, i: number, observations: Float32Array, seed = Number.NaN): Promise<Report> {
    const row = this.#first + i;
    const { observation, info } = await env.reset(Number.isNaN(seed) ? {} : { seed });
    observations.set(observation, row * observation.length);
    this.#memory.terminated[row] = 0;
    this.#memory.truncated[row] = 0;
    this.#done[i] = false;
    return { info };
  }
}
