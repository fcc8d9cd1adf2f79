import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  type Worker,
  workerData,
} from 'node:worker_threads';
import type { EnvSpec } from '../core/env.ts';
import { InputError } from '../core/errors.ts';
import { waitAsync } from '../kernels/platform.ts';
import { EnvBatch, memoryBytes, memoryOf, type Report } from './env-batch.ts';
import { createEnvPool as createInline } from './env-pool.browser.ts';
import type { EnvPool, EnvPoolOptions } from './env-pool.ts';
import { startWorker } from './start-worker.node.ts';

/** Marks a worker thread as one of this pool's; this file is both the pool and the worker's program. */
const ROLE = 'premotor-env-pool';

/** 32-bit words in the header of the memory. */
const WORD = {
  /** Number of the current call; workers wait here. */
  sequence: 0,
  /** 0 = reset, 1 = step. */
  call: 1,
  /** Workers that have not finished it. */
  pending: 2,
  /** Number of the last finished call; the pool waits here. */
  done: 3,
} as const;

interface WorkerStart extends EnvPoolOptions {
  readonly role: typeof ROLE;
  /** What this worker's environments report, one message a call, left out where there is nothing to report. */
  readonly reports: MessagePort;
}

/** Sent once all workers are ready. */
interface Attachment {
  readonly buffer: SharedArrayBuffer;
  /** Rows of the whole, and this worker's first one. */
  readonly rows: number;
  readonly first: number;
}

interface Failure {
  readonly input: boolean;
  readonly message: string;
  readonly stack: string | undefined;
}

/**
 * Workers wait at the memory's header for the next call; the last to finish it wakes the pool. Environments are
 * independent, so the split does not change what they do.
 */
export async function createEnvPool(options: EnvPoolOptions): Promise<EnvPool> {
  if (options.threads === 0) return createInline(options);
  const threads = Math.min(options.threads, options.envs);
  const firsts = Array.from({ length: threads + 1 }, (_, w) => Math.floor((w * options.envs) / threads));
  const members = firsts.slice(1).map((end, w) => new Member(options, firsts[w], end - firsts[w], w + 1));
  try {
    const [spec] = await Promise.all(members.map((member) => member.ready));
    return new ThreadedPool(members, spec, options.envs);
  } catch (error) {
    await Promise.all(members.map((member) => member.terminate()));
    throw error;
  }
}

class ThreadedPool implements EnvPool {
  readonly spec: EnvSpec;
  readonly memory: EnvPool['memory'];
  readonly #members: readonly Member[];
  readonly #words: Int32Array;
  #interrupt: ((cause: Error) => void) | undefined;
  /** Why no further call can succeed. */
  #end: Error | undefined;

  constructor(members: readonly Member[], spec: EnvSpec, envs: number) {
    this.spec = spec;
    this.#members = members;
    const buffer = new SharedArrayBuffer(memoryBytes(envs, spec));
    this.memory = memoryOf(buffer, envs, spec);
    this.#words = new Int32Array(buffer, 0, 4);
    for (const member of members) {
      member.onFailure((error) => this.#stop(error));
      member.attach({ buffer, rows: envs, first: member.first });
    }
  }

  async run(call: 'reset' | 'step'): Promise<readonly (Report | null)[]> {
    if (this.#end) throw this.#end;
    const words = this.#words;
    const before = words[WORD.done];
    const sequence = (before + 1) | 0;
    words[WORD.call] = call === 'step' ? 1 : 0;
    Atomics.store(words, WORD.pending, this.#members.length);
    for (const member of this.#members) member.keepAlive(true);
    Atomics.store(words, WORD.sequence, sequence);
    Atomics.notify(words, WORD.sequence);
    while (Atomics.load(words, WORD.done) !== sequence)
      await this.#interruptible(waitAsync(words, WORD.done, before));
    for (const member of this.#members) member.keepAlive(false);
    const answers = this.#members.map((member) => member.take());
    const failure = answers.find((answer) => answer !== undefined && 'message' in answer);
    if (failure) {
      this.#stop(toError(failure as Failure));
      throw this.#end;
    }
    return answers.flatMap((reports, w) =>
      reports === undefined ? new Array<null>(this.#members[w].envs).fill(null) : (reports as Report[]),
    );
  }

  async close(): Promise<void> {
    this.#stop(new Error('the environments are closed'));
    await Promise.all(this.#members.map((member) => member.terminate()));
  }

  #stop(cause: Error): void {
    if (this.#end) return;
    this.#end = cause;
    this.#interrupt?.(cause);
    for (const member of this.#members) void member.terminate();
  }

  /** `promise`, or the reason why nobody will ever keep it. */
  #interruptible(promise: Promise<unknown> | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#end) reject(this.#end);
      this.#interrupt = reject;
      Promise.resolve(promise).then(resolve, reject);
    });
  }
}

/** One worker thread and its environments. */
class Member {
  readonly first: number;
  readonly envs: number;
  readonly ready: Promise<EnvSpec>;
  readonly #worker: Worker;
  readonly #reports: MessagePort;
  #failure: Error | undefined;
  #onFailure: ((error: Error) => void) | undefined;

  constructor(options: EnvPoolOptions, first: number, envs: number, number: number) {
    const { port1, port2 } = new MessageChannel();
    this.first = first;
    this.envs = envs;
    this.#reports = port1;
    const start: WorkerStart = { ...options, envs, role: ROLE, reports: port2 };
    this.#worker = startWorker(new URL(import.meta.url), {
      ...{ workerData: start, transferList: [port2], name: `premotor environments ${number}` },
    });
    this.ready = new Promise((resolve, reject) => {
      const fail = (cause: Error) => {
        this.#failure ??= new Error(`environment thread ${number} died: ${cause.message}`, { cause });
        reject(this.#failure);
        this.#onFailure?.(this.#failure);
      };
      this.#worker.on('message', (answer: EnvSpec | Failure) => {
        this.keepAlive(false);
        if ('message' in answer) reject(toError(answer));
        else resolve(answer);
      });
      this.#worker.on('error', fail);
      this.#worker.on('exit', (code) => fail(new Error(`it exited with code ${code}`)));
    });
  }

  onFailure(listener: (error: Error) => void): void {
    this.#onFailure = listener;
    if (this.#failure) listener(this.#failure);
  }

  attach(attachment: Attachment): void {
    this.#worker.postMessage(attachment);
  }

  /** What came with the last call. */
  take(): readonly (Report | null)[] | Failure | undefined {
    return receiveMessageOnPort(this.#reports)?.message;
  }

  keepAlive(on: boolean): void {
    if (on) this.#worker.ref();
    else this.#worker.unref();
  }

  async terminate(): Promise<void> {
    this.#reports.close();
    await this.#worker.terminate();
  }
}

function toError({ input, message, stack }: Failure): Error {
  if (input) return new InputError(message, { cause: stack });
  return new Error(`an environment thread failed: ${message}`, { cause: stack });
}

function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { input: false, message: String(error), stack: undefined };
  return { input: error instanceof InputError, message: error.message, stack: error.stack };
}

/** The loop blocks the thread while it waits: nothing else happens in it. */
async function serve(
  batch: EnvBatch,
  { buffer, rows, first }: Attachment,
  reports: MessagePort,
): Promise<never> {
  batch.attach(memoryOf(buffer, rows, batch.spec), first);
  const words = new Int32Array(buffer, 0, 4);
  let last = 0;
  for (;;) {
    while (Atomics.load(words, WORD.sequence) === last) Atomics.wait(words, WORD.sequence, last);
    last = Atomics.load(words, WORD.sequence);
    try {
      const told = await (words[WORD.call] === 1 ? batch.step() : batch.reset());
      if (told.some((report) => report !== null)) reports.postMessage(told);
    } catch (error) {
      reports.postMessage(describe(error));
    }
    if (Atomics.sub(words, WORD.pending, 1) === 1) {
      Atomics.store(words, WORD.done, last);
      Atomics.notify(words, WORD.done);
    }
  }
}

if (!isMainThread && (workerData as { role?: string } | null)?.role === ROLE && parentPort) {
  const port = parentPort;
  const { task, envs, autoreset, reports } = workerData as WorkerStart;
  try {
    const batch = await EnvBatch.create(task, envs, autoreset);
    port.once('message', (attachment: Attachment) => void serve(batch, attachment, reports));
    port.postMessage(batch.spec);
  } catch (error) {
    port.postMessage(describe(error));
  }
}
