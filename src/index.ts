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
import type { GoingOnChoices, LearnChoices, PolicyChoices } from './cli/prepare-run.ts';
import type { SessionRequest } from './cli/session-messages.ts';
import type {
  AutoresetMode,
  RobotModel,
  RunCommand,
  TelemetryEvent,
  TrialReport,
  VectorEnv,
} from './core/index.ts';
import type { LoadOptions } from './load/robot.ts';
import type { EvaluationResult } from './train/index.ts';

export { z } from 'zod';
export * from './core/index.ts';
export type { LoadOptions } from './load/robot.ts';
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

export type ResumeOptions = Omit<ResumeChoices, 'hardware'> & Observing & { readonly run: string };

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

export interface Confirming {
  /** Called before each episode, which begins when it resolves: for what a person must put back. */
  readonly confirm?: () => void | Promise<void>;
}

/** Learning on a robot: a new run of `task`, or going on with the run `resume`. */
export type LearnOnRobotOptions = (
  | Omit<LearnChoices, 'confirm'>
  | (Omit<GoingOnChoices, 'confirm'> & { readonly resume: string })
) &
  Observing &
  Confirming;

/** Acting on a robot with what the run `policy` learned. */
export type ActOnRobotOptions = Omit<PolicyChoices, 'confirm'> &
  Observing &
  Confirming & { readonly policy: string };

/**
 * Runs a task on a real robot (`port`: a device, `tcp://host:port`, `ws://host:port`, `mock`) or on the simulator's wall
 * clock (`sim`). The robot stops when the thread that called this stands still for 0.15 s. Throws an `InputError`, or a
 * `RobotFault` when the robot cannot go on; finished trials are saved then.
 */
export async function run(options: LearnOnRobotOptions): Promise<TrainedRun>;
export async function run(options: ActOnRobotOptions): Promise<EvaluationResult>;
export async function run(
  options: LearnOnRobotOptions | ActOnRobotOptions,
): Promise<TrainedRun | EvaluationResult> {
  const prepare = await import('./cli/prepare-run.ts');
  const choices = { ...options, confirm: options.confirm !== undefined };
  const { request } =
    'policy' in choices
      ? await prepare.preparePolicy(choices.policy, choices, false)
      : 'resume' in choices
        ? await prepare.prepareGoingOn(choices.resume, choices, false)
        : await prepare.prepareLearning(choices, false);
  return conduct(request, options);
}

/** A shipped robot by name, or a URDF file by path, for `premotor/sim`. Throws an `InputError` for what cannot be read. */
export async function loadRobot(nameOrFile: string, options: LoadOptions = {}): Promise<RobotModel> {
  return (await import('./load/robot.ts')).loadRobot(nameOrFile, options);
}

export interface VectorEnvOptions {
  /** A shipped task's name, or the path or file: URL of a module of your own. */
  readonly task: string | URL;
  /** A shipped robot's name or the path of a URDF; default: the task's first robot. */
  readonly robot?: string;
  /** What of the robot touches; see `loadRobot`. */
  readonly colliders?: LoadOptions['colliders'];
  /** The task's parameters; those left out have their defaults. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** R */
  readonly envs: number;
  /** Worker threads; default: cores. 0 = everything in the calling thread. Never changes the result. */
  readonly threads?: number;
  /** Default: `next-step`. Read there what it means for training data. */
  readonly autoreset?: AutoresetMode;
  /** Default true. False: calls return the same arrays every time, overwritten by the next one, not to be changed. */
  readonly copy?: boolean;
}

/** Many simulated environments of one task that step together, on worker threads. Close them. */
export async function createVectorEnv(options: VectorEnvOptions): Promise<VectorEnv> {
  const [{ robotFor }, { loadTask }, { defaultThreads }, { TaskVectorEnv }] = await Promise.all([
    import('./cli/prepare.ts'),
    import('./load/task.ts'),
    import('./cli/threads.ts'),
    import('./train/index.ts'),
  ]);
  const { task, robot, colliders, params = {}, threads = defaultThreads(false), ...rest } = options;
  const loaded = await loadTask(String(task));
  const reference = { module: loaded.module, robot: await robotFor(loaded, robot, { colliders }), params };
  return TaskVectorEnv.create({ ...rest, task: reference, threads });
}

async function conduct<R extends SessionRequest>(
  request: R,
  { onEvent, signal, confirm }: Observing & Confirming,
) {
  const [{ startSession }, { questionOf }] = await Promise.all([
    import('./cli/session.ts'),
    import('./cli/confirmation.ts'),
  ]);
  signal?.throwIfAborted();
  let refused: { readonly cause: unknown } | undefined;
  const session = startSession(request, (event) => {
    onEvent?.(event);
    if (confirm && questionOf(event) !== undefined)
      Promise.resolve()
        .then(confirm)
        .then(
          () => session.command({ type: 'resume' }),
          (cause: unknown) => {
            refused = { cause };
            stop();
          },
        );
  });
  const stop = () => session.command({ type: 'stop' } satisfies RunCommand);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const outcome = await session.outcome;
    if (refused) throw refused.cause;
    return outcome;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
