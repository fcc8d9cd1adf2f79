import type { Layout } from './channel.ts';
import type { Box } from './space.ts';

export interface EnvSpec {
  readonly name: string;
  readonly observation: Box;
  readonly action: Box;
  readonly layout: Layout;
  /** s */
  readonly controlPeriod: number;
  readonly episodeSteps: number;
}

export interface Step {
  readonly observation: Float32Array;
  readonly reward: number;
  /** The task itself ended: do not bootstrap. */
  readonly terminated: boolean;
  /** Time ran out: bootstrap. */
  readonly truncated: boolean;
  readonly info: Readonly<Record<string, unknown>>;
}

export interface ResetOptions {
  /** Non-negative integer; restarts the generator. Left out: the generator goes on with the next episode. */
  readonly seed?: number;
  /** Starts the generator at this episode instead of 0, so that a resumed run meets the same starts. */
  readonly episode?: number;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Gymnasium's semantics. Observations belong to the caller. */
export interface Env {
  readonly spec: EnvSpec;
  reset(
    options?: ResetOptions,
  ): Promise<{ observation: Float32Array; info: Readonly<Record<string, unknown>> }>;
  /** Throws before the first reset and after the end of an episode. Actions [A] are clamped to the space. */
  step(action: Float32Array): Promise<Step>;
  /** May be called twice. */
  close(): Promise<void>;
}
