import { describe, expect, it } from 'vitest';
import { plannerConfig } from '#src/core/config';
import { planners } from '#src/plan/index';
import { evaluating, knownFunctions } from '../../bench/lib/known-functions.ts';
import { pendulum, swingUp } from '../../bench/lib/pendulum.ts';

const SEEDS = 20;

/** Share of seeds that find what is known to be there; bench/planners-known.ts has the whole table. */
async function success(
  settings: Record<string, unknown>,
  name: string,
  candidates: number,
  iterations: number,
) {
  const known = knownFunctions.find((item) => item.name === name);
  if (!known) throw new Error(name);
  const { space, horizon } = known;
  const config = plannerConfig.parse(settings);
  let found = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const planner = planners[config.name]({ space, horizon, controlPeriod: 0.1, config });
    const budget = { candidates, iterations };
    const [{ actions }] = await planner.plan({
      ...{ evaluate: evaluating(known), previous: [null], budget, seed: 1000 + seed, index: 0 },
    });
    if (known.solved(known.value(actions))) found++;
  }
  return found / SEEDS;
}

describe('of functions whose best is known', () => {
  it.each([
    ['rosenbrock', { name: 'cem' }, 128, 10, 0.5],
    ['rosenbrock', { name: 'icem' }, 256, 20, 0.55],
    ['rosenbrock', { name: 'mppi', mppiElites: 10, temperature: 0.5 }, 256, 20, 0.35],
    ['rastrigin', { name: 'cem' }, 256, 20, 0.9],
    ['rastrigin', { name: 'mppi', mppiElites: 10, temperature: 0.5 }, 128, 10, 0.8],
    ['rastrigin', { name: 'mppi', annealIterations: 0.7 }, 256, 20, 0.65],
    ['two-arms', { name: 'icem' }, 256, 20, 0.8],
    ['two-arms', { name: 'mppi' }, 32, 4, 0.8],
    ['two-arms', { name: 'predictive-sampling' }, 32, 4, 0.9],
    ['two-arms', { name: 'random' }, 64, 5, 0.9],
  ] as const)('%s is found by %o in %d × %d', async (name, settings, candidates, iterations, least) => {
    expect(await success(settings, name, candidates, iterations)).toBeGreaterThanOrEqual(least);
  });

  it('the bandit tells planners that average from those that choose', async () => {
    expect(await success({ name: 'cem' }, 'two-arms', 32, 4)).toBeLessThan(0.6);
  });
});

describe('in closed loop, a pendulum', () => {
  const swings = async (settings: Record<string, unknown>, candidates: number) => {
    const config = plannerConfig.parse(settings);
    let [sum, evaluations] = [0, 0];
    for (let seed = 20; seed < 24; seed++) {
      const result = await swingUp(
        planners[config.name]({ ...pendulum, config }),
        { candidates, iterations: 2 },
        seed,
      );
      sum += result.total / 4;
      evaluations = result.evaluations;
    }
    return { mean: sum, evaluations };
  };

  it('is swung up by iCEM with half of the evaluations that CEM needs, or fewer', async () => {
    const icem = await swings({ name: 'icem' }, 16);
    const cem = await swings({ name: 'cem' }, 64);
    expect(2 * icem.evaluations).toBeLessThanOrEqual(cem.evaluations);
    expect(icem.mean).toBeGreaterThan(cem.mean);
    expect(icem.mean).toBeGreaterThan(24);
  });

  it.each([0, 1, 3])('is swung up through five knots of order %d with 16 evaluations', async (order) => {
    expect((await swings({ name: 'icem', knots: 5, order }, 8)).mean).toBeGreaterThan(27);
  });
});

describe.each(['icem', 'cem', 'mppi', 'predictive-sampling'])('%s', (name) => {
  it('spreads what it tries as wide as sigma says', async () => {
    const widthOf = async (settings: Record<string, unknown>) => {
      const config = plannerConfig.parse({ name, ...settings });
      const [known] = knownFunctions.filter((item) => item.name === 'two-arms');
      const planner = planners[config.name]({ ...known, controlPeriod: 0.1, config });
      const widths: number[][] = [];
      await planner.plan({
        evaluate: async (actions, candidates) => {
          widths.push(
            Array.from({ length: known.horizon }, (_, t) => {
              let squares = 0;
              for (let n = 1; n < candidates; n++) squares += actions[n * known.horizon + t] ** 2;
              return Math.sqrt(squares / (candidates - 1));
            }),
          );
          return new Float64Array(candidates).map((_, n) => -n);
        },
        ...{ previous: [null], budget: { candidates: 400, iterations: 2 }, seed: 1, index: 0 },
      });
      return widths;
    };
    const [narrow] = await widthOf({ sigma: 0.1 });
    const [wide] = await widthOf({ sigma: 0.2 });
    wide.forEach((width, t) => {
      expect(width / narrow[t]).toBeGreaterThan(1.95);
      expect(width / narrow[t]).toBeLessThan(2.05);
      expect(narrow[t]).toBeGreaterThan(0.07);
      expect(narrow[t]).toBeLessThan(0.12);
    });
    const [[first, ...rest]] = await widthOf({ sigma: 0.2, annealHorizon: 0.25 });
    expect(first / wide[0]).toBeCloseTo(0.25, 1);
    expect((rest.at(-1) ?? 0) / (wide.at(-1) ?? 1)).toBeCloseTo(1, 1);
    if (name !== 'mppi') return;
    const [, second] = await widthOf({ sigma: 0.2, annealIterations: 0.5, temperature: 100, keepElites: 0 });
    const average = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(average(second) / average(wide)).toBeCloseTo(0.5, 1);
  });
});
