import { expect, it } from 'vitest';
import { DelayEstimate } from '#src/control/delay';
import { Histogram } from '#src/control/histogram';
import { Random } from '#src/core/random';

it('covers the asked share of the last delays and forgets older ones', () => {
  const estimate = new DelayEstimate({ percentile: 0.9, window: 10, warmUp: 0 });
  for (let delay = 1; delay <= 10; delay++) estimate.add(delay);
  expect(estimate.value).toBe(9);
  for (let delay = 101; delay <= 105; delay++) estimate.add(delay);
  // Left are 6 … 10 and 101 … 105.
  expect(estimate.value).toBe(104);
  for (let i = 0; i < 10; i++) estimate.add(2);
  expect(estimate.value).toBe(2);
});

it('what planning takes while it warms up never enters the window', () => {
  const estimate = new DelayEstimate({ percentile: 1, window: 10, warmUp: 3 });
  expect(estimate.value).toBe(0);
  for (const delay of [900, 400, 300]) {
    estimate.add(delay);
    expect(estimate.value).toBe(delay);
  }
  estimate.add(12);
  expect(estimate.value).toBe(12);
});

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
  expect(new Histogram().percentiles).toBeNull();
});
