import { InputError } from '../core/errors.ts';
import type { TaskReference } from '../core/task.ts';
import { close, type JobArguments, type JobKind, open, SPINS, WORD, writeJob } from './control.ts';
import type { Executor } from './executor.ts';
import type { Block, Heap } from './heap.ts';
import { waitAsync } from './platform.ts';
import { Scorer } from './scorer.ts';
import type { Thread } from './threads.ts';
import { describe, type FromWorker, type WorkerFailure } from './worker.ts';

/**
 * Runs jobs, one at a time, on worker threads; or on the calling thread where memory cannot be shared. Waiting never
 * blocks the caller. When a worker dies, the call in progress and every later one fail with its cause.
 */
export class Pool {
  readonly threads: number;
  readonly #heap: Heap;
  readonly #workers: readonly Thread[];
  readonly #inline: Executor | undefined;
  readonly #scratch: (Block | undefined)[];
  /** What each worker's next message answers. */
  readonly #answers: ((message: FromWorker) => void)[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #interrupt: ((cause: Error) => void) | undefined;
  #failure: WorkerFailure | undefined;
  #failureArrived: (() => void) | undefined;
  /** Why no further call can succeed. */
  #end: Error | undefined;

  constructor(heap: Heap, runners: readonly Thread[] | Executor) {
    this.#heap = heap;
    this.#workers = 'length' in runners ? runners : [];
    this.#inline = 'length' in runners ? undefined : runners;
    this.threads = Math.max(1, this.#workers.length);
    this.#scratch = new Array(this.threads).fill(undefined);
    heap.i32[WORD.threads] = this.threads;
    close(heap.i32);
    for (const [index, worker] of this.#workers.entries()) {
      worker.onMessage((message) => this.#hear(index, message));
      worker.onDeath((cause) =>
        this.#stop(new Error(`kernel thread ${index + 1} died: ${cause.message}`, { cause })),
      );
    }
  }

  /** Resolves when every worker waits for its first job. */
  async ready(): Promise<void> {
    await this.#interruptible(Promise.all(this.#workers.map((_, index) => this.#answer(index))));
    for (const worker of this.#workers) worker.keepAlive(false);
  }

  /** Runs `work` when everything asked for before is done; `run` and `reserve` are to be called inside. */
  exclusive<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      this.check();
      return work();
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Throws why the pool can do no more, if so. */
  check(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  /** Gives every thread at least so much scratch. */
  reserve(bytes: number): void {
    for (let index = 0; index < this.threads; index++) {
      let block = this.#scratch[index];
      if (block === undefined || block.bytes < bytes) {
        if (block !== undefined) this.#heap.free(block);
        this.#scratch[index] = undefined;
        block = this.#heap.allocate(bytes, `scratch of kernel thread ${index + 1}`);
        this.#scratch[index] = block;
      }
      this.#heap.i32[WORD.scratch + 2 * index] = block.address;
      this.#heap.i32[WORD.scratch + 2 * index + 1] = block.bytes;
    }
  }

  async run<K extends JobKind>(kind: K, args: JobArguments<K>): Promise<void> {
    const words = this.#heap.i32;
    writeJob(words, kind, args);
    Atomics.store(words, WORD.next, 0);
    Atomics.store(words, WORD.failed, 0);
    this.#failure = undefined;
    if (this.#inline !== undefined) this.#runHere(this.#inline);
    else await this.#runOnWorkers(words);
    this.#heap.check();
    const failure = this.#failure as WorkerFailure | undefined;
    if (failure !== undefined) throw toError(failure);
  }

  #runHere(executor: Executor): void {
    try {
      executor.run();
    } catch (error) {
      this.#failure = describe(error, false);
    }
  }

  async #runOnWorkers(words: Int32Array): Promise<void> {
    const sequence = (words[WORD.sequence] + 1) | 0;
    const before = words[WORD.done];
    for (const worker of this.#workers) worker.keepAlive(true);
    Atomics.store(words, WORD.number, sequence);
    // Whoever sees the new sequence finds the job open.
    open(words);
    Atomics.store(words, WORD.sequence, sequence);
    Atomics.notify(words, WORD.sequence);
    // A small job is over before this thread could go to sleep.
    for (let spins = 0; spins < SPINS && Atomics.load(words, WORD.done) !== sequence; spins++);
    while (Atomics.load(words, WORD.done) !== sequence)
      await this.#interruptible(waitAsync(words, WORD.done, before));
    // The flag is in memory at once, the message with the cause may still be on its way.
    if (Atomics.load(words, WORD.failed) !== 0 && this.#failure === undefined) {
      await this.#interruptible(
        new Promise<void>((resolve) => {
          this.#failureArrived = resolve;
        }),
      );
    }
    for (const worker of this.#workers) worker.keepAlive(false);
  }

  /** Every thread builds its own copy of the task. */
  async setTask(task: TaskReference): Promise<void> {
    if (this.#inline !== undefined) {
      this.#inline.scorer = await Scorer.load(task);
      return;
    }
    const answers = this.#workers.map((worker, index) => {
      const answer = this.#answer(index);
      worker.keepAlive(true);
      worker.post({ task });
      return answer;
    });
    const messages = await this.#interruptible(Promise.all(answers));
    for (const worker of this.#workers) worker.keepAlive(false);
    for (const message of messages)
      if (message.kind === 'task' && message.error) throw toError(message.error);
  }

  async close(): Promise<void> {
    this.#end ??= new Error('the engine is closed');
    this.#interrupt?.(this.#end);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #answer(index: number): Promise<FromWorker> {
    return new Promise((resolve) => {
      this.#answers[index] = resolve;
    });
  }

  #hear(index: number, message: FromWorker): void {
    if (message.kind !== 'failure') {
      const answer = this.#answers[index];
      delete this.#answers[index];
      answer?.(message);
      return;
    }
    // When several threads fail, the later ones' causes may arrive after the job's end.
    if (message.job !== this.#heap.i32[WORD.sequence]) return;
    this.#failure ??= message.error;
    this.#failureArrived?.();
    this.#failureArrived = undefined;
  }

  #stop(cause: Error): void {
    if (this.#end !== undefined) return;
    this.#end = cause;
    Atomics.store(this.#heap.i32, WORD.failed, 1);
    this.#interrupt?.(cause);
    for (const worker of this.#workers) void worker.terminate();
  }

  /** `promise`, or the reason why nobody will ever keep it. */
  #interruptible<T>(promise: Promise<T> | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) reject(this.#end);
      this.#interrupt = reject;
      Promise.resolve(promise as Promise<T>).then(resolve, reject);
    });
  }
}

function toError(failure: WorkerFailure): Error {
  const cause = failure.stack;
  if (failure.input) return new InputError(failure.message, { cause });
  return new Error(`a kernel thread failed: ${failure.message}`, { cause });
}
