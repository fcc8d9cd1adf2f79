import type { TaskReference } from '../core/task.ts';
import { TrueModelWorker, type TruePool } from './true-model.ts';

/** Without threads: one simulator in the calling thread. */
export async function createTruePool(task: TaskReference, _threads: number): Promise<TruePool> {
  const worker = await TrueModelWorker.create(task);
  return {
    threads: 1,
    solve: async (request) => worker.solve(request),
    close: async () => worker.close(),
  };
}
