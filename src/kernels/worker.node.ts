import { parentPort, workerData } from 'node:worker_threads';
import { serve, type ToWorker, type WorkerStart } from './worker.ts';

const port = parentPort!;
await serve(workerData as WorkerStart, {
  post: (message) => port.postMessage(message),
  onMessage: (listener) => port.on('message', (message: ToWorker) => listener(message)),
});
