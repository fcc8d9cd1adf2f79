/**
 * How many plans a second for R robots at once, each with its own state and goal, in one call? With the nets of a task
 * (untrained: speed is the same) and one of its budgets; the Rs take turns.
 *
 *   npm run bench throughput -- cartpole-swingup reacher --budget realtime --threads 2 --rounds 10 --write
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { createSimPlant } from '#sim/index';
import { goalOf, stateOf } from '#src/core/channel';
import { instantiateTask } from '#src/core/instantiate-task';
import { usualRobot } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { Ensemble } from '#src/model/ensemble';
import { ModelRehearsal, planners } from '#src/plan/index';
import { type Row, writeResults } from './lib/results.ts';
import { configOf } from './lib/training.ts';

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
  const { task, module } = await loadTask(name);
  const robot = await loadRobot(usualRobot(task)!);
  const reference = { module, robot, params: {} };
  const { instance, params } = await instantiateTask(reference);
  const world = task.world?.(params as never, robot);
  const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
  const env = new TaskEnv(task, instance, plant);
  const { layout, action: space, controlPeriod } = env.spec;
  const config = await configOf(name);
  const engine = await createWasmEngine({ threads, numerics: 'fast' });
  await engine.setTask(reference);
  const ensemble = new Ensemble(engine, layout, space.low.length, config.model, 1);
  const horizon = Math.max(1, Math.round(task.planHorizon / controlPeriod));
  const rehearsal = new ModelRehearsal({ ensemble, config: config.planner, horizon });
  const most = Math.max(...fleets);
  const states = new Float32Array(most * layout.stateSize);
  const goals = new Float32Array(most * layout.goalSize);
  for (let r = 0; r < most; r++) {
    const { observation } = await env.reset({ seed: 1, episode: r });
    stateOf(layout, observation, states.subarray(r * layout.stateSize, (r + 1) * layout.stateSize));
    goalOf(layout, observation, goals.subarray(r * layout.goalSize, (r + 1) * layout.goalSize));
  }

  const budgetName = values.budget === 'quality' ? 'quality' : 'realtime';
  const budget = config.budgets[budgetName];
  const planner = planners[config.planner.name]({ space, horizon, controlPeriod, config: config.planner });
  let index = 0;
  const secondsFor = async (robots: number, calls: number) => {
    const started = performance.now();
    for (let call = 0; call < calls; call++, index++) {
      const outlook = await rehearsal.begin({
        ...{ states: states.slice(0, robots * layout.stateSize), robots, index, steps: 0, explore: false },
        ...{ goals: goals.slice(0, robots * layout.goalSize), pending: new Float32Array(0) },
      });
      const previous = Array.from({ length: robots }, () => null);
      await planner.plan({ evaluate: outlook.evaluate, previous, budget, seed: 1, index });
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
  ensemble.dispose();
  await env.close();
  await engine.close();
}
