import { describe, expect, it } from 'vitest';
import { plannerConfig } from '#src/core/config';
import { box } from '#src/core/space';
import { planners } from '#src/plan/index';
import type { Evaluate, PlannerMemory } from '#src/plan/planner';

const H = 6;
const LENGTH = H * 2;
const space = box(-1, 1, 2);
const goals = [0.7, -0.2, 0.1, 0.4];
const budget = { candidates: 12, iterations: 3 };

/** Each robot wants its own value throughout. */
const towards =
  (wanted: readonly number[]): Evaluate =>
  async (actions, candidates) =>
    Float64Array.from({ length: wanted.length * candidates }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < LENGTH; k++)
        sum -= (actions[i * LENGTH + k] - wanted[Math.floor(i / candidates)]) ** 2;
      return sum;
    });

describe.each(Object.keys(planners))('planner %s', (name) => {
  const make = (settings = {}) => {
    const config = plannerConfig.parse({ name, ...settings });
    return planners[config.name]({ space, horizon: H, controlPeriod: 0.1, config });
  };

  it('plans the same for a robot whoever else is planned for', async () => {
    const together = make();
    const alone = goals.map(() => make());
    let memories: (PlannerMemory | null)[] = goals.map(() => null);
    for (let index = 0; index < 3; index++) {
      const shift = [1, 0, 2, 1];
      const base = { budget, seed: 5, index };
      const all = await together.plan({ ...base, evaluate: towards(goals), previous: memories, shift });
      for (const [r, planner] of alone.entries()) {
        const [own] = await planner.plan({
          ...{ ...base, evaluate: towards([goals[r]]), previous: [memories[r]] },
          ...{ robots: [r], shift: [shift[r]] },
        });
        expect(own).toEqual(all[r]);
      }
      memories = all.map((result) => result.memory);
    }
  });

  it('tries other sequences for another robot', async () => {
    const same = goals.map(() => 0.3);
    let last: string[] = [];
    await make().plan({
      evaluate: (actions, candidates) => {
        last = same.map((_, r) =>
          actions
            .slice((r + 1) * candidates * LENGTH - LENGTH)
            .slice(0, LENGTH)
            .join(),
        );
        return towards(same)(actions, candidates);
      },
      ...{ previous: same.map(() => null), budget: { candidates: 12, iterations: 1 }, seed: 5, index: 0 },
    });
    expect(new Set(last).size).toBe(goals.length);
  });

  it('tries what it is given', async () => {
    const best = new Float32Array(LENGTH).fill(goals[0]);
    const tried: string[] = [];
    const [{ actions }] = await make().plan({
      evaluate: (sequences, candidates) => {
        for (let n = 0; n < candidates; n++) tried.push(sequences.slice(n * LENGTH, (n + 1) * LENGTH).join());
        return towards([goals[0]])(sequences, candidates);
      },
      proposals: [Float32Array.of(...best.map((value) => value - 0.1), ...best)],
      ...{ previous: [null], budget: { candidates: 12, iterations: 1 }, seed: 5, index: 0 },
    });
    expect(tried.indexOf(best.join())).toBe(2);
    if (name === 'random' || name === 'predictive-sampling') expect(actions.join()).toBe(best.join());
  });

  it('gives up return for smoothness where roughness costs, from the action before', async () => {
    const zigzag = Float32Array.from({ length: LENGTH }, (_, i) =>
      Math.floor(i / 2) % 2 === 0 ? 0.6 : -0.6,
    );
    const roughness = async (smoothness: number) => {
      const [{ actions }] = await make({ smoothness, noiseBeta: 0 }).plan({
        evaluate: async (sequences, candidates) =>
          Float64Array.from({ length: candidates }, (_, n) => {
            let sum = 0;
            for (let k = 0; k < LENGTH; k++) sum -= (sequences[n * LENGTH + k] - zigzag[k]) ** 2;
            return sum;
          }),
        ...{ previous: [null], before: [Float32Array.of(0.5, 0.5)], seed: 5, index: 0 },
        budget: { candidates: 60, iterations: 6 },
      });
      let sum = (actions[0] - 0.5) ** 2 + (actions[1] - 0.5) ** 2;
      for (let i = 2; i < LENGTH; i++) sum += (actions[i] - actions[i - 2]) ** 2;
      return sum;
    };
    expect(await roughness(3)).toBeLessThan(0.5 * (await roughness(0)));
  });
});
