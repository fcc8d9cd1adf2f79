import type { EnvSpec } from './env.ts';

/**
 * What happens to an environment whose episode ended (Gymnasium's autoreset modes):
 *
 * - `next-step`: its next step ignores the action and resets: reward 0, both flags 0, the first observation of the next
 *   episode, the reset's info. That step is no transition: it leads from the end of one episode to the start of
 *   another. Do not learn from rows whose step before was terminated or truncated.
 * - `same-step`: it is reset at once. The step returns the first observation and info of the next episode; the last ones
 *   of the episode that ended are in `info.finalObservation` and `info.finalInfo`.
 * - `disabled`: the caller resets it, see `VectorResetOptions.mask`; until then a step is an error.
 */
export type AutoresetMode = 'next-step' | 'same-step' | 'disabled';

/**
 * What environments tell beside numbers: under each key the values [R], null where an environment tells none, and under
 * `_key` which have one [R].
 */
export interface VectorInfo {
  /** Mode `same-step`: last observations [R, O] of the episodes that ended; other rows are 0. */
  readonly finalObservation?: Float32Array;
  readonly _finalObservation?: Uint8Array;
  /** Mode `same-step`: the info of their last step. */
  readonly finalInfo?: VectorInfo;
  readonly _finalInfo?: Uint8Array;
  readonly [key: string]: unknown;
}

export interface VectorResetOptions {
  /**
   * A number s stands for s, s + 1, …; a list has one for each environment, null = its generator goes on with the next
   * episode. Left out: all go on; at first, environment i has the seed i.
   */
  readonly seed?: number | readonly (number | null)[];
  /** Which to reset [R], at least one; default: all. The others stay where they are. */
  readonly mask?: ArrayLike<boolean | number>;
}

export interface VectorReset {
  /** [R, O] */
  readonly observations: Float32Array;
  readonly info: VectorInfo;
}

export interface VectorStep {
  /** [R, O] */
  readonly observations: Float32Array;
  /** [R] */
  readonly rewards: Float64Array;
  /** 1 where the task itself ended: do not bootstrap [R]. */
  readonly terminated: Uint8Array;
  /** 1 where time ran out: bootstrap [R]. */
  readonly truncated: Uint8Array;
  readonly info: VectorInfo;
}

/** R environments of one task that step together: Gymnasium's vector semantics. One call at a time. */
export interface VectorEnv {
  /** R */
  readonly envs: number;
  /** Of each single environment: all have the same spaces. */
  readonly spec: EnvSpec;
  readonly autoreset: AutoresetMode;
  reset(options?: VectorResetOptions): Promise<VectorReset>;
  /** Actions [R, A] are clamped to the space. Throws before the first reset. */
  step(actions: Float32Array): Promise<VectorStep>;
  /** May be called twice. */
  close(): Promise<void>;
}
