/**
 * How many plans a second for R robots at once, each with its own state and goal, in one call? With the nets of a task
 * (untrained: speed is the same) and one of its budgets; the Rs take turns.
 *
 *   npm run bench throughput -- cartpole-swingup reacher --budget realtime --threads 2 --rounds 10 --write
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Row, writeResults } from './lib/results.ts';
import { untrainedPlanning } from './lib/untrained.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '10' },
    budget: { type: 'string', default: 'realtime' },
    write: { type: 'boolean', default: false },
  },
});
const tasks = positionals.length > 0 ? positionals : ['cartpole-swingup', 'reacher'];
const threads = Number(values.threads);
const fleets = [1, 8, 64];
const rows: Row[] = [];
for (const task of tasks) await measure(task);
if (values.write) {
  const keys = ['task', 'budget', 'robots', 'threads'];
  writeResults('throughput', rows, keys, `npm run bench throughput -- ${process.argv.slice(2).join(' ')}`);
}

async function measure(name: string): Promise<void> {
  const { config, planner, outlook, close } = await untrainedPlanning(name, {
    threads,
    robots: Math.max(...fleets),
  });
  const budgetName = values.budget === 'quality' ? 'quality' : 'realtime';
  const budget = config.budgets[budgetName];
  let index = 0;
  const secondsFor = async (robots: number, calls: number) => {
    const started = performance.now();
    for (let call = 0; call < calls; call++, index++) {
      const { evaluate } = await outlook(robots, index);
      const previous = Array.from({ length: robots }, () => null);
      await planner.plan({ evaluate, previous, budget, seed: 1, index });
    }
    return (performance.now() - started) / 1000;
  };
  const rates = new Map<number, number[]>(fleets.map((robots) => [robots, []]));
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const robots of fleets) {
      const calls = Math.max(1, Math.round(16 / robots));
      const rate = (robots * calls) / (await secondsFor(robots, calls));
      // The first round warms up.
      if (round > 0) rates.get(robots)?.push(rate);
    }
  }
  for (const [robots, found] of rates) {
    found.sort((a, b) => a - b);
    const [best, median] = [found[found.length - 1], found[Math.floor(found.length / 2)]];
    const { candidates, iterations } = budget;
    rows.push({
      ...{ task: name, budget: budgetName, candidates, iterations, robots, threads },
      best,
      median,
    });
    console.log(
      `${name} ${budgetName} (${candidates} × ${iterations}), ${threads} threads, R = ${robots}: ` +
        `${best.toFixed(1)} plans/s at best, ${median.toFixed(1)} median`,
    );
  }
  await close();
}
