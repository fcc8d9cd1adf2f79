import type { Engine } from '../core/index.ts';
import { createWasmEngine } from '../kernels/index.ts';

/** An engine by its name on the command line. */
export async function createEngine(
  name: 'wasm' | 'tfjs',
  options: { threads: number; numerics: 'fast' | 'portable' },
): Promise<Engine> {
  if (name === 'wasm') return createWasmEngine(options);
  // Loaded only when asked for: TensorFlow.js takes seconds and hundreds of megabytes.
  const { createTfjsEngine } = await import('../model/engines/tfjs.ts');
  return createTfjsEngine();
}

/** Names the arithmetic that an engine would use on this machine. */
export async function engineNumerics(name: 'wasm' | 'tfjs', numerics: 'fast' | 'portable'): Promise<string> {
  const engine = await createEngine(name, { threads: 1, numerics });
  try {
    return engine.numerics;
  } finally {
    await engine.close();
  }
}
