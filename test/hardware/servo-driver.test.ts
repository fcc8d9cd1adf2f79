import { describe, expect, it } from 'vitest';
import { defaultCalibration } from '#src/hardware/calibration';
import { loadDriver } from '#src/hardware/drivers';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';
import { serveTcp } from '#src/hardware/emulator/serve-tcp';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { chain, cycles, ready, servoRobot } from './servo-robot.ts';

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

  it('refuses the calibration of another adapter, unless its file was named', async () => {
    const robot = servoRobot(family);
    const { clock, emulated, options, open, truth } = robot;
    const module = servoFamilies.find(({ name }) => name === family)!;
    const configured = (made: string | null, found: string | undefined, calibrationNamed?: boolean) => {
      const ports = { open, clock, adapter: async () => ({ path: 'test', serialNumber: found }) };
      const calibration = { ...truth, serial: made };
      const own = { ...options, calibration, ...(calibrationNamed && { calibrationNamed }) };
      const driver = new ServoDriver(module, own, ports);
      return clock.run(driver.configure().finally(() => driver.close()));
    };
    emulated.servo(2).set('return_delay', 99);
    await expect(configured('A1', 'B2')).rejects.toThrow(
      'the calibration of chain (emulated) was made with adapter A1, and this is B2: another robot? If it is the same, name the file with --calibration',
    );
    expect(emulated.servo(2).get('return_delay')).toBe(99);
    const { serial, notes } = await configured('A1', 'B2', true);
    expect([serial, notes.join()]).toEqual(['B2', expect.stringContaining('the adapter is B2;')]);
    for (const [made, found] of [
      ['A1', 'A1'],
      ['A1', undefined],
      [null, 'B2'],
    ] as const)
      expect((await configured(made, found)).notes).toEqual([]);
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
    emulated.condition(2, { temperature: 41, voltage: 6.8 });
    await cycles(robot, 5, [-0.9, 0.7, 0.1]);
    const { motors, effort, velocity } = await clock.run(driver.read());
    expect(motors[1]).toMatchObject({ joint: 'elbow', temperature: 41, error: '', misses: 0 });
    expect(motors[1].voltage).toBeCloseTo(6.8, 9);
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
