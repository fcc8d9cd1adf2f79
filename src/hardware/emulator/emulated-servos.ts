import { InputError } from '../../core/errors.ts';
import type { HardwareSpec } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';
import { coordinateOf } from '../../robot/index.ts';
import { type Calibration, calibratedRegisters } from '../calibration.ts';
import { JointScale } from '../joint-scale.ts';
import { MIDDLE_TICK } from '../register.ts';
import { servoFamilies } from '../servo-families.ts';
import type { EmulatorOptions } from './emulated-bus.ts';
import type { MotorMount } from './plant-motors.ts';

/**
 * The servos of a robot as its calibration says they are, and how they sit on its joints: for an `EmulatedBus` before
 * `PlantMotors`, or before `FirstOrderMotors` that begin at `home`, the shafts' angles at its home pose, rad. They are
 * set to the robot's baud; all else is as delivered.
 * @throws InputError when the robot's driver is not one of servos.
 */
export function emulatedServos(
  robot: RobotModel,
  hardware: HardwareSpec,
  calibration: Calibration,
): Pick<EmulatorOptions, 'family' | 'servos'> & {
  readonly mounts: readonly MotorMount[];
  readonly home: readonly number[];
} {
  const family = servoFamilies.find(({ name }) => name === hardware.driver);
  if (family === undefined) {
    const names = servoFamilies.map(({ name }) => name).join(', ');
    throw new InputError(`robot ${robot.name}: driver ${hardware.driver} has no emulator; ${names} have`);
  }
  const servos = hardware.motors.map(({ joint, id, model }) => {
    const number = family.modelNumber(model);
    const registers = { model: number, baud: family.bauds.indexOf(hardware.baud) };
    return { id, registers: { ...registers, ...calibratedRegisters(calibration.motors[joint]) } };
  });
  const mounts = hardware.motors.map(({ joint, sign }) => {
    const motor = calibration.motors[joint];
    const scale = new JointScale(robot.joints.find(({ name }) => name === joint)!, sign, motor);
    // Shaft angle 0 is tick 2048 before any offset.
    const reported = MIDDLE_TICK + family.offsetSign * motor.homingOffset;
    return { joint, sign, zero: scale.position(reported) };
  });
  const home = mounts.map(({ joint, sign, zero }) => sign * (robot.home[coordinateOf(robot, joint)] - zero));
  return { family: family.name, servos, mounts, home };
}
