import { describe, expect, it } from 'vitest';
import { Ladder } from '#src/control/ladder';
import { decodePlan, encodePlan, planMessageSize, type TimedPlan } from '#src/control/timed-plan';
import type { PlanOrder } from '#src/core/plan';

const period = 0.1;
const options = { controlPeriod: period, holdTime: 0.2, decayTime: 0.4, actionSize: 1 };

/** A plan of three steps from tick `start` on. */
function plan(start: number, knots: readonly number[], order: PlanOrder = 0): TimedPlan {
  const startTime = start * period;
  return {
    plan: {
      ...{ id: start, startTime, startState: Float32Array.of(7, 8), actionSize: 1, order },
      times: Float64Array.from(knots, (_, k) => k * period),
      knots: Float32Array.from(knots),
      ...{ expectedReturn: 1.5, returnSpread: 0.25, evaluations: 12, invalid: 1, milliseconds: 3 },
    },
    observed: startTime - period,
    end: startTime + knots.length * period,
    fresh: startTime + period,
  };
}

function walk(ladder: Ladder, from: number, to: number, safe = 0) {
  const out = new Float32Array(1);
  return Array.from({ length: to - from }, (_, i) => {
    const rung = ladder.tick((from + i) * period, [safe], out);
    return [rung, Number(out[0].toPrecision(6))];
  });
}

describe('the ladder', () => {
  it('goes from a plan to its end, holds, decays to the safe action, and stops', () => {
    const ladder = new Ladder(options);
    ladder.accept(plan(0, [4, 6, 8]), 0);
    expect(walk(ladder, 0, 11)).toEqual([
      ['plan', 4],
      ['old-plan', 6],
      ['old-plan', 8],
      ['hold', 8],
      ['hold', 8],
      ['decay', 6],
      ['decay', 4],
      ['decay', 2],
      ['decay', 0],
      ['stop', 0],
      ['stop', 0],
    ]);
  });

  it('comes back up from every rung when a plan arrives', () => {
    for (const rung of [3, 5, 9]) {
      const ladder = new Ladder(options);
      ladder.accept(plan(0, [4, 6, 8]), 0);
      walk(ladder, 0, rung);
      ladder.accept(plan(rung, [1, 2, 3]), rung * period);
      expect(walk(ladder, rung, rung + 2)).toEqual([
        ['plan', 1],
        ['old-plan', 2],
      ]);
    }
  });

  it('waits for the beginning of a plan that came early, also when a third one came before it', () => {
    const ladder = new Ladder(options);
    ladder.accept(plan(0, [1, 1, 1]), 0);
    ladder.accept(plan(1, [2, 2, 2]), 0);
    ladder.accept(plan(2, [3, 3, 3]), 0);
    expect(walk(ladder, 0, 3)).toEqual([
      ['plan', 1],
      ['plan', 2],
      ['plan', 3],
    ]);
  });

  it('acts on a late plan where it stands by then', () => {
    const ladder = new Ladder(options);
    ladder.accept(plan(0, [1, 1, 1]), 0);
    ladder.accept(plan(1, [5, 6, 7]), 1.5 * period);
    expect(walk(ladder, 0, 3)).toEqual([
      ['plan', 1],
      ['old-plan', 1],
      ['old-plan', 6],
    ]);
  });

  it('stays with a plan that is newer than one that begins earlier', () => {
    const ladder = new Ladder(options);
    ladder.accept(plan(2, [5, 5, 5]), 0);
    ladder.accept(plan(1, [9, 9, 9]), 0);
    expect(walk(ladder, 2, 3)).toEqual([['old-plan', 9]]);
  });

  it('without any plan goes to the safe action by the same times', () => {
    expect(walk(new Ladder(options), 0, 7, 3)).toEqual([
      ['hold', 3],
      ['hold', 3],
      ['decay', 3],
      ['decay', 3],
      ['decay', 3],
      ['decay', 3],
      ['stop', 3],
    ]);
  });

  it('foresees what it then does, and is not changed by looking', () => {
    const ladder = new Ladder(options);
    ladder.accept(plan(0, [4, 6, 8]), 0);
    ladder.accept(plan(2, [1, 2, 3]), 1.2 * period);
    const foreseen = Array.from(ladder.foresee(0, 14, [0]), (value) => Number(value.toPrecision(6)));
    expect(foreseen).toEqual(walk(ladder, 0, 14).map(([, action]) => action));
  });

  it('goes with plans of every order', () => {
    const ladder = new Ladder(options);
    const linear = plan(0, [0, 2], 1);
    ladder.accept(
      { ...linear, plan: { ...linear.plan, times: Float64Array.of(0, 4 * period) }, end: 0.4 },
      0,
    );
    expect(walk(ladder, 0, 4).map(([, action]) => action)).toEqual([0, 0.5, 1, 1.5]);
  });
});

it('a plan crosses threads whole', () => {
  const timed = plan(3, [1, 2, 3], 3);
  const message = encodePlan(timed);
  expect(message.length).toBe(planMessageSize(3, 1, 2));
  expect(decodePlan(message)).toEqual(timed);
  expect(decodePlan(encodePlan({ ...timed, observed: null })).observed).toBeNull();
});
