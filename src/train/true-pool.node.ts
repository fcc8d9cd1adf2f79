import { isMainThread, parentPort, type Worker, workerData } from 'node:worker_threads';
import type { TaskReference } from '../core/task.ts';
import { startWorker } from './start-worker.node.ts';
import { TrueModelWorker, type TruePool, type TrueRequest, type TrueResult } from './true-model.ts';

/** Marks a worker thread as one of this pool's; this file is both the pool and the worker's program. */
const ROLE = 'premotor-true-model';

/** One simulator a thread. Candidates are independent, so the split does not change their returns. */
export async function createTruePool(task: TaskReference, threads: number): Promise<TruePool> {
  const workers = Array.from({ length: threads }, () => {
    const worker = startWorker(new URL(import.meta.url), { workerData: { role: ROLE, task } });
    worker.unref();
    return new Member(worker);
  });
  await Promise.all(workers.map((worker) => worker.ready));
  return {
    threads,
    async solve(request) {
      const { candidates, horizon, actions } = request;
      const length = actions.length / candidates;
      const share = Math.ceil(candidates / workers.length);
      const parts = workers.flatMap((worker, w) => {
        const from = w * share;
        const count = Math.min(candidates - from, share);
        if (count <= 0) return [];
        return [
          worker.ask({
            ...request,
            actions: actions.slice(from * length, (from + count) * length),
            candidates: count,
            horizon,
          }),
        ];
      });
      const results = await Promise.all(parts);
      const returns = new Float64Array(candidates);
      results.forEach((result, w) => {
        returns.set(result.returns, w * share);
      });
      const states = request.wantStates
        ? joined(results.map((result) => result.states as Float32Array))
        : null;
      return { returns, states };
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** A worker thread with at most one question under way. A dead one fails its question and every later one. */
class Member {
  readonly ready: Promise<TrueResult | undefined>;
  readonly #worker: Worker;
  #settle: { resolve(result: TrueResult): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    worker.on('message', (result: TrueResult) => this.#settle?.resolve(result));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (code) => this.#fail(new Error(`a simulator thread ended with code ${code}`)));
  }

  ask(request: TrueRequest): Promise<TrueResult> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage(request);
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

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

if (!isMainThread && (workerData as { role?: string } | null)?.role === ROLE && parentPort) {
  const port = parentPort;
  const worker = await TrueModelWorker.create((workerData as { task: TaskReference }).task);
  port.on('message', (request: TrueRequest) => port.postMessage(worker.solve(request)));
  port.postMessage(undefined);
}
