import { describe, expect, test } from 'vitest';
import { createSimPlant } from '#sim/index';
import type { Physics } from '#src/core/plant';
import { Random } from '#src/core/random';
import { TaskEnv } from '#src/core/task-env';
import { everyTask, instanceOf } from './instance.ts';

/** Each parameter, how much of it is asked for, and the factors that it draws. */
const kinds: readonly (readonly [string, number, (physics: Physics) => number[]])[] = [
  ['massRange', 0.4, ({ mass = {} }) => Object.values(mass)],
  [
    'frictionRange',
    0.5,
    ({ contactFriction, jointFriction, jointDamping }) =>
      [contactFriction, jointFriction, jointDamping].filter((value) => value !== undefined),
  ],
  ['gainRange', 0.3, ({ gain }) => [gain ?? 1]],
  ['latency', 0.1, ({ latency }) => [latency ?? 0]],
];

describe.each(everyTask(['so101', 'panda', 'arm7']))('%s on %s', (_, robotName, task) => {
  const drawn = async (params: Record<string, unknown>) => {
    const { instance } = await instanceOf(task, robotName, params);
    return Array.from({ length: 200 }, (_, i) => instance.reset(new Random(2, 'reset', i)));
  };
  /** What is observed under random actions; the state that an episode begins with is the same for all `params`. */
  const lived = async (params: Record<string, unknown>) => {
    const { instance, robot } = await instanceOf(task, robotName, params);
    const world = task.world?.(task.params.parse(params) as never, robot);
    const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
    const env = new TaskEnv(task, instance, plant);
    const seen = [[...(await env.reset({ seed: 5 })).observation]];
    const { low, high } = env.spec.action;
    const random = new Random(1, 'actions');
    for (let step = 0; step < 6; step++) {
      const action = Float32Array.from(low, (value, i) => random.uniform(value, high[i]));
      const { observation, terminated } = await env.step(action);
      seen.push([...observation]);
      if (terminated) break;
    }
    await env.close();
    return seen;
  };

  test('has the nominal physics unless asked for another', async () => {
    for (const { physics = {} } of await drawn({})) {
      const { mass = {}, latency = 0, ...factors } = physics;
      expect(latency).toBe(0);
      for (const factor of [...Object.values(mass), ...Object.values(factors)]) expect(factor).toBe(1);
    }
  });

  test('has a mass of its own for everything that moves beside the robot', async () => {
    const { robot } = await instanceOf(task, robotName);
    const bodies = task.world?.(task.params.parse({}) as never, robot).bodies ?? [];
    const free = bodies.filter(({ kind }) => kind === 'free').map(({ name }) => name);
    const [{ physics }] = await drawn({ massRange: 0.4 });
    expect(Object.keys(physics?.mass ?? {})).toEqual(['*', ...free]);
    const factors = Object.values(physics?.mass ?? {});
    expect(new Set(factors).size).toBe(factors.length);
  });

  test.each(kinds)('%s is drawn from its whole range, and nothing else is', async (key, range, factors) => {
    const plain = await drawn({});
    const starts = await drawn({ [key]: range });
    // The same episodes under another physics.
    expect(starts.map(({ state, goal }) => ({ state, goal }))).toEqual(
      plain.map(({ state, goal }) => ({ state, goal })),
    );
    const [low, high] = key === 'latency' ? [0, range] : [1 - range, 1 + range];
    const values = starts.map(({ physics = {} }) => factors(physics));
    expect(values[0].length).toBeGreaterThan(0);
    for (let k = 0; k < values[0].length; k++) {
      const column = values.map((row) => row[k]);
      expect(Math.min(...column)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...column)).toBeLessThanOrEqual(high);
      expect(Math.max(...column) - Math.min(...column)).toBeGreaterThan(0.9 * (high - low));
    }
    for (const [other, , factorsOf] of kinds)
      if (other !== key)
        for (const { physics = {} } of starts)
          for (const value of factorsOf(physics)) expect(value).toBe(other === 'latency' ? 0 : 1);
  });

  test.each(kinds)('%s reaches the simulator', async (key, range) => {
    const plain = await lived({});
    const other = await lived({ [key]: range });
    expect(other[0]).toEqual(plain[0]);
    expect(other).not.toEqual(plain);
  });
});
