import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { plannerConfig } from '#src/core/config';
import { box } from '#src/core/space';
import { planners } from '#src/plan/index';
import type { PlannerMemory } from '#src/plan/planner';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it.each(Object.keys(planners))('thousands of plans of %s leave nothing behind', async (name) => {
  const config = plannerConfig.parse({ name });
  const planner = planners[config.name]({ space: box(-1, 1, 2), horizon: 10, controlPeriod: 0.1, config });
  let previous: (PlannerMemory | null)[] = [null];
  const plan = async (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const [{ memory }] = await planner.plan({
        evaluate: async (actions, n) => Float64Array.from({ length: n }, (_, i) => actions[i * 20]),
        ...{ previous, budget: { candidates: 2, iterations: 1 }, seed: 1, index },
      });
      previous = [memory];
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  await plan(0, 2000);
  const before = await plan(2000, 4000);
  const after = await plan(4000, 10_000);
  // A memory kept alive by each plan, ten actions of two values, would be a megabyte.
  expect(after - before).toBeLessThan(300_000);
});
