import { expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { type Rung, type SearchOptions, search, type Trial } from '#src/tune/search';
import { draw, type Values } from '#src/tune/space';
import { meanScore } from '#src/tune/standing';

const space = { x: { from: -2, to: 2 }, y: { from: 1, to: 8, whole: true } };
const rungs: Rung[] = [1, 2, 4].map((seeds) => ({ seeds, trials: null }));

/** A score with its optimum at x = 1, better with y, plus noise that the seed brings for everybody. */
function scoreOf({ x, y }: Values, seed: number): number {
  return -((Number(x) - 1) ** 2) + 0.2 * Number(y) + new Random(seed, 'noise').normal(0, 0.5);
}

function world(given: Partial<SearchOptions> = {}) {
  const trials: Trial[] = [];
  let running = 0;
  const seen = { most: 0 };
  const options: SearchOptions = {
    present: { x: -1, y: 8 },
    draw: (index) => draw(space, 7, index),
    cost: ({ y }) => Number(y),
    rungs,
    candidates: 16,
    rounds: 1,
    jobs: 1,
    firstSeed: 1,
    scored: true,
    async measure(trial, values) {
      trials.push(trial);
      seen.most = Math.max(seen.most, ++running);
      // Trials end in another order than they began.
      for (let turns = new Random(trial.candidate, 'turns', trial.seed).integer(9); turns > 0; turns--) {
        await Promise.resolve();
      }
      running--;
      return { ...trial, score: scoreOf(values, trial.seed), planMs: 1 };
    },
    ...given,
  };
  return { options, trials, seen };
}

it('halves the candidates from rung to rung, measures nothing twice and the present settings on every seed', async () => {
  const { options, trials } = world();
  const reports: [number, number][] = [];
  const result = await search({
    ...options,
    onRung: ({ standings, seeds }) => reports.push([standings.length, seeds]),
  });
  expect(reports).toEqual([
    [17, 1],
    [9, 2],
    [5, 4],
  ]);
  const keys = trials.map(({ candidate, seed }) => `${candidate}/${seed}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const seed of [1, 2, 3, 4]) expect(keys).toContain(`0/${seed}`);
  expect(result?.whole).toBe(true);
  expect(result?.present.scores).toHaveLength(4);
  expect(new Set(result?.standings.map(({ candidate }) => candidate.index)).size).toBe(17);
});

it('finds settings near the optimum', async () => {
  const result = await search(world({ candidates: 32, rounds: 4 }).options);
  expect(Math.abs(Number(result?.chosen.candidate.values.x) - 1)).toBeLessThan(0.4);
  const costs = result?.frontier.map(({ candidate }) => candidate.cost) ?? [];
  const scores = result?.frontier.map(meanScore) ?? [];
  expect(costs).toEqual([...costs].sort((a, b) => a - b));
  expect(scores).toEqual([...scores].sort((a, b) => a - b));
});

it('comes to the same result with any number of jobs, and uses them', async () => {
  const one = await search(world({ rounds: 2 }).options);
  for (const jobs of [2, 5, 40]) {
    const { options, seen } = world({ rounds: 2, jobs });
    expect(await search(options)).toEqual(one);
    expect(seen.most).toBeGreaterThan(1);
    expect(seen.most).toBeLessThanOrEqual(jobs);
  }
});

it('measures training on its first rung with fewer trials and does not mix them with whole ones', async () => {
  const { options, trials } = world({
    rungs: [
      { seeds: 1, trials: 2 },
      { seeds: 1, trials: 4 },
      { seeds: 2, trials: 4 },
    ],
  });
  const result = await search(options);
  expect(trials.filter(({ candidate }) => candidate === 0)).toEqual([
    { candidate: 0, seed: 1, trials: 2 },
    { candidate: 0, seed: 1, trials: 4 },
    { candidate: 0, seed: 2, trials: 4 },
  ]);
  expect(result?.present.scores).toHaveLength(2);
});

it.each([0, 1, 10, 17, 20, 30])(
  'ends after %i trials with what it has, looked at equally well',
  async (most) => {
    let left = most;
    const { options } = world({ rounds: Infinity });
    const result = await search({
      ...options,
      measure: async (trial, values) => (left-- > 0 ? options.measure(trial, values) : null),
    });
    if (most === 0) {
      expect(result).toBeNull();
      return;
    }
    expect(result?.whole).toBe(false);
    const seeds = new Set(result?.frontier.map(({ scores }) => scores.length));
    expect(seeds.size).toBe(1);
    expect([...seeds][0]).toBe(result?.present.scores.length);
    expect(result?.frontier).toContain(result?.chosen);
    expect(result?.standings.length).toBe(Math.min(most, 17));
  },
);

it('ranks a candidate without a finite score last and goes on', async () => {
  const { options } = world();
  const result = await search({
    ...options,
    measure: async (trial, values) => {
      const found = await options.measure(trial, values);
      return found && trial.candidate % 2 === 1 ? { ...found, score: -Infinity } : found;
    },
  });
  expect(result?.frontier.every(({ candidate }) => candidate.index % 2 === 0)).toBe(true);
});

it('passes a failure on once no trial is in progress', async () => {
  const { options, seen } = world({ jobs: 4 });
  let running = 0;
  await expect(
    search({
      ...options,
      measure: async (trial, values) => {
        running++;
        const found = await options.measure(trial, values);
        running--;
        if (trial.candidate === 2) throw new Error('broken');
        return found;
      },
    }),
  ).rejects.toThrow('broken');
  expect(running).toBe(0);
  expect(seen.most).toBe(4);
});
