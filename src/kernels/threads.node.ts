import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Threads } from './threads.ts';

export const threads: Threads = {
  start(workerData) {
    const worker = new Worker(new URL('./worker.node.js', import.meta.url), {
      workerData,
      name: `premotor kernels ${workerData.index + 1}`,
      // A program given as `node --input-type=module --eval …` would hand its flag on to a worker that is a file.
      ...(process.execArgv.some((flag) => flag.startsWith('--input-type')) && { execArgv: [] }),
    });
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => worker.on('message', listener),
      onDeath(listener) {
        worker.once('error', (error) => listener(error instanceof Error ? error : new Error(String(error))));
        worker.once('exit', (code) => listener(new Error(`it exited with code ${code}`)));
      },
      keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
      async terminate() {
        await worker.terminate();
      },
    };
  },

  readBuild: (file) => readFile(new URL(file, import.meta.url)),

  enableRelaxedSimd() {
    // V8 of Node 20 has it behind a flag; from Node 21 on it is on by default and the flag may be gone.
    if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  },
};
