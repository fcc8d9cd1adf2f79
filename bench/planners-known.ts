/**
 * What does each planner find on functions whose best is known? Success over seeds, and the median return, for budgets
 * of one plan from a cold start.
 *
 *   npm run bench planners-known -- --seeds 100 --write
 */
import { parseArgs } from 'node:util';
import { plannerConfig } from '#src/core/config';
import { planners } from '#src/plan/index';
import { evaluating, knownFunctions } from './lib/known-functions.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '100' }, write: { type: 'boolean', default: false } },
});
const seeds = Number(values.seeds);
const budgets = [
  { candidates: 16, iterations: 4 },
  { candidates: 32, iterations: 4 },
  { candidates: 64, iterations: 5 },
  { candidates: 128, iterations: 10 },
  { candidates: 256, iterations: 20 },
];
/** Settings beside the defaults. */
const variants: Readonly<Record<string, Record<string, unknown>>> = {
  icem: { name: 'icem' },
  cem: { name: 'cem' },
  mppi: { name: 'mppi' },
  'mppi, annealed': { name: 'mppi', annealIterations: 0.7 },
  'mppi, elites': { name: 'mppi', mppiElites: 10, temperature: 0.5 },
  'predictive-sampling': { name: 'predictive-sampling' },
  'predictive-sampling, annealed': { name: 'predictive-sampling', annealIterations: 0.7 },
  random: { name: 'random' },
};

const rows: Row[] = [];
for (const known of knownFunctions) {
  console.log(`\n${known.name}: found by (median return)`);
  const heads = budgets.map(({ candidates, iterations }) => `${candidates} × ${iterations}`.padStart(16));
  console.log(''.padEnd(32) + heads.join(''));
  for (const [planner, settings] of Object.entries(variants)) {
    let line = planner.padEnd(32);
    for (const budget of budgets) {
      const returns: number[] = [];
      let evaluations = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const config = plannerConfig.parse(settings);
        const { space, horizon } = known;
        const made = planners[config.name]({ space, horizon, controlPeriod: 0.1, config });
        const request = { evaluate: evaluating(known), previous: [null], budget, seed, index: 0 };
        const [result] = await made.plan(request);
        returns.push(known.value(result.actions));
        evaluations = result.evaluations;
      }
      returns.sort((a, b) => a - b);
      const median = returns[Math.floor(seeds / 2)];
      const success = returns.filter(known.solved).length / seeds;
      const text = `${(100 * success).toFixed(0)} % (${median.toPrecision(3)})`;
      line += text.padStart(16);
      const { candidates, iterations } = budget;
      rows.push({
        ...{ function: known.name, planner: planner.replace(',', ''), candidates, iterations, evaluations },
        ...{ seeds, success, median },
      });
    }
    console.log(line);
  }
}
if (values.write) {
  const keys = ['function', 'planner', 'candidates', 'iterations'];
  writeResults(
    'planners-known',
    rows,
    keys,
    `npm run bench planners-known -- ${process.argv.slice(2).join(' ')}`,
  );
}
