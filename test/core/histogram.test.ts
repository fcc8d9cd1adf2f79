import { expect, it } from 'vitest';
import { Histogram } from '#src/core/histogram';
import { Random } from '#src/core/random';

it('a histogram has the percentiles of a sorted list to 3 %, and exact mean and maximum', () => {
  const random = new Random(1, 'times');
  const values = Array.from({ length: 5000 }, () => Math.exp(random.normal(1, 2)));
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  const sorted = [...values].sort((a, b) => a - b);
  for (const share of [0.5, 0.9, 0.99]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1];
    expect(histogram.percentile(share)).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
    expect(histogram.percentile(share)).toBeLessThan(exact * 1.03);
  }
  expect(histogram.max).toBe(sorted.at(-1));
  expect(histogram.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 5000, 6);
  expect(histogram.summary).toEqual({
    ...{ mean: histogram.mean, p99: histogram.percentile(0.99), max: histogram.max },
  });
  expect(new Histogram().percentiles).toBeNull();
  expect(new Histogram().summary).toEqual({ mean: 0, p99: 0, max: 0 });
});
