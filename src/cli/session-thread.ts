import { parentPort, workerData } from 'node:worker_threads';
import {
  CommandControl,
  InputError,
  PremotorError,
  type TaskReference,
  type TelemetryEvent,
  type TelemetrySink,
} from '../core/index.ts';
import { oneLine } from '../load/task.ts';
import { RunFolder, readRun } from '../runs/index.ts';
import { type RealRobotAccess, runEvaluation, runTraining } from '../train/index.ts';
import { engineNumerics } from './engine-numerics.ts';
import { packageVersion } from './package-info.ts';
import { checkReward } from './reward-check.ts';
import type {
  EvaluateRequest,
  Failure,
  FromSession,
  SessionRequest,
  SessionStart,
  ToSession,
  TrainOutcome,
  TrainRequest,
} from './session-messages.ts';

/** Entry of the session's thread: environment, agent and run folder live here. */

const { request, display, beat } = workerData as SessionStart;
const sent = new Int32Array(display.sent);

/** Sends what happens in a control step in one message: poses wait for what follows them. */
class PostingSink implements TelemetrySink {
  /** What a session needs was opened: the engine, the plant or the robot. */
  started = false;
  #events: TelemetryEvent[] = [];
  #transfer: ArrayBuffer[] = [];

  emit(event: TelemetryEvent): void {
    if (event.type === 'start') this.started = true;
    this.#events.push(event);
    if (event.type === 'plan') {
      // Only these arrays are nobody else's.
      for (const { buffer } of [event.path, event.particles, event.disagreement]) {
        this.#transfer.push(buffer as ArrayBuffer);
      }
    }
    // Where the plant has a thread of its own no step follows a plan.
    if (event.type !== 'pose') this.flush();
  }

  flush(): void {
    if (this.#events.length === 0) return;
    post({ type: 'events', events: this.#events }, this.#transfer);
    this.#events = [];
    this.#transfer = [];
  }
}

function post(message: FromSession, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
  Atomics.add(sent, 0, 1);
}

async function train(
  request: TrainRequest,
  telemetry: PostingSink,
  control: CommandControl,
): Promise<TrainOutcome> {
  const { manifest, module, taskLabel, threads, view, record = false } = request;
  const task: TaskReference = { module, robot: manifest.robot, params: manifest.task.params };
  // A run that is resumed was checked when it began, and its task has not changed since.
  if ('out' in request.place) {
    await checkReward(task, taskLabel);
    post({ type: 'checked' });
  }
  const store = await openFolder(request);
  try {
    const { config, seed, trials, budget, agent, model, engine, numerics, clock, delayMs } = manifest;
    const result = await runTraining({
      ...{ task, config, seed, trials, budget, agent, model, engine, numerics, threads },
      ...{
        store,
        telemetry,
        control,
        clock,
        delayMs,
        display,
        imagine: view || record,
        robot: robotOf(request),
      },
      // A real robot does no more than it was asked for.
      afterwards: view && !request.robot ? 'keep-acting' : 'stop',
    });
    return { ...result, directory: store.directory };
  } catch (error) {
    if ('out' in request.place && !telemetry.started) await store.discard();
    throw error;
  } finally {
    store.close();
  }
}

function robotOf({ robot }: SessionRequest): RealRobotAccess | undefined {
  if (!robot) return undefined;
  const { source } = robot;
  return { ...robot, source: { ...source, data: { ...(source.data as object), beat } } };
}

async function openFolder({ manifest, place }: TrainRequest): Promise<RunFolder> {
  const numerics = await engineNumerics(manifest.engine, manifest.numerics);
  const build = { numerics, premotor: packageVersion(), node: process.version };
  if ('out' in place) {
    const { out, name, taskCode } = place;
    return RunFolder.create(out, name, { ...manifest, builds: [{ ...build, trial: 1 }] }, taskCode);
  }
  const store = await RunFolder.resume(place.resume);
  try {
    const { builds } = store.manifest;
    const before = builds[builds.length - 1];
    const other = before.numerics !== numerics;
    if (other && !place.acceptNumerics) {
      throw new InputError(
        `${place.resume} was computed by another numerics build (${before.numerics}, here ${numerics}): going on changes its bits; add --accept-numerics to do so`,
      );
    }
    const next = {
      ...manifest,
      builds: other ? [...builds, { ...build, trial: store.trial + 1 }] : builds,
    };
    if (other || manifest.trials !== store.manifest.trials) await store.updateManifest(next);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

async function evaluate(request: EvaluateRequest, telemetry: TelemetrySink, control: CommandControl) {
  const { manifest, module, run, threads, view, record = false, episodes, seed } = request;
  const { config, budget, agent, model, engine, numerics, clock, delayMs } = manifest;
  const { progress, manifest: learned } = await readRun(run);
  if (!progress && model === 'learned') {
    const how = learned.hardware ? `run --resume ${run} --port …` : `train --resume ${run}`;
    throw new InputError(`${run} has no finished trial yet: premotor ${how}`);
  }
  return runEvaluation({
    task: { module, robot: manifest.robot, params: manifest.task.params },
    ...{ config, seed, budget, agent, model, engine, numerics, threads, episodes },
    ...{ telemetry, control, clock, delayMs, display, imagine: view || record, robot: robotOf(request) },
    checkpoint: model === 'learned' && progress ? progress.checkpoint : null,
  });
}

/** An error in the user's task is the user's: it becomes one line. */
function describeFailure(error: unknown, { module, taskLabel }: SessionRequest): Failure {
  if (error instanceof PremotorError) {
    return { message: error.message, stack: error.stack, exitCode: error.exitCode };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  if (
    stack
      ?.split('\n')
      .find((line) => line.includes('file:'))
      ?.includes(module)
  ) {
    return { message: `${taskLabel} threw: ${oneLine(error)}`, stack, exitCode: 2 };
  }
  return { message: oneLine(error), stack, exitCode: null };
}

const telemetry = new PostingSink();
const control = new CommandControl(request.view || request.manifest.clock === 'wall' ? 1 : Infinity);
parentPort?.on('message', (command: ToSession) => control.command(command));
try {
  const outcome =
    request.kind === 'train'
      ? await train(request, telemetry, control)
      : await evaluate(request, telemetry, control);
  telemetry.flush();
  post({ type: 'done', outcome });
} catch (error) {
  telemetry.flush();
  post({ type: 'failed', failure: describeFailure(error, request) });
} finally {
  parentPort?.close();
}
