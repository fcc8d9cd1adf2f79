import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transition } from '#src/core/agent';
import { layoutOf } from '#src/core/channel';
import { modelConfig, type PlannerConfig, plannerConfig } from '#src/core/config';
import type { Encoding, Engine } from '#src/core/engine';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { Dataset } from '#src/model/dataset';
import { Ensemble } from '#src/model/ensemble';
import { disagreementOf } from '#src/plan/disagreement';
import { ModelRehearsal, type ModelRehearsalOptions } from '#src/plan/evaluator';
import { riskOver } from '#src/plan/risk';

const config = (settings: Partial<PlannerConfig> = {}) => plannerConfig.parse(settings);

describe('risk over particles', () => {
  const returns = Float32Array.of(3, -1, 2, 0, 6, 1, 1, 1, 1, 1);
  const over = (settings: Partial<PlannerConfig>) => Array.from(riskOver(returns, 5, config(settings)));

  it('is the mean, the worst, or the mean less deviations', () => {
    expect(over({})).toEqual([2, 1]);
    expect(over({ risk: 'worst' })).toEqual([-1, 1]);
    const [spread, none] = over({ risk: 'mean-deviation', riskWeight: 0.5 });
    expect(spread).toBeCloseTo(2 - 0.5 * Math.sqrt((1 + 9 + 0 + 4 + 16) / 5), 6);
    expect(none).toBe(1);
  });

  it('is, as CVaR, the mean of the worst share, a part of a particle included', () => {
    expect(over({ risk: 'cvar', riskLevel: 1 })[0]).toBeCloseTo(2, 9);
    expect(over({ risk: 'cvar', riskLevel: 0.2 })[0]).toBeCloseTo(-1, 9);
    expect(over({ risk: 'cvar', riskLevel: 0.05 })[0]).toBeCloseTo(-1, 9);
    expect(over({ risk: 'cvar', riskLevel: 0.4 })[0]).toBeCloseTo(-0.5, 9);
    expect(over({ risk: 'cvar', riskLevel: 0.5 })[0]).toBeCloseTo((-1 + 0 + 0.5 * 2) / 2.5, 9);
  });

  it('is NaN where a particle is', () => {
    const broken = Float32Array.of(Number.NaN, 1, 1, 2);
    for (const risk of ['mean', 'cvar', 'worst', 'mean-deviation'] as const) {
      const [first, second] = riskOver(broken, 2, config({ risk }));
      expect(first).toBeNaN();
      expect(Number.isFinite(second)).toBe(true);
    }
  });
});

it('disagreement is the deviation over members in units of typical change, summed over the horizon', () => {
  const encoding = {
    ...{ stateSize: 2, targetScale: Float32Array.of(0.5, 1e-5) },
    targets: [
      { index: 0, kind: 'delta' },
      { index: 1, kind: 'delta' },
    ],
  } as unknown as Encoding;
  // Two candidates, four particles of two members (0 1 0 1), two steps.
  const first = [
    [1, 9, 2, 9],
    [3, 0, 4, 0],
    [1, 5, 4, 5],
    [5, 7, 6, 7],
  ];
  const states = Float32Array.from([...first.flat(), ...new Array(16).fill(1)]);
  const sizes = { candidates: 2, particles: 4, members: 2, horizon: 2 };
  // Members' means: step 1: 1 and 4, deviation 1.5; step 2: 3 and 5, deviation 1. The constant target counts for nothing.
  expect(Array.from(disagreementOf(states, sizes, encoding))).toEqual([(1.5 + 1) / 0.5, 0]);
});

describe('rehearsing in a learned model', () => {
  const horizon = 6;
  const robots = 2;
  let engine: Engine;
  let ensemble: Ensemble;
  let actions: Float32Array;
  const candidates = 20;
  const states = Float32Array.of(0, 0.1, 0, 0, 0.3, 2, -0.1, 0.4);
  const start = {
    states,
    goals: new Float32Array(0),
    robots,
    pending: new Float32Array(0),
    steps: 0,
    index: 3,
  };

  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 1, numerics: 'fast' });
    const { module } = await loadTask('cartpole-swingup');
    const reference = { module, robot: await loadRobot('cartpole'), params: {} };
    await engine.setTask(reference);
    const { instance } = await instantiateTask(reference);
    const layout = layoutOf(instance.observation);
    const random = new Random(1, 'data');
    const row = (): Transition => {
      const observation = Float32Array.from({ length: 4 }, () => random.normal());
      const action = Float32Array.of(random.uniform(-3, 3));
      const next = observation.map((value, i) => value + 0.1 * Math.sin(value + action[0] + i));
      return { observation, action, reward: 0, next, terminated: false };
    };
    const data = new Dataset(layout, 1);
    data.add(Array.from({ length: 60 }, row), true);
    ensemble = new Ensemble(
      engine,
      layout,
      1,
      modelConfig.parse({ hidden: [16], minSteps: 20, maxEpochs: 3 }),
      1,
    );
    await ensemble.fit(data);
    actions = Float32Array.from({ length: robots * candidates * horizon }, () => random.uniform(-3, 3));
  });
  afterAll(() => engine.close());

  async function returnsOf(
    settings: Partial<PlannerConfig>,
    { explore = true, ...more }: Partial<ModelRehearsalOptions> & { explore?: boolean } = {},
  ): Promise<number[]> {
    const rehearsal = new ModelRehearsal({ ensemble, config: config(settings), horizon, ...more });
    const { evaluate } = await rehearsal.begin({ ...start, explore });
    return Array.from(await evaluate(actions, candidates));
  }

  it('gives a sequence the same return whatever it is evaluated together with', async () => {
    const { evaluate } = await new ModelRehearsal({ ensemble, config: config(), horizon }).begin({
      ...start,
      ...{ states: states.slice(0, 4), robots: 1, explore: true },
    });
    const own = actions.subarray(0, candidates * horizon);
    const whole = Array.from(await evaluate(own, candidates));
    const parts: number[] = [];
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 17],
      [17, 20],
    ])
      parts.push(...Array.from(await evaluate(own.subarray(from * horizon, to * horizon), to - from)));
    expect(parts).toEqual(whole);
  });

  it('orders risks as they are defined', async () => {
    const mean = await returnsOf({});
    const cvar = await returnsOf({ risk: 'cvar', riskLevel: 0.4 });
    const worst = await returnsOf({ risk: 'worst' });
    mean.forEach((value, n) => {
      expect(cvar[n]).toBeLessThan(value);
      expect(worst[n]).toBeLessThan(cvar[n]);
    });
  });

  it('is optimistic only to explore', async () => {
    const plain = await returnsOf({ risk: 'mean-deviation', riskWeight: 0 });
    const less = (await returnsOf({ risk: 'mean-deviation', riskWeight: 1 })).map(
      (value, n) => plain[n] - value,
    );
    const more = (await returnsOf({ risk: 'mean-deviation', riskWeight: -1 })).map(
      (value, n) => value - plain[n],
    );
    expect(Math.min(...more)).toBeGreaterThan(0);
    for (const [n, value] of more.entries()) expect(value).toBeCloseTo(less[n], 9);
    expect(await returnsOf({ risk: 'mean-deviation', riskWeight: -1 }, { explore: false })).toEqual(plain);
  });

  it('seeks disagreement only to explore, avoids it always, in proportion to the weight', async () => {
    const plain = await returnsOf({});
    const bonus = (await returnsOf({ disagreement: 0.1 })).map((value, n) => value - plain[n]);
    const twice = (await returnsOf({ disagreement: 0.2 })).map((value, n) => value - plain[n]);
    const penalty = (await returnsOf({ disagreement: -0.1 }, { explore: false })).map(
      (value, n) => value - plain[n],
    );
    bonus.forEach((value, n) => {
      expect(value).toBeGreaterThan(0);
      expect(twice[n]).toBeCloseTo(2 * value, 6);
      expect(penalty[n]).toBeCloseTo(-value, 6);
    });
    expect(new Set(bonus.map((value) => value.toFixed(4))).size).toBeGreaterThan(candidates);
    expect(await returnsOf({ disagreement: 0.1 }, { explore: false })).toEqual(plain);
  });

  it('asks for states only where something looks at them', async () => {
    const rollout = ensemble.rollout.bind(ensemble);
    const asked: boolean[] = [];
    ensemble.rollout = (request) => {
      asked.push(request.wantStates);
      return rollout(request);
    };
    await returnsOf({});
    await returnsOf({ disagreement: 0.1 }, { explore: false });
    await returnsOf({ disagreement: -0.1 });
    await returnsOf({}, { terminalValue: () => 0 });
    ensemble.rollout = rollout;
    expect(asked).toEqual([false, false, true, true]);
  });

  it('adds what the end of the horizon is worth, unless the trajectory ended before', async () => {
    const plain = await returnsOf({});
    const ends: number[] = [];
    const valued = await returnsOf(
      {},
      {
        terminalValue: (state) => {
          ends.push(state[0]);
          return 10 * state[0];
        },
      },
    );
    expect(ends).toHaveLength(plain.length * 5);
    valued.forEach((value, n) => {
      const mean = ends.slice(n * 5, (n + 1) * 5).reduce((sum, x) => sum + x, 0) / 5;
      expect(value - plain[n]).toBeCloseTo(10 * mean, 3);
    });
    expect(await returnsOf({}, { terminalValue: () => 10, terminated: () => true })).toEqual(plain);
  });
});
