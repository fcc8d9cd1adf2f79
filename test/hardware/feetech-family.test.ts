import { expect, it } from 'vitest';
import { servoRobot } from './servo-robot.ts';

it('limits of speed that another program left are gone when a Feetech robot is active', async () => {
  const { clock, driver, emulated, place } = servoRobot('feetech');
  place([0.3, -0.5, 1]);
  for (const servo of emulated.servos) {
    servo.set('goal_time', 3000);
    servo.set('goal_velocity', 7);
  }
  await clock.run(driver.configure());
  const { position } = await clock.run(driver.read());
  await clock.run(driver.activate(position.slice()));
  for (const servo of emulated.servos)
    expect(['goal_time', 'goal_velocity'].map((name) => servo.get(name))).toEqual([0, 0]);
});
