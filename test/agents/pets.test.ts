import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pets, type PetsOptions } from '#src/agents/pets';
import { layoutOf } from '#src/core/channel';
import { type RunConfig, runConfig } from '#src/core/config';
import type { Engine } from '#src/core/engine';
import { instantiateTask } from '#src/core/instantiate-task';
import { actionAt, type Plan } from '#src/core/plan';
import { Random } from '#src/core/random';
import { box } from '#src/core/space';
import type { Budget } from '#src/core/task';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';

const HORIZON = 12;
const PERIOD = 0.04;
let engine: Engine;
let spec: PetsOptions['spec'];

beforeAll(async () => {
  engine = await createWasmEngine({ threads: 2, numerics: 'fast' });
  const { task, module } = await loadTask('cartpole-swingup');
  const reference = { module, robot: await loadRobot('cartpole'), params: {} };
  await engine.setTask(reference);
  const { instance } = await instantiateTask(reference);
  spec = {
    ...{ name: task.name, observation: box(-Infinity, Infinity, 4), action: box(-3, 3, 1) },
    ...{ layout: layoutOf(instance.observation), controlPeriod: PERIOD, episodeSteps: 50 },
  };
});
afterAll(() => engine.close());

/** An agent that has learned a little. */
async function make(
  planner: Partial<RunConfig['planner']>,
  { budget = { candidates: 12, iterations: 2 } as Budget, clock = (): number => 0 } = {},
): Promise<Pets> {
  const config = runConfig.parse({ planner, model: { hidden: [16], minSteps: 20, maxEpochs: 3 } });
  const agent = new Pets({ spec, engine, config, budget, horizon: HORIZON, seed: 7, clock });
  const random = new Random(1, 'data');
  const rows = Array.from({ length: 50 }, () => {
    const observation = Float32Array.from({ length: 4 }, () => random.normal());
    const action = Float32Array.of(random.uniform(-3, 3));
    const next = observation.map((value, i) => value + 0.1 * Math.sin(value + action[0] + i));
    return { observation, action, reward: 0, next, terminated: false };
  });
  agent.observe(rows, true);
  await agent.learn('episodeEnd');
  return agent;
}

const observations = (count: number) =>
  Array.from({ length: count }, (_, i) => Float32Array.of(0.1 * i, Math.sin(i), 0.3, -0.2 * i));

describe('PETS', () => {
  it.each([
    ['icem', 0, 0],
    ['icem', 4, 1],
    ['mppi', 5, 3],
    ['predictive-sampling', 3, 0],
  ] as const)(
    'says what it does: the plan of %s with %d knots of order %d begins with its action',
    async (name, knots, order) => {
      const agent = await make({ name, knots, order });
      for (const [i, observation] of observations(3).entries()) {
        const [action] = await agent.act([observation], { first: [i === 0], explore: false });
        const [plan] = agent.plans;
        expect(plan.order).toBe(order);
        expect(plan.times).toHaveLength(knots || HORIZON);
        expect(plan.knots).toHaveLength(knots || HORIZON);
        expect(Array.from(actionAt(plan, 0))).toEqual(Array.from(action));
        // What the page is shown follows from what is done.
        const imagined = await agent.imagine();
        expect(imagined?.states).toHaveLength(5 * HORIZON * 4);
      }
      await agent.close();
    },
  );

  it('keeps a rate limit from one plan to the next, also when the next begins later', async () => {
    const agent = await make({ rateLimit: 1 });
    let plan: Plan | undefined;
    for (const [i, observation] of observations(6).entries()) {
      const shift = i % 3;
      const before = plan && (shift === 0 ? null : actionAt(plan, (shift - 1) * PERIOD)[0]);
      const [action] = await agent.act([observation], { first: [i === 0], explore: false, shift: [shift] });
      if (before !== undefined && before !== null)
        expect(Math.abs(action[0] - before)).toBeLessThan(6 * PERIOD + 1e-5);
      plan = agent.plans[0];
    }
    const pending = [Float32Array.of(-1, -2.9)];
    const [action] = await agent.act(observations(1), { first: [false], explore: false, pending });
    expect(action[0]).toBeLessThan(-2.9 + 6 * PERIOD + 1e-5);
    await agent.close();
  });

  it('plans until the clock says stop, and again the same from the recorded evaluations', async () => {
    let now = 0;
    // Every look at the clock takes a while: what a machine under load looks like.
    const clock = () => {
      now += 1.3;
      return now;
    };
    const budget = { candidates: 24, iterations: 100, milliseconds: 15 };
    const live = await make({}, { budget, clock });
    const again = await make({}, { budget, clock: () => 1e9 * Math.random() });
    const counts: number[] = [];
    for (const [i, observation] of observations(5).entries()) {
      const options = { first: [i === 0], explore: false };
      const actions = await live.act([observation], options);
      const { evaluations } = live.plans[0];
      counts.push(evaluations);
      expect(await again.act([observation], { ...options, evaluations })).toEqual(actions);
      expect(again.plans[0].knots).toEqual(live.plans[0].knots);
    }
    expect(Math.min(...counts)).toBeGreaterThan(3);
    expect(Math.max(...counts)).toBeLessThan(2400);
    await live.close();
    await again.close();
  });

  it('plans for several robots in one call, each from its own state', async () => {
    const together = await make({});
    const alone = await make({});
    const options = { explore: false };
    const all = await together.act(observations(3), { ...options, first: [true, true, true] });
    const [first] = await alone.act(observations(1), { ...options, first: [true] });
    expect(all[0]).toEqual(first);
    expect(new Set(together.plans.map(({ knots }) => knots.join())).size).toBe(3);
    await together.close();
    await alone.close();
  });
});
