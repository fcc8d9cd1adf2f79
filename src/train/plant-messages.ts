import type { ControlConfig } from '../core/config.ts';
import { InputError, PremotorError, RobotFault } from '../core/errors.ts';
import type { TaskReference } from '../core/task.ts';
import type { TelemetryEvent } from '../core/telemetry.ts';
import type { Display, EpisodeEnd, EpisodeKey, ExecutedStep, PlantSource } from './plant-thread.ts';

/** What a plant's thread is told once. */
export interface WorkerStart {
  readonly source: PlantSource | undefined;
  readonly task: TaskReference;
  readonly control: ControlConfig;
  readonly shared: SharedArrayBuffer;
  readonly observations: SharedArrayBuffer;
  readonly plans: SharedArrayBuffer;
  readonly display: Display | undefined;
  readonly poseRate: number;
}

export type ToWorker =
  | {
      readonly type: 'begin';
      readonly start: EpisodeKey;
      readonly epoch: number;
      readonly trial: number;
      readonly exploring: boolean;
    }
  | { readonly type: 'go' }
  /** To a real robot on its way to the start. */
  | { readonly type: 'halt' }
  /** To a real robot, before the thread ends. */
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'begun'; readonly observation: Float32Array; readonly safe: Float32Array }
  | { readonly type: 'step'; readonly step: ExecutedStep }
  | { readonly type: 'events'; readonly events: readonly TelemetryEvent[] }
  | { readonly type: 'end'; readonly end: EpisodeEnd }
  | { readonly type: 'closed'; readonly failure?: Failed }
  | Failed;

export interface Failed {
  readonly type: 'failed';
  readonly kind: 'input' | 'fault' | 'passing fault' | 'bug';
  readonly message: string;
  readonly stack?: string;
}

/** An error on its way to another thread. */
export function failed(error: unknown): Failed {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const fault = error instanceof RobotFault && (error.passing ? 'passing fault' : 'fault');
  return {
    ...{ type: 'failed', message, stack },
    kind: fault || (error instanceof PremotorError ? 'input' : 'bug'),
  };
}

export function revive({ kind, message, stack }: Failed): Error {
  const error =
    kind === 'input'
      ? new InputError(message)
      : kind === 'bug'
        ? new Error(message)
        : new RobotFault(message, { passing: kind === 'passing fault' });
  if (stack) error.stack = stack;
  return error;
}
