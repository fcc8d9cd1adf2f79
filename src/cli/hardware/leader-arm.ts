import { InputError, RobotFault } from '../../core/errors.ts';
import type { RobotModel } from '../../core/robot.ts';
import type { HardwareChoice } from '../../hardware/create-plant.ts';
import type { Driver } from '../../hardware/driver.ts';
import { drivers } from '../../hardware/drivers.ts';
import { chooseRobot } from './chosen-robot.ts';

/** s that a joint of the leader may stay silent. */
const SILENCE = 0.2;

/** An arm that a person moves by hand: the same robot, torque off, read alone. */
export class LeaderArm {
  readonly description: string;
  readonly #driver: Driver;
  readonly #names: readonly string[];

  private constructor(driver: Driver, description: string, names: readonly string[]) {
    this.#driver = driver;
    this.description = description;
    this.#names = names;
  }

  /** @throws InputError, RobotFault */
  static async open(
    robot: RobotModel,
    reference: string,
    port: string,
    calibration: string | undefined,
  ): Promise<LeaderArm> {
    const chosen = await chooseRobot(robot, reference, { port, calibration });
    const hardware = chosen.robot.hardware!;
    const module = drivers[hardware.driver];
    if (!module)
      throw new InputError(`a leader needs a driver that ships, and this one is ${hardware.driver}`);
    const { calibration: found } = chosen.access.source.data as HardwareChoice;
    const driver = module.create({
      robot: chosen.robot,
      hardware,
      port,
      ...(found && { calibration: found }),
    });
    try {
      const { description } = await driver.configure();
      const { stopped, how } = await driver.stop('release');
      if (!stopped) throw new RobotFault(`the leader on ${port} is not limp: ${how}`);
      return new LeaderArm(
        driver,
        description,
        robot.actuators.map(({ joint }) => joint),
      );
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  /** Where the person holds it [J]. @throws RobotFault when a joint has been silent for long */
  async read(): Promise<Float64Array> {
    const { position, age } = await this.#driver.read();
    const silent = this.#names.filter((_, j) => !(age[j] <= SILENCE) || Number.isNaN(position[j]));
    if (silent.length > 0)
      throw new RobotFault(`the leader does not tell ${silent.join(', ')}; check its cable`);
    return position.slice();
  }

  close(): Promise<void> {
    return this.#driver.close();
  }
}
