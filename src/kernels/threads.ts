import type { FromWorker, ToWorker, WorkerStart } from './worker.ts';

/** A thread as the pool sees it. */
export interface Thread {
  post(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Called once when the thread ends or fails, whatever the reason. */
  onDeath(listener: (cause: Error) => void): void;
  /** Whether a running job keeps the process alive. */
  keepAlive(alive: boolean): void;
  terminate(): Promise<void>;
}

/** What differs between Node and a page; `#kernels/threads` in package.json chooses the module. */
export interface Threads {
  /** Undefined where memory cannot be shared: then the calling thread computes. */
  readonly start: ((start: WorkerStart) => Thread) | undefined;
  /** The bytes of a build, named by its file. */
  readBuild(file: string): Promise<Uint8Array>;
  /** Turns relaxed SIMD on where the engine has it behind a flag. */
  enableRelaxedSimd(): void;
}
