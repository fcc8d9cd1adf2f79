import { driverConformance } from './driver-conformance.ts';
import { servoRobot } from './servo-robot.ts';

for (const family of ['feetech', 'dynamixel'] as const) {
  driverConformance(`${family} on an emulated bus`, () => {
    const { clock, robot, hardware, driver, emulated, joints, place, pull } = servoRobot(family);
    return {
      driver,
      joints: robot.actuators.map(({ joint }) => joint),
      poses: [
        [0.3, -0.5, 1],
        [-0.9, 0.7, 0.1],
      ],
      tolerance: 0.004,
      travel: 1,
      run: (promise) => clock.run(promise),
      pass: (seconds) => clock.pass(seconds),
      positions: joints,
      powered: () => hardware.motors.map(({ id }) => emulated.servo(id).get('torque_enable') === 1),
      place,
      silence: (joint, dead) => emulated.condition(joint + 1, { dead }),
      reboot: (joint) => emulated.reboot(joint + 1),
      unplug: pull,
      close: () => emulated.close(),
    };
  });
}
