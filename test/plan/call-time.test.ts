import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { CallTime } from '#src/plan/call-time';

/** After calls of these sizes that take `own` + `each` · size, ± a share of it. */
function observed(sizes: readonly number[], { own = 0, each = 1, noise = 0 } = {}): CallTime {
  const time = new CallTime();
  const random = new Random(1, 'call-time', 0);
  for (const size of sizes) time.learn(size, (own + each * size) * (1 + noise * random.uniform(-1, 1)));
  return time;
}

describe('the time of a call', () => {
  it('is unknown before the first one', () => {
    expect(new CallTime().known).toBe(false);
    expect(observed([3]).known).toBe(true);
  });

  it('is proportional to its size while sizes are all alike', () => {
    const time = observed([4, 4, 4], { each: 0.5 });
    expect(time.longest(4)).toBeCloseTo(2, 9);
    expect(time.longest(8)).toBeCloseTo(4, 9);
    expect(time.fits(5)).toBe(10);
  });

  it('has a part of its own where small calls take longer than their share', () => {
    const time = observed([1, 2, 4, 8, 1, 2, 4, 8], { own: 2, each: 0.5 });
    expect(time.longest(1)).toBeGreaterThan(2.3);
    expect(time.longest(1)).toBeLessThan(2.8);
    expect(time.longest(8)).toBeLessThan(7);
    expect(time.fits(1.5)).toBe(0);
  });

  it('is not sure of what strays', () => {
    const sizes = Array.from({ length: 50 }, (_, i) => 1 + (i % 5));
    const sure = observed(sizes);
    const unsure = observed(sizes, { noise: 0.3 });
    expect(sure.longest(10)).toBeLessThan(10.2);
    expect(unsure.longest(10)).toBeGreaterThan(13);
    expect(unsure.fits(10)).toBeLessThan(sure.fits(10));
  });

  it('grows by no more than twofold from one pause', () => {
    const time = observed([2, 3, 2, 3, 2, 3]);
    time.learn(2, 1000);
    time.learn(3, 3);
    time.learn(2, 2);
    expect(time.longest(2)).toBeLessThan(8);
  });
});
