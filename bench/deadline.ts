/**
 * How late are plans that refine until a deadline (`--budget 15ms`), and how much of their time do they use? In a
 * task's nets (untrained: speed is the same); the limits take turns, plan by plan.
 *
 *   npm run bench deadline -- cartpole-swingup reacher --limits 8,15,30 --plans 600 --threads 2 --write
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { PlannerMemory } from '#src/plan/planner';
import { percentilesOf } from '#src/train/percentiles';
import { type Row, writeResults } from './lib/results.ts';
import { untrainedPlanning } from './lib/untrained.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: String(availableParallelism()) },
    limits: { type: 'string', default: '8,15,30' },
    plans: { type: 'string', default: '600' },
    write: { type: 'boolean', default: false },
  },
});
const tasks = positionals.length > 0 ? positionals : ['cartpole-swingup', 'reacher'];
const threads = Number(values.threads);
const limits = values.limits.split(',').map(Number);
/** Plans of a limit that are not counted. */
const WARM_UP = 20;
const rows: Row[] = [];
for (const task of tasks) await measure(task);
if (values.write) {
  const keys = ['task', 'limit', 'threads'];
  writeResults('deadline', rows, keys, `npm run bench deadline -- ${process.argv.slice(2).join(' ')}`);
}

async function measure(name: string): Promise<void> {
  const { config, planner, outlook, close } = await untrainedPlanning(name, { threads, robots: 1 });
  const budget = { candidates: config.budgets.quality.candidates, iterations: 1000 };
  const turns = limits.map((limit) => ({ limit, times: [] as number[], evaluations: [] as number[] }));
  let previous: (PlannerMemory | null)[] = [null];
  const clock = () => performance.now();
  for (let plan = 0; plan < WARM_UP + Number(values.plans); plan++) {
    for (const { limit, times, evaluations } of turns) {
      const started = clock();
      const deadline = { clock, at: started + limit };
      const { evaluate, grain } = await outlook(1, plan);
      const [result] = await planner.plan({
        evaluate,
        grain,
        previous,
        budget,
        seed: 1,
        index: plan,
        deadline,
      });
      const took = clock() - started;
      previous = [result.memory];
      if (plan < WARM_UP) continue;
      times.push(took);
      evaluations.push(result.evaluations);
    }
  }
  for (const { limit, times, evaluations } of turns) {
    const row = {
      ...{ task: name, limit, threads, plans: times.length },
      ...percentilesOf(times)!,
      late: times.filter((time) => time > limit).length / times.length,
      lateBy1ms: times.filter((time) => time > limit + 1).length / times.length,
      evaluations: percentilesOf(evaluations)!.p50,
    };
    rows.push(row);
    console.log(
      `${name}, ${limit} ms, ${threads} threads: p50 ${row.p50.toFixed(1)}, p99 ${row.p99.toFixed(1)}, ` +
        `max ${row.max.toFixed(1)} ms; late ${percent(row.late)}, by more than 1 ms ${percent(row.lateBy1ms)}; ` +
        `${row.evaluations} sequences`,
    );
  }
  await close();
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
