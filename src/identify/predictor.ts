import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { RobotModel } from '../core/robot.ts';
import { candidateOf, type Parameter } from './parameters.ts';
import { Replay } from './replay.ts';
import type { Trace } from './trace.ts';
import type { Window } from './windows.ts';

/** What is simulated: a robot, its parameters, and the windows of a trace. */
export interface Prediction {
  readonly robot: RobotModel;
  readonly parameters: readonly Parameter[];
  readonly trace: Trace;
  readonly windows: readonly Window[];
}

/** Simulates every window for each θ [P]: coordinates at every row of every window, in order [N]. */
export interface Predictor {
  predict(thetas: readonly Float64Array[]): Promise<Float64Array[]>;
  close(): Promise<void>;
}

/** Marks a worker thread as a predictor's; this file is both the pool and the worker's program. */
const ROLE = 'premotor-identify';

/** Each θ is simulated by one thread, so that the number of threads changes nothing but the time. */
export async function createPredictor(prediction: Prediction, threads: number): Promise<Predictor> {
  if (threads <= 1)
    return {
      predict: async (thetas) => thetas.map((theta) => predictOne(prediction, theta)),
      close: async () => {},
    };
  const workers = Array.from({ length: threads }, () => new Member(prediction));
  return {
    async predict(thetas) {
      const results = new Array<Float64Array>(thetas.length);
      let next = 0;
      const work = async (worker: Member) => {
        while (next < thetas.length) {
          const i = next++;
          results[i] = await worker.ask(thetas[i]);
        }
      };
      await Promise.all(workers.map(work));
      return results;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Coordinates at every row of every window [N]. */
function predictOne({ robot, parameters, trace, windows }: Prediction, theta: Float64Array): Float64Array {
  const size = robot.movable.length;
  const out = new Float64Array(windows.reduce((sum, { from, to }) => sum + (to - from) * size, 0));
  const replay = new Replay(candidateOf(robot, parameters, theta), trace);
  let at = 0;
  for (const window of windows) {
    replay.run(window, out, at);
    at += (window.to - window.from) * size;
  }
  return out;
}

/** A worker thread with at most one question under way. */
class Member {
  readonly #worker: Worker;
  #settle: { resolve(result: Float64Array): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(prediction: Prediction) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { role: ROLE, prediction } });
    this.#worker.on('message', (result: Float64Array) => this.#settle?.resolve(result));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a simulator thread ended with code ${code}`)));
    this.#worker.unref();
  }

  ask(theta: Float64Array): Promise<Float64Array> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(theta);
    });
  }

  async close(): Promise<void> {
    this.#failure ??= new Error('the simulator threads are closed');
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle?.reject(this.#failure);
  }
}

if (!isMainThread && (workerData as { role?: string } | null)?.role === ROLE && parentPort) {
  const port = parentPort;
  const { prediction } = workerData as { prediction: Prediction };
  port.on('message', (theta: Float64Array) => port.postMessage(predictOne(prediction, theta)));
}
