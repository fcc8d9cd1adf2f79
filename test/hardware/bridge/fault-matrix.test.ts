import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { befall, type Family, faults, type Outcome, type State, states } from './fault-matrix.ts';

let model: RobotModel;
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeAll(async () => {
  model = await loadRobot('so101');
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

/** What must come of a fault in each state, in the order of `states`: goes on, stopped, stop not verified, refused. */
const expected: Readonly<Record<string, string>> = {
  'dropped (20 %)': 'goes on · goes on · goes on · goes on · goes on · goes on · goes on · unheard',
  'corrupted (20 %)': 'goes on · goes on · goes on · goes on · goes on · goes on · goes on · unheard',
  'late by 20 ms (20 %)': 'goes on · goes on · goes on · goes on · goes on · goes on · goes on · unheard',
  'duplicated (all)': 'goes on · goes on · goes on · goes on · goes on · goes on · goes on · unheard',
  'dead motor':
    'refused · refused · stop not verified · stop not verified · stop not verified · stop not verified · stop not verified · unheard',
  overheat: 'goes on · goes on · refused · stopped · stopped · stopped · stopped · unheard',
  undervoltage: 'goes on · goes on · refused · stopped · stopped · stopped · stopped · unheard',
  overload: 'goes on · goes on · stopped · stopped · stopped · stopped · stopped · unheard',
  'data line pulled':
    'refused · refused · stop not verified · stop not verified · stop not verified · stop not verified · stop not verified · unheard',
  'adapter pulled':
    'refused · refused · refused · stop not verified · stop not verified · stop not verified · stop not verified · unheard',
  'motor reboot': '(refused|goes on) · goes on · stopped · stopped · stopped · stopped · stopped · unheard',
};

/** The bench looks at all faults of both families. */
const looked = [
  ...Object.keys(faults).map((fault) => ['feetech', fault] as const),
  ...['dead motor', 'undervoltage', 'overload', 'motor reboot'].map((fault) => ['dynamixel', fault] as const),
];

describe('a fault of a robot', () => {
  it.each(looked)(
    'with %s motors, %s: told, within the limits, and over when it is gone',
    async (family: Family, fault) => {
      const outcomes: Outcome[] = [];
      for (const state of states) outcomes.push(await befall(model, family, fault, state as State));
      expect(outcomes.map(({ outcome }) => outcome).join(' · ')).toMatch(new RegExp(`^${expected[fault]}$`));
      expect(Math.max(...outcomes.map(({ rate }) => rate)), 'limits that are reached').toBeGreaterThan(0.9);
      const { step } = model.hardware!.limits.elbow_flex;
      for (const {
        state,
        outcome,
        message,
        outside,
        reach,
        strayed,
        rate,
        acceleration,
        recovery,
      } of outcomes) {
        expect(outside, `${state}: outside the joint's range`).toBe(0);
        expect(reach, `${state}: goal from joint`).toBeLessThan(step + 0.003);
        expect(strayed, `${state}: moved though it should stand still`).toBeLessThan(0.003);
        expect(rate, `${state}: rate of commands`).toBeLessThan(1 + 1e-9);
        expect(acceleration, `${state}: acceleration of commands`).toBeLessThan(1 + 1e-6);
        expect(recovery, state).toMatch(state === 'finalized' ? /^new bridge$/ : /^(goes on|activate)$/);
        if (outcome === 'goes on' || outcome === 'unheard') continue;
        // A motor: which, what was read of it, why not. A line: not one motor after the other.
        if (['led', 'active', 'holding'].includes(state) && fault === 'dead motor')
          expect(message).toMatch(
            /^elbow_flex: .* old, at most 0\.3 s; motor 3 \(elbow_flex\): sync read of \w+ … \w+ at \d+ .*: no answer for 0\.\d+ s, 3 tries each; check/,
          );
        if (['led', 'active', 'holding'].includes(state) && fault === 'data line pulled')
          expect(message).toMatch(
            /^(no joint has been heard of for [\d.]+ s, at most 0\.3 s; )?no motor answers: sync read of \w+ … \w+ at \d+ .*: no answer for [\d.]+ s, 3 tries each; check the port's cable and the supply$/,
          );
        expect(message, state).toMatch(
          /motor \d \(\w+\)|^elbow_flex: |^shoulder_pan: |no motor answers|^port /,
        );
      }
    },
  );
});
