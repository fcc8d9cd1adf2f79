import { InputError } from '../../core/errors.ts';
import type { HardwareSpec } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';
import { servoFamilies } from '../../hardware/servo-families.ts';
import type { ServoFamily } from '../../hardware/servo-family.ts';
import { loadRobot } from '../../load/robot.ts';

/** A robot that says what its real one is. */
export interface RealRobot {
  readonly robot: RobotModel;
  readonly hardware: HardwareSpec;
}

/** A real robot whose joints are servos on a bus. */
export interface ServoRobot extends RealRobot {
  readonly family: ServoFamily;
}

/** A robot by name or file. @throws InputError where its robot.json has no `hardware`. */
export async function loadRealRobot(nameOrFile: string): Promise<RealRobot> {
  const robot = await loadRobot(nameOrFile);
  if (robot.hardware) return { robot, hardware: robot.hardware };
  throw new InputError(
    `robot ${robot.name}: its robot.json has no "hardware", so nothing says what its motors are; see docs/hardware.md`,
  );
}

/** @throws InputError where its joints are not servos on a bus. */
export async function loadServoRobot(nameOrFile: string): Promise<ServoRobot> {
  const real = await loadRealRobot(nameOrFile);
  const { driver, motors } = real.hardware;
  const family = servoFamilies.find(({ name }) => name === driver);
  if (family === undefined)
    throw new InputError(
      `robot ${real.robot.name}: its driver is ${driver}; this command is for servos of feetech and dynamixel`,
    );
  if (motors.length === 0)
    throw new InputError(
      `robot ${real.robot.name}: hardware.motors of its robot.json is empty; name its motors`,
    );
  for (const { model } of motors) family.modelNumber(model);
  return { ...real, family };
}
