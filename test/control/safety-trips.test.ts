import { describe, expect, it } from 'vitest';
import { SafetyTrips, type TripReading } from '#src/control/index';
import type { HardwareSpec, MotorState, SafetyTrips as Trips } from '#src/core/hardware';
import type { RobotModel } from '#src/core/robot';

const well: MotorState = {
  ...{ joint: 'elbow', temperature: 40, voltage: 12, current: 0.2, load: 0.3, error: '', misses: 0 },
};
const all: Trips = {
  ...{ temperature: 65, minVoltage: 9, maxVoltage: 13, load: 0.9, loadTime: 1, tracking: 0.15 },
  ...{ trackingTime: 0.5, overspeed: 1.2, beyond: 0.05, age: 0.3 },
};

describe('a trip', () => {
  it.each([
    [
      'temperature',
      { motor: { temperature: 67.2 } },
      'elbow: 67.2 °C, at most 65 °C; let it cool down',
      0.05,
    ],
    ['low voltage', { motor: { voltage: 8.5 } }, 'elbow: 8.5 V, at least 9 V; check its supply', 0.05],
    ['high voltage', { motor: { voltage: 14 } }, 'elbow: 14 V, at most 13 V; check its supply', 0.05],
    ['a complaint', { motor: { error: 'overload' } }, 'elbow: its motor reports overload', 0],
    ['load', { motor: { load: -0.95 } }, 'elbow: load 95 % for 1 s, at most 90 %; is it blocked?', 1],
    [
      'load, told as an effort',
      { motor: { load: Number.NaN }, effort: -1.95 },
      'elbow: load 97.5 % for 1 s, at most 90 %; is it blocked?',
      1,
    ],
    [
      'tracking',
      { sent: 0.2 },
      'elbow: 0.2 rad from its command for 0.5 s, at most 0.15 rad; is it blocked?',
      0.5,
    ],
    ['overspeed', { velocity: -4 }, 'elbow: 4 rad/s, at most 3.6 rad/s', 0.05],
    [
      'a place beyond its range',
      { position: 1.08, sent: 1.08 },
      'elbow: 0.08 rad beyond 1 rad, at most 0.05 rad; check its calibration',
      0.05,
    ],
    [
      'a place below its range',
      { position: -1.08, sent: -1.08 },
      'elbow: 0.08 rad beyond -1 rad, at most 0.05 rad; check its calibration',
      0.05,
    ],
    ['age', { age: 0.31 }, 'elbow: its reading is 0.31 s old, at most 0.3 s; check its cable', 0],
  ] as const)('for %s comes after its time, and not before', (_, given, message, time) => {
    const trips = make();
    expect(check(trips, {}, 0.01)).toBeNull();
    let passed = 0;
    let found: string | null = null;
    for (; found === null && passed < 3; passed += 0.01) found = check(trips, given, 0.01);
    expect(found).toBe(message);
    expect(passed).toBeCloseTo(Math.max(time, 0.01), 9);
  });

  it('comes for what follows from a joint where robot.json does not say it, and as it says where it does', () => {
    const unsaid = { loadTime: 1, trackingTime: 0.5 };
    const behind = (trips: Trips, usual?: Partial<Trips>) =>
      check(make(trips, 'position', 'revolute', usual), { sent: 0.2 }, 0.5);
    expect(behind(unsaid)).toBeNull();
    expect(behind(unsaid, { tracking: 0.18 })).toContain('at most 0.18 rad');
    expect(behind({ ...unsaid, tracking: 0.1 }, { tracking: 0.18 })).toContain('at most 0.1 rad');
    expect(behind({ ...unsaid, tracking: 0.3 }, { tracking: 0.18 })).toBeNull();
  });

  it('begins anew when all was well in between', () => {
    const trips = make();
    const loaded = { motor: { load: 1 } };
    expect(check(trips, loaded, 0.9)).toBeNull();
    expect(check(trips, {}, 0.01)).toBeNull();
    expect(check(trips, loaded, 0.9)).toBeNull();
    expect(check(trips, loaded, 0.1)).not.toBeNull();
  });

  it('forgets what lasted when it is reset', () => {
    const trips = make();
    check(trips, { sent: 0.3 }, 0.45);
    trips.reset();
    expect(check(trips, { sent: 0.3 }, 0.45)).toBeNull();
    expect(check(trips, { sent: 0.3 }, 0.06)).not.toBeNull();
  });

  it('comes of nothing that is not told', () => {
    const nan = Number.NaN;
    const trips = make();
    const motor = { temperature: nan, voltage: nan, current: nan, load: nan };
    for (let k = 0; k < 10; k++) {
      expect(check(trips, { motor, velocity: nan, effort: nan, sent: nan, position: nan }, 1)).toBeNull();
      expect(trips.check({ ...reading({}), motors: [] }, [0], 1)).toBeNull();
    }
  });

  it('comes of nothing that is not watched', () => {
    const trips = make({ loadTime: 1, trackingTime: 0.5 });
    const motor = { temperature: 200, voltage: 0, load: 1 };
    for (let k = 0; k < 10; k++)
      expect(check(trips, { motor, velocity: 99, sent: 9, position: 5, age: 9 }, 1)).toBeNull();
  });

  it('lets a joint be led back that stands outside of its range, and no farther out', () => {
    const trips = make();
    for (const position of [1.3, 1.32, 1.2, 1, 0])
      expect(check(trips, { position, sent: position }, 1)).toBeNull();
    expect(check(trips, { position: 1.36, sent: 1.36 }, 1)).toMatch(/^elbow: 0\.06 rad beyond 1\.3 rad/);
    trips.reset();
    check(trips, {}, 1);
    expect(check(trips, { position: 1.2, sent: 1.2 }, 1)).toMatch(/beyond 1 rad/);
  });

  it('does not ask rates and efforts to be where the joint is', () => {
    const trips = make(all, 'velocity');
    for (let k = 0; k < 10; k++) expect(check(trips, { sent: 2 }, 1)).toBeNull();
  });

  it('is said in metres where a joint slides', () => {
    const trips = make(all, 'position', 'prismatic');
    expect(check(trips, { sent: 0.2 }, 1)).toMatch(/^elbow: 0\.2 m from its command/);
    expect(check(trips, { velocity: 9 }, 1)).toBe('elbow: 9 m/s, at most 3.6 m/s');
  });
});

describe('a joint that is not heard of', () => {
  const two = (age: readonly number[], more: Partial<TripReading> = {}) => {
    const trips = make(all, 'position', 'revolute', {}, ['elbow', 'wrist']);
    const none = [0, 0];
    return trips.check(
      { position: none, velocity: none, effort: none, motors: [], age, ...more },
      none,
      0.01,
    );
  };
  const silence = [undefined, 'motor 2 (wrist): sync read of present_position: no answer; check its power'];

  it('is named with the motor, the register and the cause, where the driver knows them', () => {
    expect(two([0, 0.31], { silence })?.reason).toBe(
      `wrist: its reading is 0.31 s old, at most 0.3 s; ${silence[1]}`,
    );
    expect(two([0, 0.31], { silence: [] })?.reason).toMatch(/^wrist: .*; check its cable$/);
    // What the others are for is another matter.
    expect(two([0, 0.31], { silence, still: 0.31 })?.reason).toMatch(/^wrist: .*motor 2/);
  });

  it('is not named where none is: that is the line', () => {
    const line = 'no motor answers: sync read of present_position: no answer; check the cable of the port';
    const heard = 'no joint has been heard of for 0.31 s, at most 0.3 s';
    expect(two([0.31, 0.32])?.reason).toBe(`${heard}; check its cable and its supply`);
    expect(two([0.31, 0.32], { silence: [line, line] })?.reason).toBe(`${heard}; ${line}`);
  });

  it('nor where this process did not run: that is the computer', () => {
    const reason = (still: number) => two([0.4, 0.4], { silence: ['a line', 'a line'], still })?.reason;
    const heard = 'no joint has been heard of for 0.4 s, at most 0.3 s';
    expect(reason(0.21)).toBe(
      `${heard}; the computer stood still for 0.21 s of it: it slept or is overloaded`,
    );
    expect(reason(0.19)).toBe(`${heard}; a line`);
  });

  it('may be heard of again, and what a motor suffers from does not pass', () => {
    expect(two([0, 0.31])?.passing).toBe(true);
    expect(two([0.31, 0.31])?.passing).toBe(true);
    const hot = [{ ...well, temperature: 70, error: 'overheat' }];
    expect(two([0.31, 0.31], { motors: hot })).toEqual({
      reason: 'elbow: its motor reports overheat',
      passing: false,
    });
    const trips = make();
    expect(trips.checkHolding(reading({ age: 0.31 }), 0.01)?.passing).toBe(true);
    expect(trips.checkHolding(reading({ motor: { error: 'overheat' } }), 0.01)?.passing).toBe(false);
  });
});

describe('a trip of a robot that holds', () => {
  const hold = (trips: SafetyTrips, given: Given, dt = 0.05) =>
    trips.checkHolding(reading(given), dt)?.reason ?? null;

  it('comes of motors and of age, after the same time, once', () => {
    for (const [given, message, time] of [
      [{ motor: { temperature: 67.2 } }, 'elbow: 67.2 °C, at most 65 °C; let it cool down', 0.05],
      [{ motor: { voltage: 8.5 } }, 'elbow: 8.5 V, at least 9 V; check its supply', 0.05],
      [{ motor: { voltage: 14 } }, 'elbow: 14 V, at most 13 V; check its supply', 0.05],
      [{ motor: { error: 'overload' } }, 'elbow: its motor reports overload', 0],
      [{ age: 0.31 }, 'elbow: its reading is 0.31 s old, at most 0.3 s; check its cable', 0],
    ] as const) {
      const trips = make();
      let passed = 0;
      let found: string | null = null;
      for (; found === null && passed < 1; passed += 0.01) found = hold(trips, given, 0.01);
      expect(found).toBe(message);
      expect(passed).toBeCloseTo(Math.max(time, 0.01), 9);
      for (let k = 0; k < 10; k++) expect(hold(trips, given)).toBeNull();
      trips.reset();
      expect(hold(trips, given)).toBe(message);
    }
  });

  it('does not say again what stopped the robot, and says what comes on top', () => {
    const trips = make();
    const hot = { temperature: 70 };
    expect(check(trips, { motor: hot }, 0.05)).toContain('70 °C');
    expect(hold(trips, { motor: hot })).toBeNull();
    expect(hold(trips, { motor: { ...hot, error: 'overload' } })).toBe('elbow: its motor reports overload');
  });

  it('does not say one by one what came at once', () => {
    const trips = make();
    const both = { temperature: 70, error: 'overload' };
    expect(check(trips, { motor: both }, 0.05)).toContain('overload');
    expect(hold(trips, { motor: both })).toBeNull();
  });

  it('does not come of motion, load or a command', () => {
    const trips = make();
    const moved = { position: 5, velocity: 99, effort: 99, sent: 9, motor: { load: 1 } };
    for (let k = 0; k < 100; k++) expect(hold(trips, moved, 1)).toBeNull();
  });
});

interface Given {
  readonly motor?: Partial<MotorState>;
  readonly position?: number;
  readonly velocity?: number;
  readonly effort?: number;
  readonly age?: number;
  readonly sent?: number;
}

function reading({ motor, position = 0, velocity = 0, effort = 0, age = 0 }: Given): TripReading {
  return {
    ...{ position: [position], velocity: [velocity], effort: [effort], age: [age] },
    motors: [{ ...well, ...motor }],
  };
}

function check(trips: SafetyTrips, given: Given, dt: number): string | null {
  return trips.check(reading(given), [given.sent ?? 0], dt)?.reason ?? null;
}

/** Joints with a range of ±1, 3 rad/s and 2 N m. */
function make(
  trips: Trips = all,
  kind = 'position',
  jointKind = 'revolute',
  usual: Partial<Trips> = {},
  names: readonly string[] = ['elbow'],
) {
  const joints = names.map((name) => ({ name, kind: jointKind, lower: -1, upper: 1, maxVelocity: 3 }));
  const actuators = names.map((joint) => ({ joint, kind, maxEffort: 5 }));
  const robot = { name: 'one', joints, actuators };
  const hardware = { limits: { elbow: { effort: 2 } }, trips, jointTrips: { elbow: usual } };
  return new SafetyTrips(robot as unknown as RobotModel, hardware as unknown as HardwareSpec);
}
