import { describe, expect, it } from 'vitest';
import { percentilesOf } from '#src/train/percentiles';

describe('percentiles', () => {
  it('are nearest ranks of the times, in any order', () => {
    const times = Array.from({ length: 200 }, (_, i) => ((i * 77) % 200) + 1);
    expect(percentilesOf(times)).toEqual({ p50: 100, p99: 198, max: 200 });
    expect(percentilesOf([7])).toEqual({ p50: 7, p99: 7, max: 7 });
    expect(percentilesOf([])).toBeNull();
  });
});
