import { createEnvPool } from '#train/env-pool';
import type { EnvSpec } from '../core/env.ts';
import { InputError } from '../core/errors.ts';
import type { TaskReference } from '../core/task.ts';
import type {
  AutoresetMode,
  VectorEnv,
  VectorInfo,
  VectorReset,
  VectorResetOptions,
  VectorStep,
} from '../core/vector-env.ts';
import type { Info, Report } from './env-batch.ts';
import type { EnvPool } from './env-pool.ts';

export interface TaskVectorEnvOptions {
  readonly task: TaskReference;
  /** R */
  readonly envs: number;
  /** Worker threads, at most R are used; 0 = none, everything in the calling thread. Never changes the result. */
  readonly threads: number;
  /** Default: `next-step`. */
  readonly autoreset?: AutoresetMode;
  /**
   * Default true: what calls return belongs to the caller. False saves the copies: arrays are the same ones at every
   * call, overwritten by the next, and not to be changed.
   */
  readonly copy?: boolean;
}

const MODES: readonly AutoresetMode[] = ['next-step', 'same-step', 'disabled'];

/**
 * R simulated environments of a task that step together, on worker threads. A call that fails in an environment or a
 * thread is the last one: every later call fails with the same cause.
 */
export class TaskVectorEnv implements VectorEnv {
  readonly envs: number;
  readonly spec: EnvSpec;
  readonly autoreset: AutoresetMode;
  readonly #pool: EnvPool;
  readonly #copy: boolean;
  readonly #begun: boolean[];
  #busy = false;
  #closed = false;

  private constructor(pool: EnvPool, envs: number, autoreset: AutoresetMode, copy: boolean) {
    this.envs = envs;
    this.spec = pool.spec;
    this.autoreset = autoreset;
    this.#pool = pool;
    this.#copy = copy;
    this.#begun = new Array<boolean>(envs).fill(false);
  }

  static async create(options: TaskVectorEnvOptions): Promise<TaskVectorEnv> {
    const { task, envs, threads, autoreset = 'next-step', copy = true } = options;
    if (!Number.isSafeInteger(envs) || envs < 1)
      throw new InputError(`envs = ${envs}: at least 1 environment`);
    if (!Number.isSafeInteger(threads) || threads < 0)
      throw new InputError(`threads = ${threads}: a number of threads, 0 for none`);
    if (!MODES.includes(autoreset))
      throw new InputError(`autoreset = ${autoreset}: must be one of ${MODES.join(', ')}`);
    return new TaskVectorEnv(await createEnvPool({ task, envs, threads, autoreset }), envs, autoreset, copy);
  }

  async reset({ seed, mask }: VectorResetOptions = {}): Promise<VectorReset> {
    const chosen = this.#chosen(mask);
    const seeds = this.#seeds(seed, chosen);
    return this.#alone(async () => {
      const { memory } = this.#pool;
      memory.mask.set(chosen.map(Number));
      memory.seeds.set(seeds);
      const reports = await this.#pool.run('reset');
      chosen.forEach((is, r) => {
        if (is) this.#begun[r] = true;
      });
      return { observations: this.#out(memory.observations), info: this.#info(reports) };
    });
  }

  async step(actions: Float32Array): Promise<VectorStep> {
    const { memory } = this.#pool;
    if (actions.length !== memory.actions.length) {
      const width = this.spec.action.low.length;
      throw new InputError(
        `${this.spec.name}: actions of ${this.envs} environments are ${this.envs} × ${width} values, these ${actions.length}`,
      );
    }
    return this.#alone(async () => {
      this.#refuse((r) => !this.#begun[r], 'was not reset yet');
      if (this.autoreset === 'disabled') {
        const ended = (r: number) => memory.terminated[r] !== 0 || memory.truncated[r] !== 0;
        this.#refuse(ended, 'is at the end of its episode; reset it with a mask');
      }
      memory.actions.set(actions);
      const reports = await this.#pool.run('step');
      return {
        observations: this.#out(memory.observations),
        rewards: this.#out(memory.rewards),
        terminated: this.#out(memory.terminated),
        truncated: this.#out(memory.truncated),
        info: this.#info(reports),
      };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.close();
  }

  #refuse(wrong: (r: number) => boolean, why: string): void {
    const r = this.#begun.findIndex((_, i) => wrong(i));
    if (r >= 0) throw new InputError(`${this.spec.name}: step, but environment ${r} ${why}`);
  }

  #chosen(mask: ArrayLike<boolean | number> | undefined): boolean[] {
    if (mask === undefined) return new Array<boolean>(this.envs).fill(true);
    const chosen = Array.from(mask, Boolean);
    if (chosen.length !== this.envs || !chosen.includes(true)) {
      throw new InputError(
        `${this.spec.name}: a reset's mask has a value for each of ${this.envs} environments and names at least one`,
      );
    }
    return chosen;
  }

  /** Seed of each environment, NaN = go on. */
  #seeds(seed: VectorResetOptions['seed'], chosen: readonly boolean[]): number[] {
    if (Array.isArray(seed) && seed.length !== this.envs)
      throw new InputError(`${this.spec.name}: ${seed.length} seeds for ${this.envs} environments`);
    return chosen.map((is, r) => {
      if (!is) return Number.NaN;
      const wanted = typeof seed === 'number' ? seed + r : (seed?.[r] ?? null);
      if (wanted === null) return this.#begun[r] ? Number.NaN : r;
      if (!Number.isSafeInteger(wanted) || wanted < 0)
        throw new InputError(`${this.spec.name}: seed ${wanted}: must be a non-negative integer`);
      return wanted;
    });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new InputError(`${this.spec.name}: the environments are closed`);
    if (this.#busy) throw new InputError(`${this.spec.name}: a call is under way; await it before the next`);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  #out<T extends Float32Array | Float64Array | Uint8Array>(array: T): T {
    return this.#copy ? (array.slice() as T) : array;
  }

  #info(reports: readonly (Report | null)[]): VectorInfo {
    const info = columns(reports.map((report) => report?.info));
    const finals = reports.map((report) => report?.finalInfo);
    if (!finals.some(Boolean)) return info;
    const had = Uint8Array.from(finals, (final) => Number(final !== undefined));
    const finalObservation = this.#out(this.#pool.memory.finalObservations);
    const O = finalObservation.length / this.envs;
    had.forEach((is, r) => {
      if (!is) finalObservation.fill(0, r * O, (r + 1) * O);
    });
    return {
      ...info,
      ...{ finalObservation, _finalObservation: had, finalInfo: columns(finals), _finalInfo: had.slice() },
    };
  }
}

/** One record a row → under each key the values of all rows, and under `_key` which have one. */
function columns(rows: readonly (Info | undefined)[]): Record<string, unknown> {
  const all: Record<string, unknown[] | Uint8Array> = {};
  rows.forEach((row, r) => {
    for (const [key, value] of Object.entries(row ?? {})) {
      all[key] ??= new Array<unknown>(rows.length).fill(null);
      all[`_${key}`] ??= new Uint8Array(rows.length);
      all[key][r] = value as never;
      all[`_${key}`][r] = 1;
    }
  });
  return all;
}
