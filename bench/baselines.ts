/**
 * What scores are measured against (docs/design.md, "Score"); paste the printed lines into src/tasks/baselines.ts. The
 * episodes on the true simulator are also written to bench/results/learning-<task>.csv.
 *
 *   npm run bench baselines -- cartpole-swingup
 *   npm run bench baselines -- reach panda --threads 1
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { usualRobot } from '#src/core/task';
import { loadTask } from '#src/load/task';
import { blindReturns } from './lib/policies.ts';
import { writeResults } from './lib/results.ts';
import { evaluate } from './lib/training.ts';

const SEED = 100;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: String(availableParallelism()) } },
});
const [task] = positionals;
const usual = usualRobot((await loadTask(task)).task)!;
const robot = positionals[1] ?? usual;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const random = mean(await blindReturns(task, 'random', SEED, 100, robot));
const zero = mean(await blindReturns(task, 'zero', SEED, 100, robot));
const { returns, successes, planMs } = await evaluate(
  { task, robot, seed: SEED, trials: 1, budget: '32x2', threads: Number(values.threads), model: 'true' },
  null,
  5,
);
console.log(
  `${task} (${robot}): random ${random.toFixed(2)}, zero ${zero.toFixed(2)}, true model ${returns.map((v) => v.toFixed(2)).join(' ')}`,
);
console.log(`  base: ${Math.max(random, zero).toFixed(2)}, true: ${mean(returns).toFixed(2)}`);
writeResults(
  'baselines',
  [{ task, robot, random, zero, true: mean(returns), episodes: returns.map((v) => v.toFixed(2)).join(' ') }],
  ['task', 'robot'],
  `npm run bench baselines -- ${process.argv.slice(2).join(' ')}`,
);
// The true model's line in the task's table and plot.
writeResults(
  robot === usual ? `learning-${task}` : `learning-${task}-${robot}`,
  returns.map((value, i) => ({
    variant: 'true',
    seed: SEED,
    trial: i + 1,
    return: value,
    success: successes[i],
    planP99: planMs[i] ?? null,
  })),
  ['variant', 'seed', 'trial'],
  `npm run bench baselines -- ${process.argv.slice(2).join(' ')}`,
);
