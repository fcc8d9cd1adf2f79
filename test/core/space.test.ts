import { describe, expect, it } from 'vitest';
import { InputError, nearestName } from '#src/core/errors';
import { Random } from '#src/core/random';
import { box, clampToBox, contains, sampleBox } from '#src/core/space';

describe('spaces', () => {
  it('contain what lies within their bounds, and nothing else', () => {
    const space = box([-1, 0], [1, 0.1]);
    expect(contains(space, Float32Array.of(1, 0.1))).toBe(true);
    expect(contains(space, Float32Array.of(1, 0.2))).toBe(false);
    expect(contains(space, Float32Array.of(Number.NaN, 0))).toBe(false);
    expect(contains(space, Float32Array.of(0))).toBe(false);
    expect(contains({ kind: 'discrete', count: 3 }, 2)).toBe(true);
    expect(contains({ kind: 'discrete', count: 3 }, 3)).toBe(false);
    expect(contains({ kind: 'dict', spaces: { a: space } }, { a: [0, 0] })).toBe(true);
    expect(contains({ kind: 'dict', spaces: { a: space } }, { b: [0, 0] })).toBe(false);
  });

  it('sample evenly within their bounds', () => {
    const space = box([-1, 10], [1, 20]);
    const random = new Random(1, 'space');
    const mean = [0, 0];
    for (let n = 0; n < 4000; n++) {
      const sample = sampleBox(space, random);
      expect(contains(space, sample)).toBe(true);
      mean[0] += sample[0] / 4000;
      mean[1] += sample[1] / 4000;
    }
    expect(Math.abs(mean[0])).toBeLessThan(0.05);
    expect(Math.abs(mean[1] - 15)).toBeLessThan(0.25);
  });

  it('clamp to the nearest bound, and NaN to the middle', () => {
    const space = box([-1, 0], [1, 4]);
    expect(Array.from(clampToBox(space, Float32Array.of(-9, 9)))).toEqual([-1, 4]);
    expect(Array.from(clampToBox(space, Float32Array.of(Number.NaN, Number.NaN)))).toEqual([0, 2]);
  });
});

describe('names', () => {
  it('finds the one that was probably meant, and none when nothing is near', () => {
    expect(nearestName('reachr', ['cartpole-swingup', 'reacher'])).toBe('reacher');
    expect(nearestName('--sed', ['--seed', '--set'])).toMatch(/--se/);
    expect(nearestName('zzzzzz', ['cartpole-swingup', 'reacher'])).toBeUndefined();
    expect(new InputError('x').exitCode).toBe(2);
  });
});
