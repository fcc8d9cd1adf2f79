import { expect, test } from 'vitest';
import { createSimPlant } from '#sim/index';
import { checkEnv } from '#src/core/check-env';
import type { Task } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import { lap, park, waypoints } from '#src/tasks/index';
import { instanceOf } from './instance.ts';

const varied = { massRange: 0.2, frictionRange: 0.3, gainRange: 0.2, latency: 0.1 };

test.each([
  ['park', park, {}],
  ['park, varied', park, { ...varied, cars: 5 }],
  ['lap', lap, {}],
  ['lap, varied', lap, varied],
  ['waypoints', waypoints, {}],
] as unknown as readonly [string, Task, Record<string, unknown>][])(
  'checkEnv is green on %s',
  async (_name, task, set) => {
    const params = task.params.parse(set);
    const findings = await checkEnv(async () => {
      const { instance, robot } = await instanceOf(task, 'car', set);
      const world = task.world?.(params as never, robot);
      const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
      return new TaskEnv(task, instance, plant);
    });
    expect(findings).toEqual([]);
  },
);
