import type { Threads } from './threads.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker.ts';

interface PageWorker {
  postMessage(message: ToWorker | WorkerStart): void;
  addEventListener(type: 'message', listener: (event: { data: FromWorker }) => void): void;
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void;
  terminate(): void;
}

interface Page {
  readonly crossOriginIsolated?: boolean;
  readonly Worker: new (url: URL, options: { type: 'module' }) => PageWorker;
}

const page = globalThis as unknown as Page;

// Bundlers find files by these literal expressions.
const builds: Record<string, URL> = {
  'kernels-relaxed.wasm': new URL('./kernels-relaxed.wasm', import.meta.url),
  'kernels-simd.wasm': new URL('./kernels-simd.wasm', import.meta.url),
  'kernels-relaxed-unshared.wasm': new URL('./kernels-relaxed-unshared.wasm', import.meta.url),
  'kernels-simd-unshared.wasm': new URL('./kernels-simd-unshared.wasm', import.meta.url),
};

function start(data: WorkerStart) {
  const worker = new page.Worker(new URL('./worker.browser.js', import.meta.url), { type: 'module' });
  worker.postMessage(data);
  return {
    post: (message: ToWorker) => worker.postMessage(message),
    onMessage: (listener: (message: FromWorker) => void) =>
      worker.addEventListener('message', ({ data: message }) => listener(message)),
    onDeath: (listener: (cause: Error) => void) =>
      worker.addEventListener('error', ({ message }) => listener(new Error(message ?? 'it failed'))),
    keepAlive: () => {},
    terminate: async () => worker.terminate(),
  };
}

export const threads: Threads = {
  // Pages may share memory only when they are cross-origin isolated.
  start: page.crossOriginIsolated === true && 'waitAsync' in Atomics ? start : undefined,

  async readBuild(file) {
    const response = await fetch(builds[file]);
    if (!response.ok) throw new Error(`${builds[file]}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  },

  enableRelaxedSimd() {},
};
