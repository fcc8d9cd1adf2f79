import * as dynamixel from '#src/hardware/dynamixel/codec';
import * as feetech from '#src/hardware/feetech/codec';
import { servoFamilies } from '#src/hardware/servo-families';
import { driverConformance } from './driver-conformance.ts';
import { servoRobot } from './servo-robot.ts';

const codecs = { feetech, dynamixel };
const module = (family: string) => servoFamilies.find(({ name }) => name === family)!;

for (const family of ['feetech', 'dynamixel'] as const) {
  driverConformance(`${family} on an emulated bus`, () => {
    const { clock, robot, hardware, driver, emulated, joints, place, pull, lost } = servoRobot(family);
    const goal = module(family).protocol.registers.get('goal_position').address;
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
      ignoreGoals(ignored) {
        lost.packet = (bytes) => {
          const instruction = codecs[family].decodeInstruction(bytes);
          return ignored && instruction?.kind === 'syncWrite' && instruction.address === goal;
        };
      },
      unplug: pull,
      close: () => emulated.close(),
    };
  });
}
