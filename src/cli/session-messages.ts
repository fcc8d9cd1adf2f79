import type { MessagePort } from 'node:worker_threads';
import type { RunCommand, TelemetryEvent } from '../core/index.ts';
import type { Manifest } from '../runs/index.ts';
import type { EvaluationResult, RealRobotAccess, TrainingResult } from '../train/index.ts';

/** What crosses between the main thread and the session's thread; all of it plain data. */
interface Common {
  /** All of it but the builds, which the session finds out. */
  readonly manifest: Omit<Manifest, 'builds'>;
  /** The task's module as any thread can import it, and its name in messages. */
  readonly module: string;
  readonly taskLabel: string;
  readonly threads: number;
  /** Somebody watches: keep the pace of the wall clock and tell what is imagined. */
  readonly view: boolean;
  /** Tell what is imagined, watched or not: it is recorded. */
  readonly record?: boolean;
  /** Left out: the simulator. Its plant's data gets the beat of the main thread. */
  readonly robot?: RealRobotAccess;
}

export interface TrainRequest extends Common {
  readonly kind: 'train';
  readonly place:
    | { readonly out: string; readonly name: string; readonly taskCode: string | null }
    | { readonly resume: string; readonly acceptNumerics: boolean };
}

export interface EvaluateRequest extends Common {
  readonly kind: 'evaluate';
  readonly run: string;
  /** The folder whose recordings/ it is recorded to; default: the run. */
  readonly recordIn?: string;
  readonly episodes: number;
  readonly seed: number;
}

export type SessionRequest = TrainRequest | EvaluateRequest;

/** What the session's thread starts with. */
export interface SessionStart {
  readonly request: SessionRequest;
  /** To the main thread, for a plant in a thread of its own, past a session that plans or fits. */
  readonly display: { readonly port: MessagePort; readonly sent: SharedArrayBuffer };
  /** Of a real robot: an Int32 that the main thread counts up while it lives. */
  readonly beat?: SharedArrayBuffer;
}

export type TrainOutcome = TrainingResult & { readonly directory: string };
export type SessionOutcome<R extends SessionRequest> = R extends TrainRequest
  ? TrainOutcome
  : EvaluationResult;

export type ToSession = RunCommand;

export type FromSession =
  /** The task's functions return; only a new run tells it. */
  | { readonly type: 'checked' }
  | { readonly type: 'events'; readonly events: readonly TelemetryEvent[] }
  | { readonly type: 'done'; readonly outcome: TrainOutcome | EvaluationResult }
  | { readonly type: 'failed'; readonly failure: Failure };

/** An error that goes from one thread to another; `exitCode` is that of a PremotorError. */
export interface Failure {
  readonly message: string;
  readonly stack: string | undefined;
  readonly exitCode: number | null;
}
