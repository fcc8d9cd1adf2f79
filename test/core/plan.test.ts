import { describe, expect, it } from 'vitest';
import { actionAt, type Plan, splineAt } from '#src/core/plan';
import { Random } from '#src/core/random';

const period = 0.02;
const plan: Plan = {
  id: 1,
  startTime: 1.34,
  startState: new Float32Array(1),
  times: Float64Array.from({ length: 5 }, (_, t) => t * period),
  knots: Float32Array.from({ length: 10 }, (_, i) => i),
  actionSize: 2,
  order: 0,
  expectedReturn: 0,
  returnSpread: 0,
  evaluations: 0,
  invalid: 0,
  milliseconds: 0,
};

describe('the action of a plan', () => {
  it('is at every control step the one that was planned for it, whatever the rounding of times', () => {
    for (let t = 0; t < 5; t++) {
      // The time of a step is a sum of periods in the loop and a product in the plan.
      let time = plan.startTime;
      for (let i = 0; i < t; i++) time += period;
      expect(Array.from(actionAt(plan, time))).toEqual([2 * t, 2 * t + 1]);
      expect(Array.from(actionAt(plan, time + 0.9 * period))).toEqual([2 * t, 2 * t + 1]);
    }
  });

  it('is the first before the plan begins and the last behind its end', () => {
    expect(Array.from(actionAt(plan, 0))).toEqual([0, 1]);
    expect(Array.from(actionAt(plan, 99))).toEqual([8, 9]);
  });
});

describe('a spline', () => {
  const times = Float64Array.of(0, 0.3, 0.5, 1.1, 1.2);
  const through = (knots: Float32Array, order: 0 | 1 | 3) => (time: number) =>
    splineAt({ times, knots, actionSize: 1, order }, time, new Float32Array(1))[0];

  it.each([0, 1, 3] as const)('of order %d goes through its knots and stays where it ended', (order) => {
    const knots = Float32Array.of(1, -2, 0.5, 0.5, 3);
    const value = through(knots, order);
    for (const [k, time] of times.entries()) expect(value(time)).toBe(knots[k]);
    expect(value(-1)).toBe(1);
    expect(value(9)).toBe(3);
  });

  it('of order 1 is a straight line between knots', () => {
    const value = through(Float32Array.of(0, 3, 1, 1, 2), 1);
    expect(value(0.1)).toBeCloseTo(1, 5);
    expect(value(0.4)).toBeCloseTo(2, 5);
    expect(value(1.15)).toBeCloseTo(1.5, 5);
  });

  it('of order 3 is a parabola where the knots lie on one, whatever their spacing', () => {
    const parabola = (t: number) => (t + 0.7) ** 2;
    const value = through(
      Float32Array.from(times, (time) => parabola(time)),
      3,
    );
    for (let t = 0; t <= 1.2; t += 0.013) expect(value(t)).toBeCloseTo(parabola(t), 4);
  });

  it('of order 3 has no kinks, and never leaves the range of the knots beside it', () => {
    const random = new Random(2, 'knots');
    for (let trial = 0; trial < 20; trial++) {
      const knots = Float32Array.from(times, () => random.uniform(-1, 1));
      const value = through(knots, 3);
      for (let k = 1; k + 1 < times.length; k++) {
        const before = (knots[k] - value(times[k] - 1e-3)) / 1e-3;
        const after = (value(times[k] + 1e-3) - knots[k]) / 1e-3;
        expect(Math.abs(before - after)).toBeLessThan(0.5);
      }
      for (let t = 0; t < 1.2; t += 0.01) {
        const k = times.findLastIndex((time) => time <= t);
        expect(value(t)).toBeGreaterThanOrEqual(Math.min(knots[k], knots[k + 1]));
        expect(value(t)).toBeLessThanOrEqual(Math.max(knots[k], knots[k + 1]));
      }
    }
  });
});
