import { isMainThread, type MessagePort, parentPort, type Worker, workerData } from 'node:worker_threads';
import { createSimPlant } from '../../sim/index.ts';
import { askForPriority, monotonicClock } from '../control/clock.node.ts';
import { encodePlan, LatestSlot, planMessageSize, type TimedPlan } from '../control/index.ts';
import type { ControlConfig } from '../core/config.ts';
import { InputError } from '../core/errors.ts';
import { instantiateTask } from '../core/instantiate-task.ts';
import type { TaskReference } from '../core/task.ts';
import { TaskEnv } from '../core/task-env.ts';
import type { TelemetryEvent, TelemetrySink } from '../core/telemetry.ts';
import { waitAsync } from '../kernels/platform.ts';
import { PlantLoop } from './plant-loop.ts';
import type {
  Display,
  DisplayMessage,
  EpisodeEnd,
  EpisodeKey,
  ExecutedStep,
  PlantThread,
  PlantThreadOptions,
  TickObservation,
} from './plant-thread.ts';
import { allocateWords, NUMBER, WORD, wordsOf } from './plant-words.ts';
import { startWorker } from './start-worker.node.ts';
import { tellPoses } from './tell-poses.ts';

/** Marks a worker thread as a plant's; this file is both the agent's side and the worker's program. */
const ROLE = 'premotor-plant';

interface WorkerStart {
  readonly role: typeof ROLE;
  readonly task: TaskReference;
  readonly control: ControlConfig;
  readonly shared: SharedArrayBuffer;
  readonly observations: SharedArrayBuffer;
  readonly plans: SharedArrayBuffer;
  readonly display: Display | undefined;
  readonly poseRate: number;
}

type ToWorker =
  | { readonly type: 'begin'; readonly start: EpisodeKey; readonly epoch: number; readonly trial: number }
  | { readonly type: 'go' };

type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'begun'; readonly observation: Float32Array; readonly safe: Float32Array }
  | { readonly type: 'step'; readonly step: ExecutedStep }
  | { readonly type: 'events'; readonly events: readonly TelemetryEvent[] }
  | { readonly type: 'end'; readonly end: EpisodeEnd }
  | { readonly type: 'failed'; readonly input: boolean; readonly message: string; readonly stack?: string };

export async function createPlantThread(options: PlantThreadOptions): Promise<PlantThread> {
  const thread = new NodePlantThread(options);
  try {
    await thread.ready;
    return thread;
  } catch (error) {
    await thread.close();
    throw error;
  }
}

/** A promise and its ends; nobody has to listen for its failure. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

class NodePlantThread implements PlantThread {
  readonly now = monotonicClock.now;
  readonly #worker: Worker;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #observations: LatestSlot;
  readonly #plans: LatestSlot;
  readonly #actionSize: number;
  readonly #telemetry: TelemetrySink;
  readonly #ready = deferred<void>();
  #begun = deferred<Pick<TickObservation, 'observation' | 'safe'>>();
  #end = deferred<EpisodeEnd>();
  #over = true;
  #onStep: (step: ExecutedStep) => void = () => {};
  #epoch = 0;
  /** Why no further call can succeed. */
  #failure: Error | undefined;

  constructor({ task, spec, horizon, control, telemetry, display, poseRate }: PlantThreadOptions) {
    this.#telemetry = telemetry;
    this.#actionSize = spec.action.low.length;
    const knots = Math.max(horizon + 1, spec.episodeSteps);
    const port = display?.port as MessagePort | undefined;
    const start: WorkerStart = {
      ...{ role: ROLE, task, control, poseRate, shared: allocateWords(), display },
      observations: LatestSlot.allocate(2 + this.#actionSize + spec.observation.low.length),
      plans: LatestSlot.allocate(planMessageSize(knots, this.#actionSize, spec.layout.stateSize)),
    };
    ({ words: this.#words, numbers: this.#numbers } = wordsOf(start.shared));
    this.#numbers[NUMBER.speed] = 1;
    this.#observations = new LatestSlot(start.observations, 'read');
    this.#plans = new LatestSlot(start.plans, 'write');
    this.#worker = startWorker(new URL(import.meta.url), {
      ...{ workerData: start, transferList: port ? [port] : [], name: 'premotor plant' },
    });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (cause) =>
      this.#fail(new Error(`the plant's thread died: ${cause.message}`, { cause })),
    );
    this.#worker.on('exit', (code) => this.#fail(new Error(`the plant's thread ended with code ${code}`)));
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get tick(): number {
    return Atomics.load(this.#words, WORD.tick);
  }

  begin(start: EpisodeKey, epoch: number, trial: number) {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#epoch = epoch;
    this.#begun = deferred();
    this.#observations.begin(epoch);
    this.#plans.begin(epoch);
    this.#send({ type: 'begin', start, epoch, trial });
    return this.#begun.promise;
  }

  go(onStep: (step: ExecutedStep) => void): Promise<EpisodeEnd> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#onStep = onStep;
    this.#end = deferred();
    this.#over = false;
    for (const word of [WORD.abort, WORD.steps, WORD.tick]) Atomics.store(this.#words, word, 0);
    this.#send({ type: 'go' });
    return this.#end.promise;
  }

  async observationAfter(tick: number): Promise<TickObservation | null> {
    const { words } = this.#observations;
    for (;;) {
      if (this.#failure) throw this.#failure;
      if (this.#over) return null;
      const count = Atomics.load(words, LatestSlot.countWord);
      const message = this.#observations.take();
      if (message && message[0] > tick) {
        const from = 2 + this.#actionSize;
        return {
          tick: message[0],
          due: message[1],
          safe: Float32Array.from(message.subarray(2, from)),
          observation: Float32Array.from(message.subarray(from)),
        };
      }
      await Promise.race([waitAsync(words, LatestSlot.countWord, count), this.#end.promise]);
    }
  }

  post(plan: TimedPlan, delay: number): void {
    this.#numbers[NUMBER.delay] = delay;
    this.#plans.put(this.#epoch, encodePlan(plan));
  }

  setSpeed(speed: number): void {
    this.#numbers[NUMBER.speed] = speed;
  }

  setPaused(paused: boolean): void {
    if (!paused) Atomics.store(this.#words, WORD.steps, 0);
    this.#set(WORD.paused, Number(paused));
  }

  step(): void {
    Atomics.add(this.#words, WORD.steps, 1);
    this.#wake();
  }

  abort(): void {
    this.#set(WORD.abort, 1);
  }

  async close(): Promise<void> {
    this.#failure ??= new Error("the plant's thread is closed");
    await this.#worker.terminate();
  }

  #set(word: number, value: number): void {
    if (Atomics.exchange(this.#words, word, value) !== value) this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#words, WORD.changed, 1);
    Atomics.notify(this.#words, WORD.changed);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (message.type === 'step') this.#onStep(message.step);
    else if (message.type === 'events') for (const event of message.events) this.#telemetry.emit(event);
    else if (message.type === 'begun') this.#begun.resolve(message);
    else if (message.type === 'ready') this.#ready.resolve();
    else if (message.type === 'end') {
      this.#over = true;
      this.#end.resolve(message.end);
    } else {
      const error = message.input ? new InputError(message.message) : new Error(message.message);
      if (message.stack) error.stack = message.stack;
      this.#fail(error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of [this.#ready, this.#begun, this.#end]) waiting.reject(this.#failure);
  }
}

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

async function serve({ task: reference, control, shared, display, poseRate, ...slots }: WorkerStart) {
  askForPriority();
  const port = parentPort as MessagePort;
  const send = (message: FromWorker) => port.postMessage(message);
  const { task, instance, params } = await instantiateTask(reference);
  const world = task.world?.(params as never, reference.robot);
  const plant = await createSimPlant({ robot: reference.robot, controlPeriod: task.controlPeriod, world });
  const sent = display && new Int32Array(display.sent);
  const telemetry = new StepSink((events) => {
    if (!display || !sent) send({ type: 'events', events });
    else display.port.postMessage({ events, after: Atomics.load(sent, 0) } satisfies DisplayMessage);
  });
  const loop = new PlantLoop({
    ...{ env: new TaskEnv(task, instance, plant), control, clock: monotonicClock, telemetry, shared },
    observations: new LatestSlot(slots.observations, 'write'),
    plans: new LatestSlot(slots.plans, 'read'),
    onStep: (step) => send({ type: 'step', step }),
  });
  if (poseRate > 0) tellPoses(plant, poseRate, telemetry, () => loop.epoch);
  const fail = (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    send({ type: 'failed', input: error instanceof InputError, message, stack });
  };
  port.on('message', (message: ToWorker) => {
    if (message.type === 'begin') {
      const { start, epoch, trial } = message;
      loop.begin(start, epoch, trial).then((begun) => send({ type: 'begun', ...begun }), fail);
    } else loop.run().then((end) => send({ type: 'end', end }), fail);
  });
  send({ type: 'ready' });
}

if (!isMainThread && (workerData as { role?: string } | null)?.role === ROLE) {
  await serve(workerData as WorkerStart);
}
