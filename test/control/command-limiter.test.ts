import { describe, expect, it } from 'vitest';
import { CommandLimiter } from '#src/control/index';
import type { ExplorationLimits, HardwareSpec, JointSafety } from '#src/core/hardware';
import { Random } from '#src/core/random';
import type { Actuator, Joint, RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';

const usual: JointSafety = { step: 0.2, velocity: 2, acceleration: 40, effort: 3, margin: 0.1 };
const at = (position: number[], velocity = position.map(() => 0)) => ({ position, velocity });

describe('a position command', () => {
  it('is the present position at first, whatever is asked', () => {
    const { limiter, out } = one();
    limiter.reset([0.4]);
    expect(limiter.limit([0.9], at([0.4]), 0.01, out)).toEqual(['elbow: step']);
    expect(out[0]).toBe(0.4);
  });

  it('that asks little passes as it is, and nothing is said', () => {
    const { limiter, out } = one();
    limiter.reset([0]);
    limiter.limit([0], at([0]), 0.01, out);
    for (let k = 1; k <= 20; k++) {
      const asked = 0.00001 * k * k;
      expect(limiter.limit([asked], at([asked]), 0.01, out)).toEqual([]);
      expect(out[0]).toBeCloseTo(asked, 9);
    }
  });

  it('reaches what was asked in the time of full acceleration and full braking, and does not pass it', () => {
    const { limiter, out } = one({ velocity: 100 });
    limiter.reset([0]);
    limiter.limit([0], at([0]), 0.001, out);
    let steps = 0;
    for (; out[0] < 0.2 - 1e-6; steps++) {
      limiter.limit([0.2], at([out[0]]), 0.001, out);
      expect(out[0]).toBeLessThanOrEqual(0.2 + 1e-12);
    }
    const fastest = 2 * Math.sqrt(0.2 / 40);
    expect(steps * 0.001).toBeGreaterThan(fastest - 0.002);
    expect(steps * 0.001).toBeLessThan(fastest + 0.004);
  });

  it('says each limit by the name of its joint', () => {
    const { limiter, out } = one();
    limiter.reset([0]);
    limiter.limit([0], at([0]), 0.01, out);
    expect(limiter.limit([0.00201], at([0]), 0.01, out)).toEqual([]);
    expect(limiter.limit([0.15], at([0]), 0.01, out)).toEqual(['elbow: velocity', 'elbow: acceleration']);
    expect(limiter.limit([0.5], at([0]), 0.01, out)).toContain('elbow: step');
    expect(limiter.limit([1.5], at([0]), 0.01, out)).toContain('elbow: position');
  });

  it('stops before the margin of the range, from full speed and at whatever pace the loop goes', () => {
    const random = new Random(1, 'pace', 0);
    const { limiter, out } = one();
    limiter.reset([0]);
    limiter.limit([0], at([0]), 0.01, out);
    let before = 0;
    let rate = 0;
    for (let k = 0; k < 300; k++) {
      const dt = random.uniform(0.001, 0.02);
      // Asked for the far end and, at the last moment, for the near side: the edge is met while braking.
      limiter.limit([out[0] < 0.895 ? 5 : 0.88], at([out[0]]), dt, out);
      expect(out[0]).toBeLessThanOrEqual(0.9);
      const next = (out[0] - before) / dt;
      expect(Math.abs(next - rate)).toBeLessThanOrEqual(40 * dt + 1e-6);
      rate = next;
      before = out[0];
    }
    expect(out[0]).toBeGreaterThan(0.87);
  });

  it('leads a joint back that stands outside of its range, never farther out', () => {
    const { limiter, out } = one();
    limiter.reset([1.3]);
    let before = 1.3;
    for (let k = 0; k < 200; k++) {
      const said = limiter.limit([2], at([out[0] || 1.3]), 0.01, out);
      expect(said).toContain(k === 0 ? 'elbow: step' : 'elbow: position');
      expect(out[0]).toBeLessThanOrEqual(before + 1e-12);
      before = out[0];
    }
    expect(out[0]).toBeCloseTo(0.9, 6);
  });

  it('goes no farther than the clamp from a joint that is blocked, and says so', () => {
    const { limiter, out } = one();
    limiter.reset([0]);
    let said: string[] = [];
    for (let k = 0; k < 100; k++) {
      said = limiter.limit([0.8], at([0.05]), 0.01, out);
      expect(Math.abs(out[0] - 0.05)).toBeLessThanOrEqual(0.2 + 1e-12);
    }
    expect(out[0]).toBeCloseTo(0.25, 9);
    expect(said).toEqual(['elbow: step']);
  });

  it('follows a joint that is pushed away no faster than its velocity', () => {
    const { limiter, out } = one();
    limiter.reset([0]);
    for (let k = 0; k < 20; k++) limiter.limit([0], at([0]), 0.01, out);
    for (let k = 0; k < 20; k++) {
      const before = out[0];
      limiter.limit([0], at([-0.7]), 0.01, out);
      expect(before - out[0]).toBeLessThanOrEqual(0.02 + 1e-12);
      expect(out[0]).toBeLessThanOrEqual(before);
    }
    expect(out[0]).toBeLessThan(-0.3);
  });

  it.each([[[Number.NaN]], [[Number.POSITIVE_INFINITY]], [[]], [[0.1, 0.1]]])(
    'of %j is refused: it brakes to rest and stays there',
    (hostile) => {
      const { limiter, out } = one();
      limiter.reset([0]);
      for (let k = 0; k < 30; k++) limiter.limit([0.2], at([out[0]]), 0.01, out);
      for (let k = 0; k < 3; k++) limiter.limit([-0.5], at([out[0]]), 0.01, out);
      const first = limiter.limit(hostile, at([out[0]]), 0.01, out);
      expect(first[0]).toMatch(/^(elbow: not a number|command: \d values instead of 1)$/);
      for (let k = 0; k < 10; k++) limiter.limit(hostile, at([out[0]]), 0.01, out);
      const rest = out[0];
      limiter.limit(hostile, at([rest]), 0.01, out);
      expect(out[0]).toBe(rest);
    },
  );

  it('holds the last place that was known where the reading is not a number', () => {
    const { limiter, out } = one();
    limiter.reset([0.3]);
    for (let k = 0; k < 100; k++) limiter.limit([0.9], at([Number.NaN]), 0.01, out);
    expect(out[0]).toBeCloseTo(0.5, 9);
  });

  it('does not make up for cycles that were missed', () => {
    const { limiter, out } = one();
    limiter.reset([0]);
    for (let k = 0; k < 12; k++) limiter.limit([0.05], at([0]), 0.01, out);
    const before = out[0];
    limiter.limit([0.2], at([0]), 3, out);
    // Two cycles of 10 ms at most.
    expect(out[0] - before).toBeLessThanOrEqual(0.04);
    limiter.limit([0.2], at([0]), Number.NaN, out);
    expect(out[0] - before).toBeLessThanOrEqual(0.04);
  });

  it('that was not sent is taken back: the one before stays, at rest', () => {
    const { limiter, out } = one();
    limiter.reset([0]);
    for (let k = 0; k < 5; k++) limiter.limit([0.2], at([0]), 0.01, out);
    const sent = out[0];
    limiter.limit([0.2], at([0]), 0.01, out);
    expect(out[0]).toBeGreaterThan(sent);
    limiter.withdraw(out);
    expect(out[0]).toBe(sent);
    limiter.limit([sent], at([0]), 0.01, out);
    expect(out[0]).toBe(sent);
  });

  it('cannot begin where the joint is not known', () => {
    const { limiter, out } = one();
    expect(() => limiter.limit([0], at([0]), 0.01, out)).toThrow('before reset');
    expect(() => limiter.reset([Number.NaN])).toThrow('elbow: its position is not known');
  });
});

describe('a rate', () => {
  it('begins at 0, grows by the acceleration and stays within the velocity', () => {
    const { limiter, out } = one({}, 'velocity');
    limiter.reset([0]);
    limiter.limit([9], at([0]), 0.01, out);
    expect(out[0]).toBe(0);
    expect(limiter.limit([9], at([0]), 0.01, out)).toEqual(['elbow: velocity', 'elbow: acceleration']);
    expect(out[0]).toBeCloseTo(0.4, 12);
    for (let k = 0; k < 10; k++) limiter.limit([9], at([0]), 0.01, out);
    expect(out[0]).toBe(2);
  });

  it('ends before the range does', () => {
    const { limiter, out } = one({}, 'velocity');
    limiter.reset([0]);
    let q = 0;
    for (let k = 0; k < 300; k++) {
      const said = limiter.limit([2], at([q]), 0.01, out);
      q += 0.01 * out[0];
      expect(q).toBeLessThanOrEqual(0.9 + 1e-9);
      if (k > 250) expect(said).toContain('elbow: position');
    }
    expect(q).toBeGreaterThan(0.89);
    for (let k = 0; k < 3; k++) limiter.limit([-1], at([1.2]), 0.01, out);
    expect(out[0]).toBe(-1);
  });

  it('goes to 0 when a command is refused', () => {
    const { limiter, out } = one({}, 'velocity');
    limiter.reset([0]);
    for (let k = 0; k < 10; k++) limiter.limit([1], at([0]), 0.01, out);
    for (let k = 0; k < 10; k++) limiter.limit([Number.NaN], at([0]), 0.01, out);
    expect(out[0]).toBe(0);
  });
});

describe('an effort', () => {
  it.each([
    [9, 0, 0, 3, ['elbow: effort']],
    [-9, 0, 0, -3, ['elbow: effort']],
    [1, 0.95, 0, 0, ['elbow: position']],
    [-1, 0.95, 0, -1, []],
    [-1, -0.95, 0, 0, ['elbow: position']],
    [1, 0, 2.5, 0, ['elbow: velocity']],
    [-1, 0, 2.5, -1, []],
    [Number.NaN, 0, 0, 0, ['elbow: not a number']],
  ])('of %d at %d rad and %d rad/s becomes %d', (asked, q, speed, sent, said) => {
    const { limiter, out } = one({}, 'effort');
    limiter.reset([q]);
    limiter.limit([0], at([q], [speed]), 0.01, out);
    expect(limiter.limit([asked], at([q], [speed]), 0.01, out)).toEqual(said);
    expect(out[0]).toBe(sent);
  });
});

describe('exploration', () => {
  const exploration = { velocity: 0.5, acceleration: 10, effort: 0.5 };
  /** The fastest command within a second, and the fastest change of it; the largest effort. */
  function fastest(kind: Actuator['kind'], exploring: boolean) {
    const { limiter, out } = one({}, kind, exploration);
    limiter.reset([-0.5], exploring);
    const most = { rate: 0, change: 0, effort: 0 };
    let [here, before, rate] = [-0.5, -0.5, 0];
    for (let k = 0; k < 50; k++) {
      limiter.limit([kind === 'effort' ? 9 : 0.8], { position: [here], velocity: [0] }, 0.01, out);
      const next = kind === 'velocity' ? out[0] : (out[0] - before) / 0.01;
      most.rate = Math.max(most.rate, next);
      if (next > rate) most.change = Math.max(most.change, (next - rate) / 0.01);
      most.effort = Math.max(most.effort, out[0]);
      [before, rate] = [out[0], next];
      if (kind === 'position') here = out[0];
    }
    return most;
  }

  it('lowers velocity, acceleration and effort, and they are as before afterwards', () => {
    expect(fastest('position', true).rate).toBeCloseTo(0.5, 9);
    expect(fastest('position', true).change).toBeCloseTo(10, 6);
    expect(fastest('position', false).rate).toBeCloseTo(2, 9);
    expect(fastest('position', false).change).toBeCloseTo(40, 6);
    expect(fastest('velocity', true).rate).toBeCloseTo(0.5, 9);
    expect(fastest('velocity', false).rate).toBeCloseTo(0.8, 9);
    expect(fastest('effort', true).effort).toBe(1.5);
    expect(fastest('effort', false).effort).toBe(3);
  });

  it('raises nothing', () => {
    const { limiter, out } = one({}, 'velocity', { velocity: 99, acceleration: 999 });
    limiter.reset([0], true);
    for (let k = 0; k < 20; k++) limiter.limit([50], { position: [0], velocity: [0] }, 0.01, out);
    expect(out[0]).toBe(2);
  });
});

describe('no jump', () => {
  it.each(['so101', 'panda'])(
    'of %s in the first 100 ms: 500 start poses, hostile commands, loops of 50 to 1000 Hz',
    async (name) => {
      const robot = await loadRobot(name);
      const random = new Random(7, 'no jump', 0);
      const limits = robot.actuators.map(({ joint }) => robot.hardware!.limits[joint]);
      const joints = robot.actuators.map(({ joint }) => robot.joints.find((j) => j.name === joint)!);
      const range = joints.map(({ lower, upper }) => upper - lower);
      const out = new Float64Array(limits.length);
      // How far each promise was broken at worst; 0 and less: it was kept.
      const worst = { first: 0, jump: 0, range: 0, back: 0, step: 0, velocity: 0, acceleration: 0 };
      const note = (what: keyof typeof worst, by: number) => {
        worst[what] = Math.max(worst[what], by);
      };
      for (let pose = 0; pose < 500; pose++) {
        const rate = 50 * 20 ** random.uniform(0, 1);
        const limiter = new CommandLimiter(robot, { ...robot.hardware!, rate });
        // Some stand a little outside of their range.
        const start = joints.map(({ lower }, j) => lower + range[j] * random.uniform(-0.05, 1.05));
        const low = joints.map(({ lower }, j) => lower + limits[j].margin);
        const high = joints.map(({ upper }, j) => upper - limits[j].margin);
        const before = start.slice();
        const speed = start.map(() => 0);
        limiter.reset(start);
        for (let time = 0, cycle = 0; time < 0.15; cycle++) {
          const dt = random.uniform(0.7, 1.3) / rate;
          const here = before.map((q, j) => q + range[j] * random.uniform(-0.02, 0.02));
          limiter.limit(hostile(random, start, range), at(here), dt, out);
          time += dt;
          for (const [j, { step, velocity, acceleration }] of limits.entries()) {
            const now = (out[j] - before[j]) / dt;
            if (cycle === 0) note('first', Math.abs(out[j] - start[j]));
            if (time <= 0.1) note('jump', Math.abs(out[j] - start[j]) - step);
            note('range', out[j] - Math.max(high[j], start[j]));
            note('range', Math.min(low[j], start[j]) - out[j]);
            if (before[j] > high[j]) note('back', out[j] - before[j]);
            if (before[j] < low[j]) note('back', before[j] - out[j]);
            note('step', Math.abs(out[j] - here[j]) - Math.max(step, Math.abs(before[j] - here[j])));
            note('velocity', Math.abs(now) - velocity);
            // Only to stop at the edge of the step clamp may it brake harder.
            const edge = Math.max(Math.abs(out[j] - here[j]), Math.abs(before[j] - here[j])) > step - 1e-9;
            const harder = Math.abs(now) < Math.abs(speed[j]) && now * speed[j] >= 0;
            if (!(edge && harder)) note('acceleration', Math.abs(now - speed[j]) - acceleration * dt);
            speed[j] = now;
            before[j] = out[j];
          }
        }
      }
      expect(worst.first).toBe(0);
      expect(worst.range).toBe(0);
      expect(worst.back).toBe(0);
      expect(worst.jump).toBeLessThan(1e-12);
      expect(worst.step).toBeLessThan(1e-12);
      expect(worst.velocity).toBeLessThan(1e-9);
      expect(worst.acceleration).toBeLessThan(1e-9);
    },
  );
});

/** NaN, infinities, jumps, far ends, too many and too few. */
function hostile(random: Random, start: readonly number[], range: readonly number[]): number[] {
  const kind = random.uniform(0, 1);
  if (kind < 0.03) return start.slice(1);
  if (kind < 0.06) return [...start, 0];
  return start.map((q, j) => {
    const which = random.uniform(0, 1);
    if (which < 0.01) return Number.NaN;
    if (which < 0.02) return Number.POSITIVE_INFINITY;
    if (which < 0.03) return Number.NEGATIVE_INFINITY;
    if (which < 0.1) return 1e9 * random.uniform(-1, 1);
    return q + range[j] * random.uniform(-1, 1);
  });
}

/** One joint with a range of ±1. */
function one(
  limits: Partial<JointSafety> = {},
  kind: Actuator['kind'] = 'position',
  exploration?: ExplorationLimits,
) {
  const joint: Partial<Joint> = { name: 'elbow', kind: 'revolute', lower: -1, upper: 1, maxVelocity: 3 };
  const robot = { name: 'one', joints: [joint], actuators: [{ joint: 'elbow', kind, maxEffort: 3 }] };
  const hardware = { rate: 100, limits: { elbow: { ...usual, ...limits } }, exploration };
  return {
    limiter: new CommandLimiter(robot as unknown as RobotModel, hardware as unknown as HardwareSpec),
    out: new Float64Array(1),
  };
}
