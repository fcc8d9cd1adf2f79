import { loadNative } from '#model/tfjs-native';
import { InputError } from '../../core/errors.ts';
import type { Tf } from './tfjs-package.ts';

export type BackendName = 'native' | 'wasm' | 'cpu';

/** A TensorFlow.js that computes. */
export interface Backend {
  readonly tf: Tf;
  readonly name: BackendName;
  /** e.g. `tfjs 4.22.0, native (libtensorflow 2.13.1)`. */
  readonly description: string;
  /** True where one batched matrix product beats a chain of plain ones (measured: native 2.4 times, wasm 0.15 times). */
  readonly batchedProducts: boolean;
  /**
   * Makes it the current one. TensorFlow.js has one current backend a thread, so whoever computes calls this first,
   * and again after every await.
   */
  use(): void;
}

/** Loads the backend asked for; without a wish the fastest that works here. */
export async function loadBackend(wish: BackendName | undefined): Promise<Backend> {
  if (wish === undefined || wish === 'native') {
    const native = await loadNative();
    if ('tf' in native) return make(native.tf, 'native', 'tensorflow', native.version);
    if (wish === 'native') {
      throw new InputError(
        `engine tfjs, native: ${native.reason}; run "npm run build:tfjs-node" or leave the backend open`,
      );
    }
  }
  const module = await import('@tensorflow/tfjs');
  const tf: Tf = (module as unknown as { default?: Tf }).default ?? module;
  if (wish !== 'cpu') {
    await import('@tensorflow/tfjs-backend-wasm');
    if (await tf.setBackend('wasm').catch(() => false)) {
      const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      return make(tf, 'wasm', 'wasm', `wasm${simd ? ' with SIMD' : ''}`);
    }
    if (wish === 'wasm') throw new InputError('engine tfjs, wasm: WebAssembly is not available here');
  }
  await tf.setBackend('cpu');
  return make(tf, 'cpu', 'cpu', 'plain JavaScript');
}

function make(tf: Tf, name: BackendName, registered: string, what: string): Backend {
  // Spares a check of every tensor for NaN and advice on the console about faster backends.
  tf.enableProdMode();
  return {
    tf,
    name,
    description: `tfjs ${tf.version['tfjs-core']}, ${name === 'native' ? `native (${what})` : what}`,
    batchedProducts: name === 'native',
    use() {
      if (tf.getBackend() !== registered) void tf.setBackend(registered);
    },
  };
}
