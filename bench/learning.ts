/**
 * Learning curves: one run a seed, every trial a row.
 *
 *   npm run bench learning -- cartpole-swingup --seeds 11-15 --trials 5 --variant quality --write
 *
 * --robot so101   --budget quality|realtime|64x3   --model learned|true   --set planner.name=cem   --eval 10   --threads 2
 * --policy random|zero (instead of learning)
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { percentilesOf } from '#src/train/percentiles';
import { blindReturns } from './lib/policies.ts';
import { type Row, trialRow, writeResults } from './lib/results.ts';
import { seedsOf } from './lib/seeds.ts';
import { evaluate, train } from './lib/training.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1-3' },
    trials: { type: 'string', default: '5' },
    budget: { type: 'string', default: 'quality' },
    model: { type: 'string', default: 'learned' },
    robot: { type: 'string' },
    policy: { type: 'string', default: 'pets' },
    threads: { type: 'string', default: String(availableParallelism()) },
    set: { type: 'string', multiple: true, default: [] },
    variant: { type: 'string', default: 'quality' },
    eval: { type: 'string', default: '0' },
    fits: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const [task] = positionals;
const trials = Number(values.trials);
const command = `npm run bench learning -- ${process.argv.slice(2).join(' ')}`;
const set = Object.fromEntries(
  values.set.map((pair) => {
    const [key, text] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    try {
      return [key, JSON.parse(text) as unknown];
    } catch {
      return [key, text];
    }
  }),
);

const rows: Row[] = [];
const evaluations: Row[] = [];
for (const seed of seedsOf(values.seeds)) {
  if (values.policy !== 'pets') await blind(seed);
  else if (values.model === 'true') await planOnTruth(seed);
  else await learn(seed);
}
if (values.write) {
  const name = values.robot ? `${task}-${values.robot}` : task;
  writeResults(`learning-${name}`, rows, ['variant', 'seed', 'trial'], command);
  if (evaluations.length > 0)
    writeResults(`evaluation-${name}`, evaluations, ['variant', 'seed', 'episode'], command);
}

async function learn(seed: number): Promise<void> {
  let best = -Infinity;
  const run = {
    task,
    robot: values.robot,
    seed,
    trials,
    budget: values.budget,
    threads: Number(values.threads),
    set,
  };
  const result = await train({
    ...run,
    onEvent(event) {
      if (event.type === 'fit' && values.fits) {
        const { dimensions, openLoop, epochs, trainLoss, holdoutNll } = event.report;
        console.log(
          `   fit: ${epochs} epochs, train ${trainLoss.toFixed(2)}, holdout ${holdoutNll.toFixed(2)}`,
        );
        for (const d of dimensions) {
          console.log(
            `     ${d.name.padEnd(24)} rmse ${d.rmse.toExponential(1)} of ${d.persistence.toExponential(1)}  within1σ ${d.within1.toFixed(2)}  2σ ${d.within2.toFixed(2)}`,
          );
        }
        console.log(
          `     open loop ${openLoop.map(({ steps, error }) => `${steps}: ${error.toFixed(3)}`).join('  ')}`,
        );
      }
      if (event.type !== 'trial') return;
      const { report } = event;
      best = Math.max(best, report.return);
      rows.push(trialRow(values.variant, report, best));
      console.log(
        `seed ${seed} trial ${String(report.trial).padStart(2)} steps ${String(report.envSteps).padStart(5)} return ${report.return.toFixed(1).padStart(8)} best ${best.toFixed(1).padStart(8)}  plan ${report.planMs ? `${report.planMs.p50.toFixed(1)}/${report.planMs.p99.toFixed(1)} ms` : '-'}  fit ${report.fitSeconds.toFixed(1)} s  wall ${report.wallSeconds.toFixed(0)} s`,
      );
    },
  });
  const episodes = Number(values.eval);
  if (episodes === 0) return;
  const { returns, scores, score, planMs, successes, successRate } = await evaluate(
    run,
    result.checkpoint,
    episodes,
  );
  returns.forEach((value, i) => {
    evaluations.push({
      variant: values.variant,
      seed,
      episode: i + 1,
      return: value,
      score: scores[i],
      success: successes[i],
      planP99: planMs[i] ?? null,
    });
  });
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  console.log(
    `seed ${seed} evaluation mean ${mean.toFixed(1)} score ${score?.toFixed(3) ?? '-'} success ${successRate ?? '-'}  [${returns.map((v) => v.toFixed(0)).join(' ')}]`,
  );
}

async function planOnTruth(seed: number): Promise<void> {
  const started = performance.now();
  const times: number[] = [];
  const { returns, planMs, successes, successRate } = await evaluate(
    {
      task,
      robot: values.robot,
      seed,
      trials,
      budget: values.budget,
      threads: Number(values.threads),
      set,
      model: 'true',
      onEvent: (event) => {
        if (event.type === 'step' && event.planMs !== null) times.push(event.planMs);
      },
    },
    null,
    trials,
  );
  returns.forEach((value, i) => {
    rows.push({
      variant: values.variant,
      seed,
      trial: i + 1,
      return: value,
      success: successes[i],
      planP99: planMs[i] ?? null,
    });
  });
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  console.log(
    `seed ${seed} true model mean ${mean.toFixed(1)} success ${successRate ?? '-'} [${returns.map((v) => v.toFixed(1)).join(' ')}] plan p50 ${percentilesOf(times)?.p50.toFixed(0)} ms, ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
}

async function blind(seed: number): Promise<void> {
  const returns = await blindReturns(task, values.policy as 'random' | 'zero', seed, trials, values.robot);
  returns.forEach((value, i) => {
    rows.push({ variant: values.variant, seed, trial: i + 1, return: value });
  });
  console.log(
    `seed ${seed} ${values.policy} mean ${(returns.reduce((sum, v) => sum + v, 0) / returns.length).toFixed(2)}`,
  );
}
