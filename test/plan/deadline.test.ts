import { describe, expect, it } from 'vitest';
import { plannerConfig } from '#src/core/config';
import { Random } from '#src/core/random';
import { box } from '#src/core/space';
import { planners } from '#src/plan/index';
import type { Evaluate, PlanRequest } from '#src/plan/planner';

const H = 6;
const space = box(-1, 1, 2);
const budget = { candidates: 40, iterations: 100 };

/** A clock that only evaluations move: `overhead` ms a call and `each` ms a sequence and robot, begun grains counted whole; ± a share of it. */
function clockwork({ each = 0.2, overhead = 0.1, grain = 1, noise = 0 } = {}) {
  const random = new Random(1, 'clockwork', 0);
  let now = 100;
  const calls: { readonly candidates: number; readonly ended: number }[] = [];
  const evaluate: Evaluate = async (actions, candidates) => {
    const sequences = actions.length / (H * 2);
    const milliseconds = overhead + each * grain * Math.ceil(sequences / grain);
    now += milliseconds * (1 + noise * random.uniform(-1, 1));
    calls.push({ candidates, ended: now });
    return Float64Array.from({ length: sequences }, (_, n) => {
      let sum = 0;
      for (let i = 0; i < H * 2; i++) sum -= (actions[n * H * 2 + i] - 0.6) ** 2;
      return sum;
    });
  };
  return { calls, evaluate, clock: () => now };
}

function make(name: string) {
  const config = plannerConfig.parse({ name });
  return planners[config.name]({ space, horizon: H, controlPeriod: 0.1, config });
}

describe.each(Object.keys(planners))('planner %s with a deadline', (name) => {
  it.each([3, 15, 40])('uses the time it has, %d ms, and not more', async (limit) => {
    const planner = make(name);
    const { calls, evaluate, clock } = clockwork();
    for (let index = 0; index < 4; index++) {
      const at = clock() + limit;
      calls.length = 0;
      const request = { evaluate, previous: [null], budget, seed: 1, index, deadline: { clock, at } };
      const [result] = await planner.plan(request);
      expect(result.evaluations).toBe(calls.reduce((sum, { candidates }) => sum + candidates, 0));
      expect(calls.length).toBeGreaterThan(0);
      // The first plan of all does not know yet how long a sequence takes.
      expect(clock()).toBeLessThanOrEqual(at + (index === 0 ? 1 : 0.5));
      if (index > 0) expect(result.evaluations).toBeGreaterThan((0.3 * limit) / 0.2);
    }
  });

  it('tries the warm start and a few more when it is late already', async () => {
    const { evaluate, clock } = clockwork();
    const request = { evaluate, previous: [null], budget, seed: 1, index: 0 };
    const [result] = await make(name).plan({ ...request, deadline: { clock, at: clock() - 5 } });
    expect(result.evaluations).toBe(4);
    expect(Number.isFinite(result.expectedReturn)).toBe(true);
  });

  it('is repeated bit for bit from the number of evaluations alone, for several robots', async () => {
    for (const limit of [7, 11.3, 26]) {
      const live = make(name);
      const again = make(name);
      const { evaluate, clock } = clockwork({ each: 0.13 });
      let previous: PlanRequest['previous'] = [null, null];
      for (let index = 0; index < 3; index++) {
        const request = { evaluate, previous, budget, seed: 1, index };
        const results = await live.plan({ ...request, deadline: { clock, at: clock() + limit } });
        const { evaluations } = results[0];
        const repeated = await again.plan({ ...request, evaluations });
        expect(repeated).toEqual(results);
        previous = results.map((result) => result.memory);
      }
    }
  });

  it('never ranks what it had no time for', async () => {
    const { evaluate, clock } = clockwork({ each: 1 });
    let seen: Float32Array[] = [];
    const recorder: Evaluate = (actions, candidates) => {
      for (let n = 0; n < candidates; n++) seen.push(actions.slice(n * H * 2, (n + 1) * H * 2));
      return evaluate(actions, candidates);
    };
    const planner = make(name);
    for (let index = 0; index < 2; index++) {
      seen = [];
      const request = { evaluate: recorder, previous: [null], budget, seed: 1, index };
      const [{ memory }] = await planner.plan({ ...request, deadline: { clock, at: clock() + 9 } });
      const known = new Set(seen.map((sequence) => sequence.join()));
      for (const elite of memory.elites) expect(known).toContain(elite.join());
      expect(seen.length).toBeLessThan(12);
    }
  });
});

it('one long pause does not keep later plans from using their time', async () => {
  const planner = make('icem');
  const works = clockwork();
  let pause = 0;
  const clock = () => works.clock() + pause;
  const evaluations: number[] = [];
  for (let index = 0; index < 8; index++) {
    const evaluate: Evaluate = (actions, candidates) => {
      if (index === 3) pause = 60;
      return works.evaluate(actions, candidates);
    };
    const request = { evaluate, previous: [null], budget, seed: 1, index };
    const [result] = await planner.plan({ ...request, deadline: { clock, at: clock() + 15 } });
    evaluations.push(result.evaluations);
  }
  expect(evaluations[2]).toBeGreaterThan(50);
  expect(evaluations[3]).toBeLessThan(evaluations[2]);
  expect(evaluations[6]).toBeGreaterThan(0.8 * evaluations[2]);
});

/** Plans of 15 ms on a clockwork, warmed up: how many sequences they evaluated, and how late they were, ms. */
async function plans(works: ReturnType<typeof clockwork>, { count = 100, grain = 1 } = {}) {
  const planner = make('icem');
  const evaluations: number[] = [];
  const lateness: number[] = [];
  for (let index = 0; index < count; index++) {
    const at = works.clock() + 15;
    const request = { evaluate: works.evaluate, grain, previous: [null], budget, seed: 1, index };
    const [result] = await planner.plan({ ...request, deadline: { clock: works.clock, at } });
    evaluations.push(result.evaluations);
    lateness.push(works.clock() - at);
  }
  return { evaluations: evaluations.slice(10), lateness: lateness.slice(10) };
}

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[of.length >> 1];
}

it('is hardly ever late where calls take now more, now less', async () => {
  const { evaluations, lateness } = await plans(clockwork({ noise: 0.2 }));
  expect(lateness.filter((late) => late > 0).length).toBeLessThan(5);
  expect(Math.max(...lateness)).toBeLessThan(1);
  expect(median(evaluations)).toBeGreaterThan(55);
});

it('does not cut calls ever smaller that take long for their own sake', async () => {
  const { evaluations, lateness } = await plans(clockwork({ each: 0.05, overhead: 2 }));
  expect(lateness.filter((late) => late > 0).length).toBeLessThan(5);
  expect(Math.min(...evaluations)).toBeGreaterThan(80);
});

it('fills grains: a part of one costs as much as all of it', async () => {
  const works = clockwork({ each: 0.12, grain: 12, noise: 0.05 });
  const { evaluations, lateness } = await plans(works, { grain: 12 });
  expect(lateness.filter((late) => late > 0).length).toBeLessThan(5);
  expect(median(evaluations)).toBeGreaterThan(70);
});

it('a clock that does not move does not stop it', async () => {
  const planner = make('icem');
  const works = clockwork();
  const evaluations: number[] = [];
  let still = 0;
  for (let index = 0; index < 6; index++) {
    const clock = () => (index < 2 ? still : works.clock());
    still = works.clock();
    const request = { evaluate: works.evaluate, previous: [null], budget: { candidates: 40, iterations: 3 } };
    const deadline = { clock, at: clock() + 15 };
    const [result] = await planner.plan({ ...request, seed: 1, index, deadline });
    evaluations.push(result.evaluations);
  }
  expect(evaluations.every((count) => count >= 4 && Number.isSafeInteger(count))).toBe(true);
  expect(evaluations[5]).toBeGreaterThan(30);
});
