/**
 * Environment steps a second of many environments that step together, on 0 (the calling one), 1 and 2 threads; the best
 * of some rounds.
 *
 *   npm run bench vector -- cartpole-swingup --envs 16 --write
 */
import { parseArgs } from 'node:util';
import { createVectorEnv } from '#src/index';
import { type Row, writeResults } from './lib/results.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    envs: { type: 'string', default: '16' },
    threads: { type: 'string', default: '0,1,2' },
    steps: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});
const [task = 'cartpole-swingup'] = positionals;
const [envs, steps, rounds] = [values.envs, values.steps, values.rounds].map(Number);
const rows: Row[] = [];
for (const threads of values.threads.split(',').map(Number)) {
  const env = await createVectorEnv({ task, envs, threads, copy: false });
  await env.reset({ seed: 1 });
  const { low, high } = env.spec.action;
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    for (let t = 0; t < steps; t++) {
      const push = 0.5 + 0.4 * Math.sin(t);
      const actions = Float32Array.from({ length: envs * low.length }, (_, i) => {
        const a = i % low.length;
        return low[a] + push * (high[a] - low[a]);
      });
      await env.step(actions);
    }
    best = Math.min(best, (performance.now() - began) / 1000);
  }
  await env.close();
  const stepsPerSecond = Math.round((envs * steps) / best);
  console.log(`${task}, ${envs} environments, ${threads} threads: ${stepsPerSecond} steps/s`);
  rows.push({ task, envs, threads, stepsPerSecond });
}
if (values.write)
  writeResults(
    'vector',
    rows,
    ['task', 'envs', 'threads'],
    ['npm run bench vector --', ...process.argv.slice(2)].join(' '),
  );
