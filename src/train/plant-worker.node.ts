import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createSimPlant } from '../../sim/index.ts';
import { monotonicClock } from '../control/clock.node.ts';
import { LatestSlot } from '../control/index.ts';
import { askForPriority, askForRealTime, giveUpRealTime } from '../control/priority.node.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { Plant } from '../core/plant.ts';
import type { Task, TaskInstance, TaskReference, WorldSpec } from '../core/task.ts';
import { TaskEnv } from '../core/task-env.ts';
import type { TelemetryEvent, TelemetrySink } from '../core/telemetry.ts';
import { PlantLoop } from './plant-loop.ts';
import { type FromWorker, failed, type ToWorker, type WorkerStart } from './plant-messages.ts';
import type { DisplayMessage, PlantSource } from './plant-thread.ts';
import { tellHardware } from './tell-hardware.ts';
import { tellPoses } from './tell-poses.ts';

/** The program of a plant's thread: the plant, simulated or real, and its loop. */

/** Sends what happens in a control step in one message. */
class StepSink implements TelemetrySink {
  #events: TelemetryEvent[] = [];
  readonly #send: (events: readonly TelemetryEvent[]) => void;

  constructor(send: (events: readonly TelemetryEvent[]) => void) {
    this.#send = send;
  }

  emit(event: TelemetryEvent): void {
    this.#events.push(event);
    if (event.type === 'pose') return;
    this.#send(this.#events);
    this.#events = [];
  }
}

async function makePlant(
  { robot }: TaskReference,
  controlPeriod: number,
  world: WorldSpec | undefined,
  source: PlantSource | undefined,
): Promise<Plant> {
  if (!source) return createSimPlant({ robot, controlPeriod, world });
  const { createPlant } = (await import(/* @vite-ignore */ source.module)) as {
    createPlant(options: object): Promise<Plant>;
  };
  return createPlant({ robot, controlPeriod, world, data: source.data });
}

async function serve(start: WorkerStart, port: MessagePort): Promise<void> {
  const { source, task: reference, control, shared, display, poseRate, ...slots } = start;
  const send = (message: FromWorker) => port.postMessage(message);
  const { task, instance, params } = await instantiateTask(reference);
  const world = task.world?.(params as never, reference.robot);
  const plant = await makePlant(reference, task.controlPeriod, world, source);
  const sent = display && new Int32Array(display.sent);
  const telemetry = new StepSink((events) => {
    if (!display || !sent) send({ type: 'events', events });
    else display.port.postMessage({ events, after: Atomics.load(sent, 0) } satisfies DisplayMessage);
  });
  const env = await envOf(task, instance, plant);
  const loop = new PlantLoop({
    ...{ env, control, clock: monotonicClock, telemetry, shared, real: source !== undefined },
    observations: new LatestSlot(slots.observations, 'write'),
    plans: new LatestSlot(slots.plans, 'read'),
    onStep: (step) => send({ type: 'step', step }),
    runInRealTime: (wanted) => (wanted ? askForRealTime() : giveUpRealTime()),
  });
  if (poseRate > 0) tellPoses(plant, poseRate, telemetry, () => loop.epoch);
  let limits: ReturnType<typeof tellHardware> | undefined;
  const fail = (error: unknown) => send(failed(error));
  const handlers: Record<ToWorker['type'], (message: ToWorker & { type: 'begin' }) => Promise<unknown>> = {
    begin: async ({ start, epoch, trial, exploring }) => {
      // Not before the run has begun to tell.
      limits ??= tellHardware(plant, telemetry, () => loop.epoch);
      limits.restart();
      plant.explore?.(exploring);
      send({ type: 'begun', ...(await loop.begin(start, epoch, trial)) });
    },
    go: async () => {
      const end = await loop.run();
      limits?.warn();
      send({ type: 'end', end });
    },
    halt: () => loop.halt(),
    close: async () => {
      try {
        await plant.close();
        send({ type: 'closed' });
      } catch (error) {
        send({ type: 'closed', failure: failed(error) });
      }
    },
  };
  port.on('message', (message: ToWorker) => {
    handlers[message.type](message as ToWorker & { type: 'begin' }).catch(fail);
  });
  send({ type: 'ready' });
}

/** A robot that cannot do the task is let go of. */
async function envOf(task: Task, instance: TaskInstance, plant: Plant): Promise<TaskEnv> {
  try {
    return new TaskEnv(task, instance, plant);
  } catch (error) {
    await plant.close();
    throw error;
  }
}

askForPriority();
const port = parentPort as MessagePort;
serve(workerData as WorkerStart, port).catch((error) => {
  port.postMessage(failed(error));
  port.close();
});
