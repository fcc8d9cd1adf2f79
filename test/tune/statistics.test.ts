import { expect, it } from 'vitest';
import { pairedDifference } from '#src/tune/statistics';

it('gives the mean, standard error and t interval of paired differences', () => {
  // Differences 1 … 5: mean 3, deviation √2.5, t(4) = 2.776.
  const { mean, error, low, high } = pairedDifference([2, 4, 6, 8, 10], [1, 2, 3, 4, 5]);
  expect(mean).toBe(3);
  expect(error).toBeCloseTo(Math.sqrt(2.5 / 5), 12);
  expect(low).toBeCloseTo(3 - 2.776 * Math.sqrt(0.5), 10);
  expect(high).toBeCloseTo(3 + 2.776 * Math.sqrt(0.5), 10);
});

it('claims nothing from a single pair', () => {
  expect(pairedDifference([3], [1])).toEqual({ mean: 2, error: Infinity, low: -Infinity, high: Infinity });
});

it('covers the true difference in 95 % of small samples', () => {
  // Sums of twelve uniforms are nearly normal; a linear congruential generator keeps the test to itself.
  let state = 1;
  const uniform = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  const normal = () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
  let covered = 0;
  for (let i = 0; i < 4000; i++) {
    const { low, high } = pairedDifference(Array.from({ length: 5 }, normal), [0, 0, 0, 0, 0]);
    if (low <= 0 && high >= 0) covered++;
  }
  expect(covered / 4000).toBeGreaterThan(0.935);
  expect(covered / 4000).toBeLessThan(0.965);
});
