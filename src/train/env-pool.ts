import type { EnvSpec } from '../core/env.ts';
import type { TaskReference } from '../core/task.ts';
import type { AutoresetMode } from '../core/vector-env.ts';
import type { EnvMemory, Report } from './env-batch.ts';

export interface EnvPoolOptions {
  readonly task: TaskReference;
  readonly envs: number;
  /** 0 = all in the calling thread, as it is in a browser. */
  readonly threads: number;
  readonly autoreset: AutoresetMode;
}

/** R environments split over threads; numbers go through `memory`. */
export interface EnvPool {
  readonly spec: EnvSpec;
  readonly memory: EnvMemory;
  /** One call of every environment, see `EnvBatch`: what they tell [R]. After a failure every call fails with it. */
  run(call: 'reset' | 'step'): Promise<readonly (Report | null)[]>;
  /** May be called twice. */
  close(): Promise<void>;
}
