/**
 * What scores are measured against (docs/design.md, "Score"); paste the printed lines into src/tasks/baselines.ts.
 *
 *   npm run bench baselines -- cartpole-swingup
 *   npm run bench baselines -- reach panda
 */
import { availableParallelism } from 'node:os';
import { blindReturns } from './lib/policies.ts';
import { writeResults } from './lib/results.ts';
import { evaluate } from './lib/training.ts';

const SEED = 100;
const [task, robot] = process.argv.slice(2);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const random = mean(await blindReturns(task, 'random', SEED, 100, robot));
const zero = mean(await blindReturns(task, 'zero', SEED, 100, robot));
const { returns } = await evaluate(
  { task, robot, seed: SEED, trials: 1, budget: '32x2', threads: availableParallelism(), model: 'true' },
  null,
  5,
);
console.log(
  `${task}: random ${random.toFixed(2)}, zero ${zero.toFixed(2)}, true model ${returns.map((v) => v.toFixed(2)).join(' ')}`,
);
console.log(`  base: ${Math.max(random, zero).toFixed(2)}, true: ${mean(returns).toFixed(2)}`);
writeResults(
  'baselines',
  [{ task, random, zero, true: mean(returns), episodes: returns.map((v) => v.toFixed(2)).join(' ') }],
  ['task'],
  `npm run bench baselines -- ${task}`,
);
