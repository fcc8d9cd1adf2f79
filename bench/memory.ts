/**
 * Is memory flat? Plans at the smallest budget (2 × 1) in a learned model on the compute kernels, one after the other
 * as an agent does, and says how heap and resident memory grew after the first tenth.
 *
 *   npm run bench memory -- --plans 100000 --write
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Pets } from '#src/agents/pets';
import { layoutOf } from '#src/core/channel';
import { runConfig } from '#src/core/config';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import { box } from '#src/core/space';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { writeResults } from './lib/results.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const { values } = parseArgs({
  options: {
    plans: { type: 'string', default: '100000' },
    planner: { type: 'string', default: 'icem' },
    threads: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const plans = Number(values.plans);
const threads = Number(values.threads);

const { module } = await loadTask('cartpole-swingup');
const reference = { module, robot: await loadRobot('cartpole'), params: {} };
const { instance } = await instantiateTask(reference);
const engine = await createWasmEngine({ threads, numerics: 'fast' });
await engine.setTask(reference);
const layout = layoutOf(instance.observation);
const spec = {
  ...{ name: 'cartpole-swingup', observation: box(-Infinity, Infinity, layout.stateSize) },
  ...{ action: box(-3, 3, 1), layout, controlPeriod: 0.04, episodeSteps: 200 },
};
const config = runConfig.parse({
  planner: { name: values.planner },
  model: { hidden: [16], minSteps: 20, maxEpochs: 2 },
});
const agent = new Pets({
  ...{ spec, engine, config, budget: { candidates: 2, iterations: 1 }, horizon: 25, seed: 1 },
  clock: () => performance.now(),
});
const random = new Random(1, 'data');
const observe = () => Float32Array.from({ length: layout.stateSize }, () => random.normal());
agent.observe(
  Array.from({ length: 50 }, () => {
    const action = Float32Array.of(random.uniform(-3, 3));
    return { observation: observe(), action, reward: 0, next: observe(), terminated: false };
  }),
  true,
);
await agent.learn('episodeEnd');

const tenths: { heap: number; resident: number }[] = [];
for (let tenth = 0; tenth < 10; tenth++) {
  for (let plan = 0; plan < plans / 10; plan++)
    await agent.act([observe()], { first: [plan % 200 === 0], explore: false });
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const mega = (bytes: number) => bytes / 2 ** 20;
  tenths.push({ heap: mega(heapUsed + external), resident: mega(rss) });
  console.log(
    `${((tenth + 1) * plans) / 10} plans: heap ${tenths[tenth].heap.toFixed(2)} MiB, resident ${mega(rss).toFixed(1)} MiB`,
  );
}
const growth = (key: 'heap' | 'resident') => tenths[9][key] / tenths[0][key] - 1;
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
console.log(
  `after the first tenth: heap ${percent(growth('heap'))}, resident ${percent(growth('resident'))}`,
);
if (values.write) {
  const row = {
    ...{ planner: values.planner, plans, threads, heapMiB: tenths[9].heap, residentMiB: tenths[9].resident },
    ...{ heapGrowth: growth('heap'), residentGrowth: growth('resident') },
  };
  writeResults(
    'memory',
    [row],
    ['planner', 'plans', 'threads'],
    `npm run bench memory -- ${process.argv.slice(2).join(' ')}`,
  );
}
await agent.close();
await engine.close();
