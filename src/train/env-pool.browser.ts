import { EnvBatch, memoryBytes, memoryOf } from './env-batch.ts';
import type { EnvPool, EnvPoolOptions } from './env-pool.ts';

/** Without threads: all environments in the calling one. */
export async function createEnvPool({ task, envs, autoreset }: EnvPoolOptions): Promise<EnvPool> {
  const batch = await EnvBatch.create(task, envs, autoreset);
  const memory = memoryOf(new ArrayBuffer(memoryBytes(envs, batch.spec)), envs, batch.spec);
  batch.attach(memory, 0);
  let failure: unknown;
  return {
    spec: batch.spec,
    memory,
    async run(call) {
      if (failure !== undefined) throw failure;
      try {
        return await batch[call]();
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    close: () => batch.close(),
  };
}
