import { describe, expect, it } from 'vitest';
import { cycles, failure, ready, servoRobot } from './servo-robot.ts';

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
});
