import { beforeAll, describe, expect, it } from 'vitest';
import type { HardwareSpec } from '#src/core/hardware';
import type { RobotModel } from '#src/core/robot';
import { MockDriver } from '#src/hardware/mock/mock-driver';
import type { MockOptions } from '#src/hardware/mock/mock-options';
import { loadRobot } from '#src/load/robot';
import { homeOfActuators } from '#src/robot/index';
import { driverConformance } from './driver-conformance.ts';

let so101: RobotModel;
let panda: RobotModel;
beforeAll(async () => {
  so101 = await loadRobot('so101');
  panda = await loadRobot('panda');
});

describe('a mocked robot', () => {
  it('stands at home, and where it is sent at once', async () => {
    const { driver, home } = await active(so101);
    expect(Array.from((await driver.read()).position)).toEqual(home);
    const command = Float64Array.from(home, (q) => q + 0.1);
    await driver.write(command);
    const { position, velocity, effort, age, motors } = await driver.read();
    expect(position).toEqual(command);
    expect(velocity).toEqual(new Float64Array(6));
    expect(effort.every(Number.isNaN)).toBe(true);
    expect(age).toEqual(new Float64Array(6));
    expect(motors.map(({ joint }) => joint)).toEqual(so101.actuators.map(({ joint }) => joint));
    expect(motors[0]).toMatchObject({ temperature: 30, voltage: 12, load: 0, error: '', misses: 0 });
  });

  it('is off by an offset on demand', async () => {
    const { driver, home } = await active(so101, { positionOffset: 0.05 });
    await driver.write(Float64Array.from(home));
    expect((await driver.read()).position[2]).toBeCloseTo(home[2] + 0.05, 12);
  });

  it('has joints that are stuck on demand, all or some', async () => {
    for (const [disableCommands, moved] of [
      [true, 0],
      [['elbow_flex'], 5],
    ] as const) {
      const { driver, home } = await active(so101, { disableCommands: disableCommands as true });
      await driver.write(Float64Array.from(home, (q) => q + 0.1));
      const { position } = await driver.read();
      expect(position.filter((q, j) => q !== home[j])).toHaveLength(moved);
      expect(position[2]).toBe(home[2]);
    }
  });

  it('has feedback that is stuck on demand: joints go, and what is read of them stays, fresh as ever', async () => {
    for (const [stuckFeedback, stuck] of [
      [true, 6],
      [['elbow_flex'], 1],
    ] as const) {
      const { driver, home, clock } = await active(so101, { stuckFeedback: stuckFeedback as true });
      const command = Float64Array.from(home, (q) => q + 0.1);
      await driver.write(command);
      clock.time += 1;
      const { position, velocity, age } = await driver.read();
      expect(position.filter((q, j) => q === home[j])).toHaveLength(stuck);
      expect([position[2], velocity[2], age[2]]).toEqual([home[2], 0, 0]);
      so101.actuators.forEach(({ joint }, j) => {
        expect(driver.coordinateOf(joint)).toBe(command[j]);
      });
    }
  });

  it('comes up to a command as a lag of first order', async () => {
    const { driver, home, clock } = await active(so101, { calculateDynamics: true, timeConstant: 0.1 });
    // So near that the joint never goes at its full speed.
    await driver.write(Float64Array.from(home, (q) => q + 0.2));
    clock.time += 0.1;
    const { position, velocity } = await driver.read();
    for (const [j, q] of home.entries()) {
      expect(position[j]).toBeCloseTo(q + 0.2 * (1 - Math.exp(-1)), 9);
      expect(velocity[j]).toBeCloseTo((0.2 * Math.exp(-1)) / 0.1, 9);
    }
  });

  it('moves by its rates', async () => {
    const robot = { ...so101, actuators: so101.actuators.map((a) => ({ ...a, kind: 'velocity' as const })) };
    const { driver, home, clock } = await active(robot as RobotModel, { calculateDynamics: true });
    await driver.write(new Float64Array(6).fill(-0.5));
    clock.time += 0.3;
    const { position, velocity } = await driver.read();
    expect(position[0]).toBeCloseTo(home[0] - 0.15, 12);
    expect(velocity[0]).toBe(-0.5);
  });

  it('has joints that mimic others', async () => {
    const { driver } = await active(panda);
    const command = Float64Array.from((await driver.read()).position);
    command[7] = 0.013;
    await driver.write(command);
    expect(driver.coordinateOf('panda_finger_joint1')).toBe(0.013);
    expect(driver.coordinateOf('panda_finger_joint2')).toBe(0.013);
  });

  it('does the same again', async () => {
    const run = async () => {
      const { driver, home, clock } = await active(so101, { calculateDynamics: true });
      const seen: number[] = [];
      for (let k = 0; k < 20; k++) {
        await driver.write(Float64Array.from(home, (q) => q + Math.sin(k)));
        clock.time += 0.01;
        seen.push(...(await driver.read()).position);
      }
      return seen;
    };
    expect(await run()).toEqual(await run());
  });

  it('reads and never writes unless it is active', async () => {
    const { driver, home } = make(so101);
    await expect(driver.read()).rejects.toThrow('not configured');
    expect(await driver.configure()).toEqual({
      ...{ description: '6 joints of so101, mocked', serial: null, notes: [] },
    });
    await driver.read();
    await expect(driver.write(Float64Array.from(home))).rejects.toThrow('not active');
    await driver.activate(Float64Array.from(home));
    await driver.write(Float64Array.from(home));
    await driver.stop('hold');
    await expect(driver.write(Float64Array.from(home))).rejects.toThrow('not active');
    await driver.close();
    await driver.close();
    await expect(driver.read()).rejects.toThrow('not configured');
  });

  it.each(['hold', 'release'] as const)('stays where it is when it is stopped (%s)', async (how) => {
    const { driver, home, clock } = await active(so101, { calculateDynamics: true });
    await driver.write(Float64Array.from(home, (q) => q + 1));
    clock.time += 0.05;
    expect(await driver.stop(how)).toMatchObject({ stopped: true });
    const { position } = await driver.read();
    const at = Float64Array.from(position);
    clock.time += 1;
    expect((await driver.read()).position).toEqual(at);
    expect(at[0]).toBeGreaterThan(home[0]);
    expect(at[0]).toBeLessThan(home[0] + 1);
  });
});

describe('a fault of a mocked robot', () => {
  it.each(['configure', 'activate', 'read', 'write'] as const)('makes %s fail for its time', async (kind) => {
    const { driver, home, clock } = await active(so101);
    driver.inject({ kind, joint: 'gripper', value: 'no power', from: 1, for: 1 });
    const call = () =>
      kind === 'configure' || kind === 'read' ? driver[kind]() : driver[kind](Float64Array.from(home));
    await call();
    clock.time += 1;
    await expect(call()).rejects.toThrow(`gripper: ${kind}: no power`);
    clock.time += 1;
    await call();
    driver.inject({ kind });
    await expect(call()).rejects.toThrow('told to fail');
    driver.heal();
    await call();
  });

  it('leaves a stop unconfirmed', async () => {
    const { driver } = await active(so101, { faults: [{ kind: 'stop' }] });
    expect(await driver.stop('hold')).toMatchObject({ stopped: false });
  });

  it('is told in what motors say', async () => {
    const { driver } = await active(so101, {
      faults: [
        { kind: 'temperature', joint: 'elbow_flex', value: 80 },
        { kind: 'voltage', value: 4 },
        { kind: 'load', joint: 'gripper', value: -0.9 },
        { kind: 'error', joint: 'gripper', value: 'overheat' },
        { kind: 'not a number', joint: 'gripper' },
      ],
    });
    const { motors, position } = await driver.read();
    expect(motors.map(({ temperature }) => temperature)).toEqual([30, 30, 80, 30, 30, 30]);
    expect(motors.every(({ voltage }) => voltage === 4)).toBe(true);
    expect(motors[5]).toMatchObject({ load: -0.9, error: 'overheat' });
    expect(position[5]).toBeNaN();
    expect(position[4]).not.toBeNaN();
  });

  it('makes a joint silent: it keeps its value, ages, and is missed', async () => {
    const { driver, home, clock } = await active(so101);
    driver.inject({ kind: 'silent', joint: 'gripper' });
    await driver.write(Float64Array.from(home, (q) => q + 0.1));
    clock.time += 0.25;
    await driver.read();
    const { position, age, motors } = await driver.read();
    expect(position[5]).toBe(home[5]);
    expect(position[4]).toBe(home[4] + 0.1);
    expect(age[5]).toBeCloseTo(0.25, 12);
    expect(age[4]).toBe(0);
    expect(motors[5].misses).toBe(2);
  });
});

describe('options of the driver mock', () => {
  it.each([
    [{ offset: 1 }, /^hardware\.options: .*driver mock takes positionOffset/],
    [{ timeConstant: 0 }, /^hardware\.options\.timeConstant: /],
    [{ faults: [{ kind: 'boredom' }] }, /^hardware\.options\.faults\.0\.kind: /],
    [{ disableCommands: ['elbow'] }, /so101 has no driven joint "elbow"; there are shoulder_pan, .*gripper/],
    [{ stuckFeedback: ['elbow'] }, /so101 has no driven joint "elbow"; there are shoulder_pan, .*gripper/],
    [{ start: { elbow: 1 } }, /joint "elbow"/],
    [{ faults: [{ kind: 'silent', joint: 'elbow' }] }, /joint "elbow"/],
  ])('%j is refused', (options, message) => {
    expect(() => make(so101, options as MockOptions)).toThrow(message);
  });

  it('of another driver are not its own', () => {
    const hardware = { ...so101.hardware!, options: { latency: 0.001 } };
    expect(() => new MockDriver({ robot: so101, hardware, port: 'mock' })).not.toThrow();
  });
});

driverConformance('mock', async () => {
  const { driver, clock, home } = make(so101, { calculateDynamics: true });
  const joints = so101.actuators.map(({ joint }) => joint);
  return {
    ...{ driver, joints, tolerance: 1e-6, travel: 1 },
    poses: [home, home.map((q) => q - 0.1)],
    run: (promise) => promise,
    async pass(seconds) {
      clock.time += seconds;
    },
    positions: () => joints.map((joint) => driver.coordinateOf(joint)),
    powered: () => joints.map(() => driver.powered),
    place: (positions) => driver.place(positions),
    silence(joint, silent) {
      if (silent) driver.inject({ kind: 'silent', joint: joints[joint] });
      else driver.heal();
    },
    unplug(out) {
      if (!out) return driver.heal();
      for (const kind of ['configure', 'activate', 'read', 'write', 'stop'] as const) driver.inject({ kind });
    },
  };
});

function make(robot: RobotModel, options: MockOptions = {}) {
  const clock = { time: 5, now: () => clock.time };
  const hardware: HardwareSpec = {
    ...robot.hardware!,
    driver: 'mock',
    options: options as Record<string, unknown>,
  };
  const driver = new MockDriver({ robot, hardware, port: 'mock' }, clock);
  const home = [...homeOfActuators(robot)];
  return { driver, clock, home };
}

async function active(robot: RobotModel, options?: MockOptions) {
  const made = make(robot, options);
  await made.driver.configure();
  await made.driver.activate(Float64Array.from(made.home));
  return made;
}
