import { describe, expect, it } from 'vitest';
import { plannerConfig } from '#src/core/config';
import { box } from '#src/core/space';
import { planners } from '#src/plan/index';
import type { Evaluate, PlanRequest } from '#src/plan/planner';

const H = 8;
const A = 2;
const space = box([-1, -2], [3, 2]);
const middle = [1, 0];

function make(name: string, overrides: Record<string, unknown> = {}) {
  const config = plannerConfig.parse({ name, ...overrides });
  return planners[config.name]({ space, horizon: H, controlPeriod: 0.1, config });
}

function request(evaluate: Evaluate, rest: Partial<PlanRequest> = {}): PlanRequest {
  return {
    evaluate,
    previous: [null],
    budget: { candidates: 64, iterations: 5 },
    seed: 1,
    index: 0,
    ...rest,
  };
}

/** −Σ (a − optimum)², whose best sequence is known. */
function quadratic(optimum: readonly number[]): Evaluate {
  return async (actions, candidates) =>
    Float64Array.from({ length: actions.length / (H * A) }, (_, n) => {
      let sum = 0;
      for (let i = 0; i < H * A; i++) sum -= (actions[n * H * A + i] - optimum[i % A]) ** 2;
      expect(actions.length % candidates).toBe(0);
      return sum;
    });
}

/** Records every batch of candidates that a planner asks about. */
function recording(evaluate: Evaluate) {
  const batches: { actions: Float32Array; candidates: number }[] = [];
  const recorder: Evaluate = (actions, candidates) => {
    batches.push({ actions: actions.slice(), candidates });
    return evaluate(actions, candidates);
  };
  return { batches, recorder };
}

function distance(mean: ArrayLike<number>, optimum: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i++) sum += (mean[i] - optimum[i % A]) ** 2;
  return Math.sqrt(sum / mean.length);
}

/** Share of the way that is left, of those that keep their noise as wide as it is. */
const coming: Readonly<Record<string, number>> = { random: 1.2, 'predictive-sampling': 0.85, mppi: 0.6 };

describe.each(Object.keys(planners))('planner %s', (name) => {
  it('comes nearer to a known optimum than where it starts', async () => {
    const optimum = [2.2, -1.3];
    const distances: number[] = [];
    for (let seed = 0; seed < 10; seed++) {
      const [{ actions: mean }] = await make(name).plan(
        request(quadratic(optimum), { seed, budget: { candidates: 64, iterations: 10 } }),
      );
      distances.push(distance(mean, optimum));
    }
    const start = distance(
      Array.from({ length: H * A }, (_, i) => middle[i % A]),
      optimum,
    );
    expect(Math.max(...distances)).toBeLessThan((coming[name] ?? 0.45) * start);
  });

  it('proposes nothing outside the bounds, also where the optimum lies outside', async () => {
    const { batches, recorder } = recording(quadratic([9, -9]));
    const [{ actions: mean }] = await make(name).plan(request(recorder));
    for (const sequence of [mean, ...batches.map(({ actions }) => actions)]) {
      sequence.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(space.low[i % A]);
        expect(value).toBeLessThanOrEqual(space.high[i % A]);
      });
    }
  });

  it('ranks NaN last and counts it', async () => {
    const good = quadratic([2, 1]);
    const evaluate: Evaluate = async (actions, candidates) => {
      const returns = Float64Array.from(await good(actions, candidates));
      for (let n = 0; n < returns.length; n++) if (actions[n * H * A] < middle[0]) returns[n] = Number.NaN;
      return returns;
    };
    const [result] = await make(name).plan(request(evaluate));
    expect(result.invalid).toBeGreaterThan(10);
    expect(result.actions[0]).toBeGreaterThan(middle[0]);
    expect(Number.isFinite(result.expectedReturn)).toBe(true);
  });

  it('says minus infinity, not NaN, when nothing was finite', async () => {
    const [result] = await make(name).plan(request(async (_, n) => new Float64Array(n).fill(Number.NaN)));
    expect(result.expectedReturn).toBe(-Infinity);
    expect(result.actions.every(Number.isFinite)).toBe(true);
  });

  it('repeats itself for the same key and differs for another plan', async () => {
    const plan = async (index: number, seed: number) =>
      (await make(name).plan(request(quadratic([2, 1]), { index, seed })))[0].actions;
    expect(await plan(3, 5)).toEqual(await plan(3, 5));
    expect(await plan(4, 5)).not.toEqual(await plan(3, 5));
    expect(await plan(3, 6)).not.toEqual(await plan(3, 5));
  });

  it('counts the sequences it asked about', async () => {
    const { batches, recorder } = recording(quadratic([0, 0]));
    const [{ evaluations }] = await make(name).plan(request(recorder));
    expect(evaluations).toBe(batches.reduce((sum, { candidates }) => sum + candidates, 0));
  });

  it('plans for several robots in one call, each towards its own optimum', async () => {
    const optima = [
      [2, 1],
      [-0.5, -1],
      [1, 1.5],
    ];
    const evaluate: Evaluate = async (actions, candidates) => {
      const returns = new Float64Array(optima.length * candidates);
      for (let r = 0; r < optima.length; r++) {
        const part = actions.subarray(r * candidates * H * A, (r + 1) * candidates * H * A);
        returns.set(Float64Array.from(await quadratic(optima[r])(part, candidates)), r * candidates);
      }
      return returns;
    };
    const results = await make(name).plan(request(evaluate, { previous: [null, null, null] }));
    results.forEach(({ actions: mean }, r) => {
      const own = distance(mean, optima[r]);
      for (let other = 0; other < optima.length; other++) {
        if (other !== r) expect(own).toBeLessThan(distance(mean, optima[other]));
      }
    });
  });
});

describe.each(['icem', 'cem'])('planner %s', (name) => {
  it('has the mean among the candidates of every iteration and returns the elites’ mean, not the best sample', async () => {
    const { batches, recorder } = recording(quadratic([2.5, 1.5]));
    const [{ actions: mean }] = await make(name, { momentum: 0 }).plan(request(recorder));
    const start = Array.from({ length: H * A }, (_, i) => middle[i % A]);
    expect(Array.from(batches[0].actions.subarray(0, H * A))).toEqual(start);
    const last = batches[batches.length - 1];
    const returns = Array.from(await quadratic([2.5, 1.5])(last.actions, last.candidates));
    const count = name === 'icem' ? Math.min(10, Math.floor(last.candidates / 3)) : 10;
    const elites = returns
      .map((value, n) => ({ value, n }))
      .sort((a, b) => b.value - a.value)
      .slice(0, count);
    for (let i = 0; i < H * A; i++) {
      const average = elites.reduce((sum, { n }) => sum + last.actions[n * H * A + i], 0) / elites.length;
      expect(mean[i]).toBeCloseTo(average, 5);
    }
  });

  it('starts warm from the last plan, one step later, padded with the middle of the range', async () => {
    const previous = Float32Array.from({ length: H * A }, (_, i) => (i % A === 0 ? 2 : -1));
    const { batches, recorder } = recording(quadratic([0, 0]));
    await make(name).plan(request(recorder, { previous: [{ mean: previous, elites: [] }] }));
    const first = Array.from(batches[0].actions.subarray(0, H * A));
    expect(first.slice(0, -A)).toEqual(Array.from(previous.subarray(A)));
    expect(first.slice(-A)).toEqual(middle);
  });

  it('spreads its first candidates in proportion to sigma, and draws anew in every iteration', async () => {
    const spread = async (sigma: number) => {
      const { batches, recorder } = recording(async (_, n) => new Float64Array(n));
      await make(name, { sigma }).plan(request(recorder, { budget: { candidates: 200, iterations: 2 } }));
      const values = batches[0].actions;
      let squares = 0;
      for (let i = H * A; i < values.length; i++) squares += (values[i] - middle[i % A]) ** 2;
      expect(batches[1].actions.slice(-H * A)).not.toEqual(batches[0].actions.slice(-H * A));
      return Math.sqrt(squares / values.length);
    };
    const ratio = (await spread(0.2)) / (await spread(0.1));
    expect(ratio).toBeGreaterThan(1.9);
    expect(ratio).toBeLessThan(2.1);
  });

  it('keeps a least spread when all elites agree', async () => {
    const { batches, recorder } = recording(quadratic([1, 0]));
    await make(name, { sigmaFloor: 0.05, momentum: 0 }).plan(
      request(recorder, { budget: { candidates: 100, iterations: 12 } }),
    );
    const { actions, candidates } = batches[batches.length - 1];
    let squares = 0;
    for (let n = 0; n < candidates; n++) squares += (actions[n * H * A] - 1) ** 2;
    expect(Math.sqrt(squares / candidates)).toBeGreaterThan(0.5 * 0.05 * 2);
  });
});

describe('iCEM', () => {
  it('tries the best sequences of the last plan again, one step later', async () => {
    const elite = Float32Array.from({ length: H * A }, (_, i) => 0.1 * i - 0.5);
    const { batches, recorder } = recording(quadratic([0, 0]));
    await make('icem').plan(
      request(recorder, { previous: [{ mean: new Float32Array(H * A), elites: [elite] }] }),
    );
    const again = batches[0].actions.subarray(H * A, 2 * H * A);
    expect(Array.from(again.subarray(0, -A))).toEqual(Array.from(elite.subarray(A)));
    const kept = batches[1].actions.subarray(H * A, 2 * H * A);
    const best = Array.from(await quadratic([0, 0])(batches[0].actions, batches[0].candidates));
    const top = best.indexOf(Math.max(...best));
    expect(Array.from(kept)).toEqual(Array.from(batches[0].actions.subarray(top * H * A, (top + 1) * H * A)));
  });

  it('asks about fewer candidates each iteration, but never fewer than twice the elites', async () => {
    const { batches, recorder } = recording(quadratic([0, 0]));
    await make('icem', { decay: 2, elites: 10 }).plan(
      request(recorder, { budget: { candidates: 64, iterations: 4 } }),
    );
    expect(batches.map(({ candidates }) => candidates)).toEqual([64, 32, 20, 20]);
  });
});
