import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { type Calibration, defaultCalibration } from '#src/hardware/calibration';
import { drivers, loadDriver } from '#src/hardware/drivers';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { chain, servoRobot } from './servo-robot.ts';

type Robot = ReturnType<typeof servoRobot>;

const turn = 2 * Math.PI;

async function ready(robot: Robot, pose: readonly number[] = [0.3, -0.5, 1]): Promise<Robot> {
  const { clock, driver, place } = robot;
  place(pose);
  await clock.run(driver.configure());
  const { position } = await clock.run(driver.read());
  await clock.run(driver.activate(position.slice()));
  return robot;
}

/** Cycles of 10 ms, each a read and a write. */
async function cycles({ clock, driver }: Robot, count: number, pose: readonly number[]) {
  for (let i = 0; i < count; i++) {
    await clock.run(driver.read());
    await clock.run(driver.write(Float64Array.from(pose)));
    await clock.pass(0.01);
  }
}

async function failure({ clock, driver }: Robot): Promise<Error | undefined> {
  for (let i = 0; i < 100; i++) {
    const error = await clock.run(
      driver.read().then(
        () => undefined,
        (cause: Error) => cause,
      ),
    );
    if (error) return error;
    await clock.pass(0.01);
  }
  return undefined;
}

describe.each(['feetech', 'dynamixel'] as const)('the %s driver', (family) => {
  it('names motors that do not answer, and those that do', async () => {
    const robot = servoRobot(family);
    robot.emulated.condition(2, { dead: true });
    await expect(robot.clock.run(robot.driver.configure())).rejects.toThrow(
      'motor 2 (elbow): no answer on test://bus at 1000000 baud, while 1, 3 answer; check the cable to it, its id and its baud: premotor hardware scan',
    );
    for (const id of [1, 3]) robot.emulated.condition(id, { dead: true });
    await expect(robot.clock.run(robot.driver.configure())).rejects.toThrow(
      'no motor answers on test://bus at 1000000 baud (asked 1, 2, 3); is the supply on',
    );
  });

  it('refuses a motor of another model, and one that was calibrated elsewhere', async () => {
    const robot = servoRobot(family);
    const configure = () => robot.clock.run(robot.driver.configure());
    robot.emulated.servo(3).set('homing_offset', 40);
    await expect(configure()).rejects.toThrow('motor 3 (jaw) holds homing_offset 40, the file says 0');
    robot.emulated.servo(3).set('homing_offset', 0);
    robot.emulated.servo(1).set('model', 12);
    await expect(configure()).rejects.toThrow('motor 1 (shoulder) is a model 12, and robot.json says');
    expect(robot.emulated.servo(1).get('torque_enable')).toBe(0);
  });

  it('says that a calibration is missing', () => {
    const { robot, hardware } = servoRobot(family);
    const module = servoFamilies.find(({ name }) => name === family)!;
    expect(() => new ServoDriver(module, { robot, hardware, port: '/dev/x' })).toThrow(
      'robot chain is not calibrated; run premotor hardware calibrate chain --port /dev/x',
    );
  });

  it('sets motors up once: what is set is kept without power and not written again', async () => {
    const robot = servoRobot(family, { spec: { options: { gains: { elbow: { p: 77 } } } } });
    const { clock, driver, emulated } = robot;
    emulated.servo(2).set('return_delay', 99);
    emulated.servo(3).set('response_level', family === 'feetech' ? 0 : 1);
    if (family === 'feetech') emulated.servo(1).set('phase', 12 | 0x10);
    const first = await clock.run(driver.configure());
    expect(first.notes).toContain('motor 2 (elbow): return_delay 99 → 0');
    if (family === 'feetech') expect(first.notes).toContain('motor 1 (shoulder): phase 28 → 12');
    for (const id of [1, 2, 3]) emulated.reboot(id);
    await clock.pass(0.2);
    expect((await clock.run(driver.configure())).notes).toEqual([]);
    expect(emulated.servo(2).get('return_delay')).toBe(0);
    await ready(robot);
    expect(emulated.servo(2).get(family === 'feetech' ? 'p_gain' : 'position_p_gain')).toBe(77);
    if (family === 'feetech')
      expect([1, 2, 3].map((id) => emulated.servo(id).get('lock'))).toEqual([1, 1, 1]);
  });

  it('does not drop an arm that holds to set a motor up', async () => {
    const { clock, driver, emulated } = servoRobot(family);
    await clock.run(driver.configure());
    emulated.servo(2).set('return_delay', 99);
    emulated.servo(2).set('torque_enable', 1);
    await expect(clock.run(driver.configure())).rejects.toThrow(
      'motor 2 (elbow) holds, and return_delay can be set without torque only; support the robot and turn torque off',
    );
    expect(emulated.servo(2).get('torque_enable')).toBe(1);
  });

  it('limits effort in the motor, as a share of what the actuator has', async () => {
    const { emulated, clock } = await ready(servoRobot(family));
    const [register, full] = family === 'feetech' ? ['torque_limit', 1000] : ['goal_pwm', 885];
    // 1.5 of 3 N m.
    expect(emulated.servo(1).get(register as string)).toBe(Math.round((full as number) / 2));
    expect(clock.now()).toBeLessThan(1);
  });

  it('tells firmware that differs', async () => {
    const { clock, driver, emulated } = servoRobot(family);
    const register = family === 'feetech' ? 'firmware_minor' : 'firmware';
    emulated.servo(3).set(register, 9);
    const { notes } = await clock.run(driver.configure());
    expect(notes.join()).toMatch(/firmware differs: .*motor 3 \(jaw\) (3\.)?9; update/);
  });

  it('reads six values of every motor in one exchange a cycle', async () => {
    const robot = await ready(servoRobot(family));
    const { clock, driver, emulated } = robot;
    emulated.condition(2, { temperature: 41, voltage: 11.8 });
    await cycles(robot, 5, [-0.9, 0.7, 0.1]);
    const { motors, effort, velocity } = await clock.run(driver.read());
    expect(motors[1]).toMatchObject({ joint: 'elbow', temperature: 41, error: '', misses: 0 });
    expect(motors[1].voltage).toBeCloseTo(11.8, 9);
    // The elbow rises, and its motor turns the other way; the shoulder falls.
    expect(velocity[1]).toBeGreaterThan(1);
    expect(effort[1]).toBeGreaterThan(0.3);
    expect(effort[1]).toBeCloseTo(motors[1].load * 3, 12);
    expect(velocity[0]).toBeLessThan(-1);
    expect(effort[0]).toBeLessThan(-0.3);
  });

  it('forgives a motor that misses: its values keep, and their age tells', async () => {
    const robot = await ready(servoRobot(family));
    const { clock, driver, emulated } = robot;
    await cycles(robot, 3, [0.3, -0.5, 1]);
    emulated.fault({ fault: { kind: 'drop' }, id: 2, count: 3 });
    const { position, age, motors } = await clock.run(driver.read());
    expect(position[1]).toBeCloseTo(-0.5, 2);
    expect(age[1]).toBeGreaterThan(0.005);
    expect([age[0], age[2]].every((value) => value < 0.005)).toBe(true);
    expect(motors.map(({ misses }) => misses)).toEqual([0, 1, 0]);
    expect((await clock.run(driver.read())).age[1]).toBeLessThan(0.005);
  });

  it('goes on and does no harm where a fifth of all answers is lost, garbled, late or doubled', async () => {
    const robot = servoRobot(family);
    const { clock, driver, emulated, joints } = await ready(robot);
    for (const fault of [
      { kind: 'drop' },
      { kind: 'corrupt' },
      { kind: 'late', by: 0.004 },
      { kind: 'duplicate' },
    ] as const) {
      emulated.fault({ fault, share: 0.05 });
    }
    await cycles(robot, 100, [-0.9, 0.7, 0.1]);
    for (let j = 0; j < 3; j++) expect(joints()[j]).toBeCloseTo([-0.9, 0.7, 0.1][j], 2);
    expect(await clock.run(driver.stop('hold'))).toMatchObject({ stopped: true });
    expect(await clock.run(driver.stop('release'))).toMatchObject({ stopped: true });
  });

  it('is activated from any pose, 250 of them, and moves less than a tick or two', async () => {
    const robot = servoRobot(family);
    const { clock, driver, place, joints } = robot;
    await clock.run(driver.configure());
    const random = new Random(1, 'poses');
    const ranges = robot.robot.joints.map(({ lower, upper }) => [lower, upper]);
    let worst = 0;
    for (let i = 0; i < 250; i++) {
      const pose = ranges.map(([low, high]) => random.uniform(low, high));
      place(pose);
      const { position } = await clock.run(driver.read());
      await clock.run(driver.activate(position.slice()));
      await clock.pass(0.1);
      joints().forEach((q, j) => {
        worst = Math.max(worst, Math.abs(q - pose[j]));
      });
      await clock.run(driver.stop('release'));
    }
    expect(worst).toBeLessThan((1.5 * turn) / 4096);
  });

  it('refuses to activate a joint that stands outside what was calibrated, and leaves it limp', async () => {
    const { clock, driver, place, emulated } = servoRobot(family);
    place([0, 0, 0.5]);
    await clock.run(driver.configure());
    place([2.2, 0, 0.5]);
    const { position } = await clock.run(driver.read());
    await expect(clock.run(driver.activate(position.slice()))).rejects.toThrow(
      /^motor 1 \(shoulder\) stands 17\.\d° outside its calibrated range; move it back by hand, or calibrate again$/,
    );
    expect([1, 2, 3].map((id) => emulated.servo(id).get('torque_enable'))).toEqual([0, 0, 0]);
  });

  it('does not activate a joint that moves meanwhile', async () => {
    const { clock, driver, place } = servoRobot(family);
    await clock.run(driver.configure());
    const { position } = await clock.run(driver.read());
    const before = position.slice();
    place([0.4, 0, 0.5]);
    await expect(clock.run(driver.activate(before))).rejects.toThrow('motor 1 (shoulder) moved by 22.9°');
  });

  it.each([
    ['overheat', { temperature: 95 }, 'overheated'],
    ['overload', { overload: true }, 'overload'],
  ] as const)(
    'names %s where a motor turns itself off for it, and gets over it',
    async (_, condition, word) => {
      const robot = await ready(servoRobot(family));
      const { clock, driver, emulated } = robot;
      emulated.condition(2, condition);
      expect((await failure(robot))?.message).toBe(
        `motor 2 (elbow) turned its torque off: ${word}; check its load, supply and cable`,
      );
      const { motors } = await clock.run(driver.read().catch(() => driver.read()));
      expect(motors[1].error).toBe(word);
      const report = await clock.run(driver.stop('hold'));
      expect(report).toEqual({
        stopped: true,
        how: 'at rest, torque is off on motor 2 (elbow), read back from all 3 motors',
      });
      const again = async () => clock.run(driver.activate((await clock.run(driver.read())).position.slice()));
      await expect(again()).rejects.toThrow('motor 2 (elbow)');
      expect(emulated.servo(2).get('torque_enable')).toBe(0);
      emulated.condition(2, { temperature: 30, overload: false });
      await again();
      expect(emulated.servo(2).get('torque_enable')).toBe(1);
      expect((await clock.run(driver.read())).motors[1].error).toBe('');
    },
  );

  it('tells undervoltage, which turns nothing off, and that it is over', async () => {
    const robot = await ready(servoRobot(family));
    robot.emulated.condition(3, { voltage: 3.6 });
    const { motors } = await robot.clock.run(robot.driver.read());
    expect(motors[2].error).toBe('voltage out of limits');
    expect(motors[2].voltage).toBeCloseTo(3.6, 9);
    expect(robot.emulated.servo(3).get('torque_enable')).toBe(1);
    robot.emulated.condition(3, { voltage: 12 });
    await cycles(robot, 15, [0.3, -0.5, 1]);
    expect((await robot.clock.run(robot.driver.read())).motors[2].error).toBe('');
  });

  it('repeats nothing of an activation after a release, where an answer to it was lost', async () => {
    const { clock, driver, emulated } = servoRobot(family);
    await clock.run(driver.configure());
    const { position } = await clock.run(driver.read());
    const activating = driver.activate(position.slice()).catch((error: Error) => error);
    while (emulated.servo(2).get('torque_enable') === 0) await clock.pass(0.0001);
    emulated.fault({ fault: { kind: 'drop' }, id: 2, count: 1 });
    expect(await clock.run(driver.stop('release'))).toMatchObject({ stopped: true });
    expect(await clock.run(activating)).toMatchObject({ message: 'stopped while it was being activated' });
    await clock.pass(0.1);
    expect([1, 2, 3].map((id) => emulated.servo(id).get('torque_enable'))).toEqual([0, 0, 0]);
  });

  it('brings all others to rest in mid-motion, or takes their torque, though one is gone for long', async () => {
    const robot = await ready(servoRobot(family));
    const { clock, driver, joints, emulated } = robot;
    emulated.condition(2, { dead: true });
    expect((await failure(robot))?.message).toContain('motor 2 (elbow)');
    await clock.run(driver.write(Float64Array.of(-1.8, 0.7, 0.1)));
    await clock.pass(0.1);
    const report = await clock.run(driver.stop('hold'));
    expect(report.stopped).toBe(false);
    expect(report.how).toContain('told to hold; no answer from motor 2 (elbow)');
    const [shoulder] = joints();
    expect(shoulder).toBeGreaterThan(-1.2);
    await clock.pass(0.5);
    expect(joints()[0]).toBeCloseTo(shoulder, 2);
    const released = await clock.run(driver.stop('release'));
    expect(released).toEqual({
      stopped: false,
      how: 'torque off was sent and not confirmed by motor 2 (elbow)',
    });
    expect([1, 3].map((id) => emulated.servo(id).get('torque_enable'))).toEqual([0, 0]);
  });

  it('stops goals on their way from being taken up after the stop', async () => {
    const robot = await ready(servoRobot(family));
    const { clock, driver, joints } = robot;
    const reading = driver.read();
    const writing = driver.write(Float64Array.of(-0.9, 0.7, 0.1)).catch(() => {});
    const stopping = driver.stop('hold');
    await clock.run(Promise.all([reading, writing, stopping]));
    await clock.pass(0.5);
    joints().forEach((q, j) => {
      expect(Math.abs(q - [0.3, -0.5, 1][j])).toBeLessThan(0.02);
    });
  });

  it('works over TCP in real time', async () => {
    const robot = chain(family);
    const hardware = robot.hardware!;
    const calibration = defaultCalibration(robot);
    const { servos, mounts } = emulatedServos(robot, hardware, calibration);
    const bus = new EmulatedBus({ family, servos, motors: new FirstOrderMotors(mounts.map(() => 0)) });
    const served = await serveTcp(bus);
    const module = await loadDriver(family);
    const driver = module.create({ robot, hardware, port: served.address, calibration });
    try {
      expect((await driver.configure()).serial).toBeNull();
      await driver.configure();
      const { position } = await driver.read();
      await driver.activate(position.slice());
      const goal = Float64Array.from(position, (q) => q + 0.2);
      for (let i = 0; i < 60; i++) {
        await driver.write(goal);
        await driver.read();
      }
      expect(await driver.stop('hold')).toMatchObject({ stopped: true });
      const reached = (await driver.read()).position;
      reached.forEach((q, j) => {
        expect(Math.abs(q - goal[j])).toBeLessThan(0.1);
      });
    } finally {
      await driver.close();
      await served.close();
    }
  });
});

describe('wheels', () => {
  const plans = [{ kind: 'velocity' as const }, { kind: 'velocity' as const, sign: -1 as const }];

  it.each(['feetech', 'dynamixel'] as const)(
    'of %s turn at the rate they are told, any number of turns',
    async (family) => {
      const robot = servoRobot(family, {
        plans,
        spec: { options: family === 'feetech' ? { velocitySteps: 1 } : {} },
      });
      await ready(robot, [0, 0]);
      const { clock, driver, joints } = robot;
      await cycles(robot, 400, [4, -3]);
      const { position, velocity } = await clock.run(driver.read());
      expect(velocity[0]).toBeCloseTo(4, 1);
      expect(velocity[1]).toBeCloseTo(-3, 1);
      expect(position[0]).toBeGreaterThan(12);
      expect(position[1]).toBeLessThan(-9);
      joints().forEach((q, j) => {
        expect(Math.abs(position[j] - q)).toBeLessThan(0.01);
      });
      expect(await clock.run(driver.stop('hold'))).toMatchObject({ stopped: true });
      const { velocity: rest } = await clock.run(driver.read());
      expect(Math.max(...rest.map(Math.abs))).toBeLessThan(0.03);
    },
  );

  it('of Feetech need limits or a rate, and of Dynamixel hold a place beyond a turn', async () => {
    expect(() => servoRobot('feetech', { plans: [{}] })).toThrow('give it limits or a velocity actuator');
    const robot = await ready(servoRobot('dynamixel', { plans: [{}] }), [0]);
    for (let goal = 0; goal <= 20; goal += 0.05) await cycles(robot, 1, [goal]);
    await cycles(robot, 40, [20]);
    expect(robot.joints()[0]).toBeCloseTo(20, 2);
    // A reboot forgets the turns; the driver does not.
    robot.emulated.reboot(1);
    expect((await failure(robot))?.message).toContain('it rebooted or lost its power');
    await robot.clock.run(robot.driver.stop('hold'));
    const { position } = await robot.clock.run(robot.driver.read());
    expect(position[0]).toBeCloseTo(20, 2);
    await robot.clock.run(robot.driver.activate(position.slice()));
    await cycles(robot, 40, [19.5]);
    expect(robot.joints()[0]).toBeCloseTo(19.5, 2);
  });
});

describe('the speed of Feetech motors', () => {
  it.each([1, 50] as const)(
    'is true where a count is %i steps/s, after a little motion',
    async (velocitySteps) => {
      const robot = servoRobot('feetech');
      const own = emulatedServos(robot.robot, robot.hardware, robot.truth).servos;
      const servos = own.map((spec) => ({ ...spec, velocitySteps }));
      const coarse = await ready(servoRobot('feetech', { emulator: { servos } }), [-1.2, 0, 0.5]);
      const worst = { before: 0, after: 0 };
      for (let i = 0; i < 100; i++) {
        const phase = (i / 100) * turn;
        await cycles(coarse, 1, [-1.2 * Math.cos(phase), 0.3 * Math.sin(phase), 0.5]);
        const { velocity } = await coarse.clock.run(coarse.driver.read());
        const true0 = coarse.motors.velocity(0);
        const off = Math.abs(velocity[0] - true0);
        if (i < 15) worst.before = Math.max(worst.before, off);
        else worst.after = Math.max(worst.after, off);
        // Unknown, it is never read 50 times too fast.
        expect(Math.abs(velocity[0])).toBeLessThan(Math.abs(true0) + 0.5);
      }
      expect(worst.after).toBeLessThan(0.4);
    },
  );
});

describe('a Dynamixel', () => {
  it('stops by its own watchdog when nothing is sent, says so, and moves nowhere when it is activated again', async () => {
    const robot = await ready(servoRobot('dynamixel'));
    const { clock, driver, joints, emulated } = robot;
    expect(driver.watchdog).toBe(0.2);
    await cycles(robot, 1, [-0.9, 0.7, 0.1]);
    await clock.pass(0.18);
    const moving = joints()[0];
    await clock.pass(0.5);
    const rest = [...joints()];
    // 20 ms at most after the watchdog's time, at 5 rad/s.
    expect(Math.abs(rest[0] - moving)).toBeLessThan(0.25);
    expect(rest[0]).toBeGreaterThan(-0.85);
    expect(emulated.servo(1).get('bus_watchdog')).toBe(-1);
    expect((await failure(robot))?.message).toBe(
      'motor 1 (shoulder): its watchdog stopped it, nothing was sent for 0.2 s',
    );
    expect(await clock.run(driver.stop('hold'))).toMatchObject({ stopped: true });
    const { position } = await clock.run(driver.read());
    await clock.run(driver.activate(position.slice()));
    await clock.run(driver.read());
    joints().forEach((q, j) => {
      expect(Math.abs(q - rest[j])).toBeLessThan(0.004);
    });
    await cycles(robot, 60, [-0.9, 0.7, 0.1]);
    expect(joints()[0]).toBeCloseTo(-0.9, 2);
  });

  it('is found on any turn, and its joint angle is the same', async () => {
    const plain = servoRobot('dynamixel');
    const offsets: Calibration['motors'] = Object.fromEntries(
      Object.entries(plain.truth.motors).map(([joint, motor], i) => [
        joint,
        { ...motor, homingOffset: [1500, -1900, 2040][i] },
      ]),
    );
    const robot = servoRobot('dynamixel', { calibrated: { ...plain.truth, motors: offsets } });
    await ready(robot, [1.8, -1.6, 1.7]);
    await cycles(robot, 120, [-1.8, 1.1, -0.1]);
    robot.joints().forEach((q, j) => {
      expect(q).toBeCloseTo([-1.8, 1.1, -0.1][j], 2);
    });
    for (const id of [1, 2, 3]) robot.emulated.reboot(id);
    await robot.clock.pass(0.2);
    const { position } = await robot.clock.run(robot.driver.read().catch(() => robot.driver.read()));
    position.forEach((q, j) => {
      expect(q).toBeCloseTo([-1.8, 1.1, -0.1][j], 2);
    });
  });
});

describe('the full state of six STS3215', () => {
  it('takes 98 bytes', async () => {
    const plans = Array.from({ length: 6 }, () => ({ lower: -1, upper: 1 }));
    const robot = await ready(servoRobot('feetech', { plans }), [0, 0, 0, 0, 0, 0]);
    const { clock, driver } = robot;
    const durations: number[] = [];
    for (let i = 0; i < 10; i++) {
      const begun = clock.now();
      await clock.run(driver.read());
      durations.push(clock.now() - begun);
      await clock.pass(0.01);
    }
    // 0.98 ms on the wire, and 1 ms of the adapter.
    expect(Math.min(...durations)).toBeCloseTo(0.00198, 9);
    expect(durations.filter((value) => value < 0.00199).length).toBeGreaterThanOrEqual(8);
  });
});

describe('drivers by name', () => {
  it('are shipped, or modules of one’s own', async () => {
    expect(await loadDriver('feetech')).toBe(drivers.feetech);
    expect(await loadDriver('dynamixel')).toMatchObject({ name: 'dynamixel', calibrated: true });
    await expect(loadDriver('feetch')).rejects.toThrow('unknown driver "feetch"; did you mean feetech?');
    const module = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
    const own = module("export default { name: 'own', calibrated: false, create() {} }");
    expect(await loadDriver(own)).toMatchObject({ name: 'own' });
    await expect(loadDriver(module('export default 3'))).rejects.toThrow('it has no default export');
    await expect(loadDriver(module("export default { name: 'own', calibrated: false }"))).rejects.toThrow(
      'its default export has no function create',
    );
    await expect(loadDriver(module('throw new Error("broken")'))).rejects.toThrow('cannot be loaded: broken');
  });

  it('take options of their own, and say which', () => {
    expect(() => servoRobot('feetech', { spec: { options: { latncy: 1 } } })).toThrow(
      /driver feetech takes latency, echo, gains, velocitySteps, watchdog/,
    );
  });
});
