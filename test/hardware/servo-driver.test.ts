import { describe, expect, it } from 'vitest';
import { servoRobot } from './servo-robot.ts';

describe.each(['feetech', 'dynamixel'] as const)('the %s driver', (family) => {
  it('is configured, read, activated, written to, stopped and closed', async () => {
    const { clock, driver, place, joints, emulated } = servoRobot(family);
    place([0.3, -0.5, 1]);
    const identity = await clock.run(driver.configure());
    expect(identity.description).toMatch(/^3 × (sts3215|xl330-m288) on test:\/\/bus$/);
    const reading = await clock.run(driver.read());
    expect(Array.from(reading.position, (q) => Number(q.toFixed(2)))).toEqual([0.3, -0.5, 1]);
    await clock.run(driver.activate(reading.position));
    expect(joints().map((q) => Number(q.toFixed(2)))).toEqual([0.3, -0.5, 1]);
    expect(emulated.servo(1).get('torque_enable')).toBe(1);
    await clock.run(driver.write(Float64Array.of(0, 0.2, 0.5)));
    for (let i = 0; i < 20; i++) {
      await clock.pass(0.05);
      await clock.run(driver.read());
    }
    expect(joints().map((q) => Number(q.toFixed(2)))).toEqual([0, 0.2, 0.5]);
    expect(await clock.run(driver.stop('hold'))).toMatchObject({ stopped: true });
    expect(await clock.run(driver.stop('release'))).toMatchObject({ stopped: true });
    expect(emulated.servo(1).get('torque_enable')).toBe(0);
    await clock.run(driver.close());
  });
});
