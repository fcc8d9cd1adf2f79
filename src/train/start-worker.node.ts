import { Worker, type WorkerOptions } from 'node:worker_threads';

/** A worker thread that runs a file, also of a program given as text. */
export function startWorker(file: URL, options: WorkerOptions): Worker {
  return new Worker(file, {
    ...options,
    // `node --input-type=module --eval …` would hand its flag on to a worker that is a file.
    ...(process.execArgv.some((flag) => flag.startsWith('--input-type')) && { execArgv: [] }),
  });
}
