import { expect, it } from 'vitest';
import { DelayEstimate } from '#src/control/delay';

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
