import { type FromWorker, serve, type ToWorker, type WorkerStart } from './worker.ts';

interface WorkerScope {
  postMessage(message: FromWorker): void;
  addEventListener(
    type: 'message',
    listener: (event: { data: ToWorker | WorkerStart }) => void,
    options?: { once: boolean },
  ): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener(
  'message',
  ({ data: start }) => {
    void serve(start as WorkerStart, {
      post: (message) => scope.postMessage(message),
      onMessage: (listener) => scope.addEventListener('message', ({ data }) => listener(data as ToWorker)),
    });
  },
  { once: true },
);
