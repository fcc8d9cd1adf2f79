import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { ColoredNoise } from '#src/plan/colored-noise';

const LENGTH = 64;
const SEQUENCES = 2000;

/** Mean periodogram over many sequences: power at frequencies 1 … LENGTH/2 − 1. */
function spectrum(beta: number): { power: number[]; variance: number } {
  const noise = new ColoredNoise(beta, LENGTH);
  const random = new Random(7, 'colour', beta * 10);
  const power = new Array<number>(LENGTH / 2).fill(0);
  let variance = 0;
  const sequence = new Float32Array(LENGTH);
  for (let s = 0; s < SEQUENCES; s++) {
    noise.sample(random, sequence, 0, 1);
    for (let t = 0; t < LENGTH; t++) variance += sequence[t] ** 2 / (LENGTH * SEQUENCES);
    for (let k = 1; k < LENGTH / 2; k++) {
      let re = 0;
      let im = 0;
      for (let t = 0; t < LENGTH; t++) {
        re += sequence[t] * Math.cos((2 * Math.PI * k * t) / LENGTH);
        im -= sequence[t] * Math.sin((2 * Math.PI * k * t) / LENGTH);
      }
      power[k] += (re * re + im * im) / SEQUENCES;
    }
  }
  return { power, variance };
}

describe('coloured noise', () => {
  it.each([0, 1, 2, 3])('of beta %d has a power spectrum of slope −beta and unit variance', (beta) => {
    const { power, variance } = spectrum(beta);
    expect(variance).toBeGreaterThan(0.95);
    expect(variance).toBeLessThan(1.05);
    // Least squares of log power on log frequency.
    const points = power.slice(1).map((p, i) => [Math.log(i + 1), Math.log(p)]);
    const mx = points.reduce((sum, [x]) => sum + x, 0) / points.length;
    const my = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
    const slope =
      points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
      points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
    expect(slope).toBeGreaterThan(-beta - 0.1);
    expect(slope).toBeLessThan(-beta + 0.1);
  });

  it('works for odd lengths and a single step', () => {
    for (const length of [1, 2, 3, 7]) {
      const out = new Float32Array(length);
      new ColoredNoise(2, length).sample(new Random(1, 'odd'), out, 0, 1);
      expect(out.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    }
  });
});
