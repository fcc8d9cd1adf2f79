import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { ready, servoRobot } from './servo-robot.ts';

const turn = 2 * Math.PI;

describe.each(['feetech', 'dynamixel'] as const)('activating %s motors', (family) => {
  it('limits effort in the motor, as a share of what the actuator has', async () => {
    const { emulated, clock } = await ready(servoRobot(family));
    const [register, full] = family === 'feetech' ? ['torque_limit', 1000] : ['goal_pwm', 885];
    // 1.5 of 3 N m.
    expect(emulated.servo(1).get(register as string)).toBe(Math.round((full as number) / 2));
    expect(clock.now()).toBeLessThan(1);
  });

  it('takes a share of that effort, until the next activation', async () => {
    const { emulated, clock, driver } = await ready(servoRobot(family));
    const register = family === 'feetech' ? 'torque_limit' : 'goal_pwm';
    const usual = emulated.servo(1).get(register);
    const again = async (effort?: number) => {
      await clock.run(driver.stop('hold'));
      await clock.run(driver.activate((await clock.run(driver.read())).position.slice(), effort));
      return emulated.servo(1).get(register);
    };
    expect(Math.abs((await again(0.5)) - usual / 2)).toBeLessThan(1);
    expect(await again()).toBe(usual);
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
});
