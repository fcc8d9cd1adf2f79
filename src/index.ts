/**
 * The library's front door. A task is a module of its own, because planner threads load it too:
 *
 *   // pendulum.ts
 *   export default defineTask({ name: 'pendulum', … });
 *
 *   // learn.ts
 *   const run = await train({ task: new URL('./pendulum.ts', import.meta.url), robot: 'pendulum.urdf', trials: 8 });
 *   const { score } = await evaluate({ run: run.directory });
 *
 * Training runs in a thread of its own; the caller's is never blocked. What is loaded here is light, because every
 * thread that runs a task loads it: the machinery comes with the first `train` or `evaluate`.
 */

import type { EvaluateChoices, ResumeChoices, TrainChoices } from './cli/prepare.ts';
import type { SessionRequest } from './cli/session-messages.ts';
import type { RunCommand, TelemetryEvent, TrialReport } from './core/index.ts';
import type { EvaluationResult } from './train/index.ts';

export { z } from 'zod';
export * from './core/index.ts';
export type { EvaluationResult } from './train/index.ts';

export interface Observing {
  /** Everything the run tells, in order. */
  readonly onEvent?: (event: TelemetryEvent) => void;
  /** Stops the run; what was learned is saved. */
  readonly signal?: AbortSignal;
}

export type TrainOptions = TrainChoices & Observing;

export interface TrainedRun {
  /** The run's folder. */
  readonly directory: string;
  readonly trials: readonly TrialReport[];
  readonly reason: 'done' | 'interrupted';
}

/** Learns a task from nothing. Throws an `InputError` for what cannot be used. */
export async function train(options: TrainOptions): Promise<TrainedRun> {
  const { prepareTraining } = await import('./cli/prepare.ts');
  const { request } = await prepareTraining(options, false);
  return conduct(request, options);
}

export type ResumeOptions = ResumeChoices & Observing & { readonly run: string };

/** Goes on with a run that was interrupted, or with more trials. */
export async function resume(options: ResumeOptions): Promise<TrainedRun> {
  const { prepareResume } = await import('./cli/prepare.ts');
  const { request } = await prepareResume(options.run, options, false);
  return conduct(request, options);
}

export type EvaluateOptions = EvaluateChoices & Observing & { readonly run: string };

/** Lets what a run learned act in fresh episodes. */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationResult> {
  const { prepareEvaluation } = await import('./cli/prepare.ts');
  const { request } = await prepareEvaluation(options.run, options, false);
  return conduct(request, options);
}

async function conduct<R extends SessionRequest>(request: R, { onEvent, signal }: Observing) {
  const { startSession } = await import('./cli/session.ts');
  signal?.throwIfAborted();
  const session = startSession(request, onEvent ?? (() => {}));
  const stop = () => session.command({ type: 'stop' } satisfies RunCommand);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await session.outcome;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
