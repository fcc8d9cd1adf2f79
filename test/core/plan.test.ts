import { describe, expect, it } from 'vitest';
import { actionAt, type Plan } from '#src/core/plan';

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
