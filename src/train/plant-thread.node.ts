import type { MessagePort, Worker } from 'node:worker_threads';
import { monotonicClock } from '../control/clock.node.ts';
import { encodePlan, LatestSlot, planMessageSize, type TimedPlan } from '../control/index.ts';
import { RobotFault } from '../core/errors.ts';
import type { TelemetrySink } from '../core/telemetry.ts';
import { waitAsync } from '../kernels/platform.ts';
import { type FromWorker, revive, type ToWorker, type WorkerStart } from './plant-messages.ts';
import type {
  EpisodeEnd,
  EpisodeKey,
  ExecutedStep,
  PlantThread,
  PlantThreadOptions,
  TickObservation,
} from './plant-thread.ts';
import { allocateWords, NUMBER, WORD, wordsOf } from './plant-words.ts';
import { startWorker } from './start-worker.node.ts';

/** What a real robot may take to come to rest, ms: its bridge's own client gives up before. */
const PATIENCE = 11_000;

export async function createPlantThread(options: PlantThreadOptions): Promise<PlantThread> {
  const thread = new NodePlantThread(options);
  try {
    await thread.ready;
    return thread;
  } catch (error) {
    // What went wrong first is told.
    await thread.close().catch(() => {});
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
  readonly #rested = deferred<void>();
  #begun = deferred<Pick<TickObservation, 'observation' | 'safe'>>();
  #end = deferred<EpisodeEnd>();
  #over = true;
  #onStep: (step: ExecutedStep) => void = () => {};
  readonly #real: boolean;
  #epoch = 0;
  #starting = false;
  #closed: Promise<void> | undefined;
  /** Why no further call can succeed. */
  #failure: Error | undefined;

  constructor(options: PlantThreadOptions) {
    const { source, task, spec, horizon, control, telemetry, display, poseRate } = options;
    this.#telemetry = telemetry;
    this.#real = source !== undefined;
    this.#actionSize = spec.action.low.length;
    const knots = Math.max(horizon + 1, spec.episodeSteps);
    const port = display?.port as MessagePort | undefined;
    const start: WorkerStart = {
      ...{ source, task, control, poseRate, shared: allocateWords(), display },
      observations: LatestSlot.allocate(2 + this.#actionSize + spec.observation.low.length),
      plans: LatestSlot.allocate(planMessageSize(knots, this.#actionSize, spec.layout.stateSize)),
    };
    ({ words: this.#words, numbers: this.#numbers } = wordsOf(start.shared));
    this.#numbers[NUMBER.speed] = 1;
    this.#observations = new LatestSlot(start.observations, 'read');
    this.#plans = new LatestSlot(start.plans, 'write');
    this.#worker = startWorker(new URL('./plant-worker.node.js', import.meta.url), {
      ...{ workerData: start, transferList: port ? [port] : [], name: 'premotor plant' },
    });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (cause) =>
      this.#fail(new Error(`the plant's thread died: ${cause.message}`, { cause })),
    );
    this.#worker.on('exit', (code) => {
      this.#rested.resolve();
      this.#fail(new Error(`the plant's thread ended with code ${code}`));
    });
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get tick(): number {
    return Atomics.load(this.#words, WORD.tick);
  }

  begin(start: EpisodeKey, epoch: number, trial: number, exploring = false) {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#epoch = epoch;
    this.#begun = deferred();
    this.#observations.begin(epoch);
    this.#plans.begin(epoch);
    this.#send({ type: 'begin', start, epoch, trial, exploring });
    this.#starting = true;
    return this.#begun.promise.finally(() => {
      this.#starting = false;
    });
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

  get speed(): number {
    return this.#real ? 1 : this.#numbers[NUMBER.speed];
  }

  set speed(speed: number) {
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
    if (this.#real && this.#starting) this.#send({ type: 'halt' });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#failure ??= new Error("the plant's thread is closed");
    try {
      if (this.#real) await this.#bringToRest();
    } finally {
      await this.#worker.terminate();
    }
  }

  async #bringToRest(): Promise<void> {
    this.abort();
    this.#send({ type: 'close' });
    const silent = `its thread has not answered for ${PATIENCE / 1000} s`;
    const timer = setTimeout(
      () => this.#rested.reject(new RobotFault(`it is not certain that the robot has stopped: ${silent}`)),
      PATIENCE,
    );
    try {
      await this.#rested.promise;
    } finally {
      clearTimeout(timer);
    }
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
    else if (message.type === 'closed') {
      if (message.failure) this.#rested.reject(revive(message.failure));
      else this.#rested.resolve();
    } else if (message.type === 'end') {
      this.#over = true;
      this.#end.resolve(message.end);
    } else {
      const error = revive(message);
      if (error instanceof RobotFault) this.#interrupt(error);
      else this.#fail(error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#interrupt(this.#failure);
  }

  #interrupt(error: Error): void {
    this.#over = true;
    for (const waiting of [this.#ready, this.#begun, this.#end]) waiting.reject(error);
  }
}
