import type { Engine } from '../../core/engine.ts';
import { instantiateTask } from '../../core/instantiate-task.ts';
import { type BackendName, loadBackend } from './tfjs-backend.ts';
import { TfjsNets } from './tfjs-nets.ts';
import type { BuiltTask } from './tfjs-rollout.ts';

export interface TfjsOptions {
  /**
   * `native` is `@tensorflow/tfjs-node`, `wasm` and `cpu` come with `@tensorflow/tfjs`. Default: the first of them
   * that works here.
   */
  readonly backend?: BackendName;
}

/**
 * The ensemble on TensorFlow.js: an independent check of our own kernels, and another way to learn where they do not
 * run. Everything is computed on the calling thread (native: with as many threads of its own as there are cores).
 * Throws an InputError when the backend asked for cannot be used.
 */
export async function createTfjsEngine(options: TfjsOptions = {}): Promise<Engine> {
  const backend = await loadBackend(options.backend);
  const nets = new Set<TfjsNets>();
  let task: BuiltTask | undefined;
  return {
    name: 'tfjs',
    description: backend.description,
    numerics: backend.description,
    createNets(shape) {
      const made = new TfjsNets(backend, shape, () => task);
      nets.add(made);
      return made;
    },
    async setTask(reference) {
      task = await instantiateTask(reference);
    },
    async close() {
      for (const made of nets) made.dispose();
      nets.clear();
    },
  };
}
