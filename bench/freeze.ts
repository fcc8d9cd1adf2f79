/**
 * Keeps what a run learned as bench/checkpoints/<task>.safetensors, weights and normalisers only, for the benches that
 * compare planners on one model.
 *
 *   premotor train cartpole-swingup --seed 21 --trials 6 --threads 1
 *   npm run bench freeze -- runs/cartpole-swingup-seed21-…
 */
import { freeze } from './lib/frozen.ts';

for (const run of process.argv.slice(2)) {
  const bytes = await freeze(run, `npm run bench freeze -- ${run}`);
  console.log(`${run}: ${(bytes / 1e6).toFixed(2)} MB`);
}
