import { describe, expect, it } from 'vitest';
import { failure, ready, servoRobot } from './servo-robot.ts';

describe.each(['feetech', 'dynamixel'] as const)('stopping %s motors', (family) => {
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

  it('does not name one motor after the other where none answers', async () => {
    const { clock, driver, emulated } = await ready(servoRobot(family));
    emulated.unplug(true);
    const { stopped, how } = await clock.run(driver.stop('hold'));
    expect(stopped).toBe(false);
    expect(how).toMatch(/^told to hold; no answer from any of the 3 motors|^no motor answers/);
    expect(how).not.toMatch(/motor \d/);
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
});
