import { describe, expect, test } from 'vitest';
import { createSimPlant } from '#sim/index';
import { checkEnv } from '#src/core/check-env';
import { Random } from '#src/core/random';
import { TaskEnv } from '#src/core/task-env';
import { createVectorEnv } from '#src/index';
import { everyTask, instanceOf } from './instance.ts';

const varied = { massRange: 0.2, frictionRange: 0.3, gainRange: 0.2, latency: 0.1, cars: 5 };

describe.each(everyTask())('%s on %s', (name, robotName, task) => {
  /** The parameters that vary an episode's physics, where the task has them. */
  const known = Object.keys(task.params.parse({}) as object);
  const variations = Object.fromEntries(Object.entries(varied).filter(([key]) => known.includes(key)));
  const settings = Object.keys(variations).length > 0 ? [{}, variations] : [{}];

  test.each(settings)('is an environment without findings, with %j', async (set) => {
    const findings = await checkEnv(async () => {
      const { instance, robot } = await instanceOf(task, robotName, set);
      const world = task.world?.(task.params.parse(set) as never, robot);
      const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
      return new TaskEnv(task, instance, plant);
    });
    expect(findings).toEqual([]);
  });

  test('has the same bits in worker threads as without', async () => {
    const run = async (threads: number) => {
      const env = await createVectorEnv({
        task: name,
        robot: robotName,
        params: variations,
        envs: 2,
        threads,
      });
      const { low, high } = env.spec.action;
      const seen = [...(await env.reset({ seed: 4 })).observations];
      const random = new Random(1, 'actions');
      for (let step = 0; step < 8; step++) {
        const actions = Float32Array.from({ length: 2 * low.length }, (_, i) =>
          random.uniform(low[i % low.length], high[i % low.length]),
        );
        const { observations, rewards } = await env.step(actions);
        seen.push(...observations, ...rewards);
      }
      await env.close();
      return seen;
    };
    const alone = await run(0);
    expect(alone.every(Number.isFinite)).toBe(true);
    expect(await run(2)).toEqual(alone);
  });
});
