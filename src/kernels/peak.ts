import { createWasmEngine } from './engine.ts';

/**
 * The machine's peak of 128-bit multiply-adds on so many threads, GFLOP/s: the best of several register-only loops.
 * Fused where the machine has it.
 */
export async function measurePeak(threads: number, passes = 10): Promise<number> {
  const engine = await createWasmEngine({ threads, numerics: 'fast' });
  try {
    let best = 0;
    for (let pass = 0; pass < passes; pass++) best = Math.max(best, await engine.measurePeak());
    return best;
  } finally {
    await engine.close();
  }
}
