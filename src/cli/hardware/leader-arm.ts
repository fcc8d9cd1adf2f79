import { InputError, RobotFault } from '../../core/errors.ts';
import type { RobotModel } from '../../core/robot.ts';
import type { HardwareChoice } from '../../hardware/create-plant.ts';
import type { Driver } from '../../hardware/driver.ts';
import { drivers } from '../../hardware/drivers.ts';
import { chooseRobot, isServoPort, type PortChoices, portKind } from './chosen-robot.ts';
import { pause } from './interrupt.ts';

/** ms that a joint of the leader may stay silent, and between readings. */
const SILENCE = 500;
const PERIOD = 10;
/** s that its adapter may hold an answer back, where robot.json does not say. */
const PATIENCE = 0.02;

/** An arm that a person moves by hand: the same robot, torque off, read alone. */
export class LeaderArm {
  readonly description: string;
  readonly #driver: Driver;
  readonly #names: readonly string[];
  #newest: { readonly position: Float64Array; readonly at: number } | undefined;
  #failure: unknown;
  #reading: Promise<void>;
  #open = true;

  private constructor(driver: Driver, description: string, names: readonly string[]) {
    this.#driver = driver;
    this.description = description;
    this.#names = names;
    this.#reading = this.#read();
  }

  /**
   * @param dryRun nothing is written to it either: it must be limp already.
   * @throws InputError, RobotFault
   */
  static async open(
    robot: RobotModel,
    reference: string,
    { port, calibration, dryRun }: Pick<PortChoices, 'port' | 'calibration'> & { readonly dryRun: boolean },
  ): Promise<LeaderArm> {
    if (dryRun && portKind(port) === 'websocket')
      throw new InputError(
        '--dry-run: a leader behind ROS is made limp by its controllers, which is a write; leave out one of the two',
      );
    const chosen = await chooseRobot(robot, reference, { port, calibration, dryRun });
    const own = chosen.robot.hardware!;
    // Nothing waits for its answers: they may take their time.
    const hardware = isServoPort(chosen.kept.port)
      ? { ...own, options: { latency: PATIENCE, ...own.options } }
      : own;
    const module = drivers[hardware.driver];
    if (!module)
      throw new InputError(`a leader needs a driver that ships, and this one is ${hardware.driver}`);
    const { calibration: found, calibrationNamed } = chosen.access.source.data as HardwareChoice;
    const driver = module.create({
      robot: chosen.robot,
      hardware,
      ...{ port, dryRun },
      ...(found && { calibration: found }),
      ...(calibrationNamed && { calibrationNamed }),
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

  /** Where the person held it last [J]. @throws RobotFault when that is long ago */
  get position(): Float64Array {
    if (this.#failure) throw this.#failure;
    if (!this.#newest || performance.now() - this.#newest.at > SILENCE)
      throw new RobotFault('the leader does not tell where it is; check its cable');
    return this.#newest.position;
  }

  /** The first reading is there. @throws RobotFault */
  async ready(): Promise<void> {
    const deadline = performance.now() + 10 * SILENCE;
    while (!this.#newest && !this.#failure && performance.now() < deadline) await pause(10);
    void this.position;
  }

  async close(): Promise<void> {
    this.#open = false;
    await this.#reading;
    await this.#driver.close();
  }

  /** Beside the commands to the follower, which must not wait for an answer that is late. */
  async #read(): Promise<void> {
    while (this.#open) {
      try {
        const { position, age } = await this.#driver.read();
        const silent = this.#names.filter((_, j) => !(age[j] * 1000 <= SILENCE) || Number.isNaN(position[j]));
        if (silent.length > 0)
          throw new RobotFault(`the leader does not tell ${silent.join(', ')}; check its cable`);
        this.#newest = { position: position.slice(), at: performance.now() };
      } catch (error) {
        this.#failure = error;
        return;
      }
      await pause(PERIOD);
    }
  }
}
