/**
 * What does each planner find on functions whose best is known? Success over seeds, and the median return, for budgets
 * of one plan from a cold start. And what does it reach in closed loop, on a pendulum whose equations are known? A
 * tenth of the seeds, the median of the episodes' returns.
 *
 *   npm run bench planners-known -- --seeds 100 --write
 */
import { parseArgs } from 'node:util';
import { plannerConfig } from '#src/core/config';
import { planners } from '#src/plan/index';
import { evaluating, knownFunctions } from './lib/known-functions.ts';
import { pendulum, swingUp } from './lib/pendulum.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
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
  if (values.only && values.only !== known.name) continue;
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
if (!values.only || values.only === 'pendulum') await closedLoop();
if (values.write) {
  const keys = ['function', 'planner', 'candidates', 'iterations'];
  writeResults(
    'planners-known',
    rows,
    keys,
    `npm run bench planners-known -- ${process.argv.slice(2).join(' ')}`,
  );
}

async function closedLoop(): Promise<void> {
  const counts = [8, 16, 32, 64, 128];
  const iterations = 2;
  console.log('\npendulum: median return (evaluations a plan)');
  console.log(''.padEnd(32) + counts.map((candidates) => `${candidates} × 2`.padStart(16)).join(''));
  const through = (order: number) => ({ name: 'icem', knots: 5, order });
  const splines = {
    'icem, 5 held knots': through(0),
    'icem, 5 linear knots': through(1),
    'icem, 5 cubic knots': through(3),
  };
  for (const [planner, settings] of Object.entries({ ...variants, ...splines })) {
    let line = planner.padEnd(32);
    const config = plannerConfig.parse(settings);
    for (const candidates of counts) {
      const episodes: number[] = [];
      let evaluations = 0;
      for (let seed = 0; seed < seeds / 10; seed++) {
        const made = planners[config.name]({ ...pendulum, config });
        const result = await swingUp(made, { candidates, iterations }, seed);
        episodes.push(result.total);
        evaluations = result.evaluations;
      }
      episodes.sort((a, b) => a - b);
      const median = episodes[Math.floor(episodes.length / 2)];
      line += `${median.toFixed(1)} (${evaluations})`.padStart(16);
      rows.push({
        ...{ function: 'pendulum', planner: planner.replace(',', ''), candidates, iterations, evaluations },
        ...{ seeds: episodes.length, success: null, median },
      });
    }
    console.log(line);
  }
}
