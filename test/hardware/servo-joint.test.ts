import { describe, expect, it } from 'vitest';
import type { Calibration } from '#src/hardware/calibration';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { cycles, failure, ready, servoRobot } from './servo-robot.ts';

const turn = 2 * Math.PI;

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
