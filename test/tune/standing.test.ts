import { expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { choose, frontier, meanScore, promote, type Standing } from '#src/tune/standing';

const standing = (index: number, cost: number, ...scores: number[]): Standing => ({
  candidate: { index, cost, values: {} },
  scores,
  planMs: null,
});
const indices = (standings: readonly Standing[]) => standings.map(({ candidate }) => candidate.index);

it('has on the frontier exactly those that no other beats', () => {
  for (let round = 0; round < 50; round++) {
    const random = new Random(1, 'points', round);
    const all = Array.from({ length: 12 }, (_, i) => standing(i, 1 + random.integer(6), random.integer(8)));
    const beaten = (a: Standing) =>
      all.some((b) => {
        const [score, other] = [meanScore(a), meanScore(b)];
        const [cost, price] = [a.candidate.cost, b.candidate.cost];
        return (other >= score && price < cost) || (other > score && price <= cost);
      });
    const front = frontier(all);
    // Of equals in both, one stands for all.
    const expected = new Set(all.filter((a) => !beaten(a)).map((a) => `${a.candidate.cost} ${meanScore(a)}`));
    expect(new Set(front.map((a) => `${a.candidate.cost} ${meanScore(a)}`))).toEqual(expected);
    expect(front.length).toBe(expected.size);
    expect(front.map(({ candidate }) => candidate.cost)).toEqual(
      front.map(({ candidate }) => candidate.cost).sort((a, b) => a - b),
    );
  }
});

it('promotes frontier by frontier, and of the last one the best scores', () => {
  const all = [
    ...[standing(0, 1, 1), standing(1, 2, 3), standing(2, 3, 5)],
    ...[standing(3, 2, 0.5), standing(4, 3, 2.5), standing(5, 4, 4.5)],
  ];
  expect(indices(promote(all, 3)).sort()).toEqual([0, 1, 2]);
  expect(indices(promote(all, 4)).sort()).toEqual([0, 1, 2, 5]);
  expect(indices(promote(all, 2))).toEqual([2, 1]);
  expect(promote(all, 9)).toHaveLength(6);
});

it('ranks what has no finite score last', () => {
  const all = [standing(0, 1, -Infinity), standing(1, 1, -1000), standing(2, 1, Number.NEGATIVE_INFINITY)];
  expect(indices(promote(all, 1))).toEqual([1]);
  expect(indices(frontier(all))).toEqual([1]);
});

it('chooses the cheapest within one standard error of the best, paired by seed', () => {
  const best = standing(0, 10, 1, 2, 3, 4);
  // Loses 0.5 in the mean with a standard error of 0.54.
  const noisy = standing(1, 4, 1.3, 0.1, 3.3, 3.3);
  // Loses 0.5 on every seed: certainly worse.
  const worse = standing(2, 2, 0.5, 1.5, 2.5, 3.5);
  expect(choose([worse, noisy, best], true).candidate.index).toBe(1);
  expect(choose([worse, best], true).candidate.index).toBe(0);
});

it('takes the best score where one seed tells nothing of the noise', () => {
  expect(choose([standing(0, 1, 5), standing(1, 2, 5.1)], true).candidate.index).toBe(1);
});

it('pays for more arithmetic only where it gains more than the margin, a share of returns', () => {
  const cheap = standing(0, 1, 1, 2, 3);
  const dear = (gain: number) => standing(1, 2, 1 + gain, 2 + gain, 3 + gain);
  expect(choose([cheap, dear(0.015)], true).candidate.index).toBe(0);
  expect(choose([cheap, dear(0.03)], true).candidate.index).toBe(1);
  expect(choose([cheap, dear(0.03)], false).candidate.index).toBe(0);
  expect(choose([cheap, dear(0.05)], false).candidate.index).toBe(1);
});
