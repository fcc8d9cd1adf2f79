import { InputError } from '../core/errors.ts';
import type { Plant } from '../core/plant.ts';
import type { RobotModel } from '../core/robot.ts';
import type { WorldSpec } from '../core/task.ts';
import type { Calibration } from './calibration.ts';
import { HardwarePlant } from './hardware-plant.ts';

/** Which real robot, and how. Crosses threads. */
export interface HardwareChoice {
  /** A serial device, `tcp://host:port`, `ws://host:port`, `mock`. */
  readonly port: string;
  /** All but writing. */
  readonly dryRun: boolean;
  readonly calibration?: Calibration;
  /** See `DriverOptions`. */
  readonly calibrationNamed?: boolean;
  /** URL of a driver's module of one's own. */
  readonly driverModule?: string;
  /** See `BridgeClientOptions`. */
  readonly beat?: SharedArrayBuffer;
  /** s; see `BridgeOptions`. */
  readonly watchdog?: number;
}

export interface CreatePlantOptions {
  readonly robot: RobotModel;
  /** s */
  readonly controlPeriod: number;
  readonly world?: WorldSpec;
  readonly data: HardwareChoice;
}

/** A real robot, connected; nothing moves before `reset`. @throws InputError, RobotFault */
export async function createPlant({ robot, controlPeriod, world, data }: CreatePlantOptions): Promise<Plant> {
  const { hardware } = robot;
  if (!hardware)
    throw new InputError(
      `robot ${robot.name}: its robot.json has no key "hardware", so there is no real one to run`,
    );
  const { beat, ...choice } = data;
  return HardwarePlant.open({
    options: { ...choice, robot, hardware, controlPeriod },
    ...(world && { world }),
    ...(beat && { beat }),
  });
}
