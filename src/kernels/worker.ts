// A kernel worker: waits at the control block, takes items of the job, says when it is the last to finish. A job that
// others have finished before it woke up is over. The loop waits without blocking, so that messages (the task, the end)
// are served between jobs.

import type { TaskReference } from '../core/task.ts';
import { enter, leave, WORD } from './control.ts';
import { Executor, instantiate } from './executor.ts';
import { type WasmMemory, type WasmModule, waitAsync } from './platform.ts';
import { Scorer } from './scorer.ts';

export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly index: number;
}

export type ToWorker = { readonly task: TaskReference };

/** `task` answers a task, with what went wrong while it was built; `failure` is what went wrong in a job. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'task'; readonly error?: WorkerFailure }
  | { readonly kind: 'failure'; readonly job: number; readonly error: WorkerFailure };

export interface WorkerFailure {
  /** The user's doing: a task that cannot be loaded or throws. */
  readonly input: boolean;
  readonly message: string;
  readonly stack: string | undefined;
}

export interface WorkerPort {
  post(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

export async function serve({ module, memory, index }: WorkerStart, port: WorkerPort): Promise<never> {
  const executor = new Executor(await instantiate(module, memory), memory, index);
  port.onMessage(async ({ task }) => {
    try {
      executor.scorer = await Scorer.load(task);
      port.post({ kind: 'task' });
    } catch (error) {
      port.post({ kind: 'task', error: describe(error, true) });
    }
  });
  const words = new Int32Array(memory.buffer);
  let last = Atomics.load(words, WORD.sequence);
  port.post({ kind: 'ready' });
  for (;;) {
    while (Atomics.load(words, WORD.sequence) === last) await waitAsync(words, WORD.sequence, last);
    last = Atomics.load(words, WORD.sequence);
    if (!enter(words)) continue;
    const job = Atomics.load(words, WORD.number);
    try {
      executor.run();
    } catch (error) {
      Atomics.store(words, WORD.failed, 1);
      port.post({ kind: 'failure', job, error: describe(error, false) });
    }
    if (leave(words)) {
      Atomics.store(words, WORD.done, job);
      Atomics.notify(words, WORD.done);
    }
  }
}

export function describe(error: unknown, task: boolean): WorkerFailure {
  if (!(error instanceof Error)) return { input: task, message: String(error), stack: undefined };
  return { input: task || error.name === 'InputError', message: error.message, stack: error.stack };
}
