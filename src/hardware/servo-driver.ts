import { InputError, RobotFault } from '../core/errors.ts';
import type { StopHow } from '../core/hardware.ts';
import type { StopReport } from '../core/lifecycle.ts';
import { checkCalibration, checkSerial, compareWithMotors, isOfOther } from './calibration.ts';
import type { Driver, DriverModule, DriverOptions, Identity, Reading, SideExchange } from './driver.ts';
import { activateServos } from './servo-activation.ts';
import { differences, ServoBus, type ServoBusPorts } from './servo-bus.ts';
import type { ServoFamily } from './servo-family.ts';
import { ServoGuard } from './servo-guard.ts';
import { motorsByActuator, ServoJoint } from './servo-joint.ts';
import { ServoJoints } from './servo-joints.ts';
import { readServoOptions, type ServoOptions } from './servo-options.ts';
import { holdServos, lookAtServos, releaseServos } from './servo-stop.ts';

/** The module of a family. */
export function servoDriver(family: ServoFamily): DriverModule {
  return {
    name: family.name,
    calibrated: true,
    create: (options) => new ServoDriver(family, options),
  };
}

/**
 * A robot on a bus of servos, Feetech STS or Dynamixel X. One sync read a cycle; ten times a second, and after every
 * miss or complaint, one more that tells whether torque is still on. Set-up writes only what differs, reads back all
 * that it writes, and never turns torque off: a robot that holds goes on holding. In a dry run the bus is read alone.
 */
export class ServoDriver implements Driver {
  readonly watchdog: number | null;
  readonly #family: ServoFamily;
  readonly #options: DriverOptions;
  readonly #servoOptions: ServoOptions;
  readonly #ports: ServoBusPorts;
  readonly #joints: ServoJoints;
  readonly #guard: ServoGuard;
  #link: ServoBus | undefined;
  #tell: (exchange: SideExchange) => void = () => {};
  #active = false;
  /** Torque is wanted of the motors: it was activated, and no release was asked for since. */
  #powered = false;
  /** Counts stops and beginnings: what was begun before one must not go on after it. */
  #epoch = 0;

  /** @throws InputError when robot.json, URDF and calibration do not fit this family */
  constructor(family: ServoFamily, options: DriverOptions, ports: ServoBusPorts = {}) {
    const { robot, hardware, calibration } = options;
    this.#family = family;
    this.#options = options;
    this.#ports = ports;
    this.#servoOptions = readServoOptions(hardware);
    if (calibration === undefined) {
      throw new InputError(
        `robot ${robot.name} is not calibrated; run premotor hardware calibrate ${robot.name} --port ${options.port}`,
      );
    }
    checkCalibration(calibration, robot, hardware);
    const names = robot.actuators.map(({ joint }) => joint);
    this.#joints = new ServoJoints(
      motorsByActuator(robot.name, names, hardware.motors).map(
        (motor, j) =>
          new ServoJoint(robot, hardware, robot.actuators[j], motor, family, calibration, this.#servoOptions),
      ),
    );
    this.watchdog = family.watchdog === undefined ? null : this.#servoOptions.watchdog;
    // Who is told nothing need not hold.
    this.#guard = new ServoGuard(this.#joints, this.watchdog, () =>
      this.#dryRun ? 'limp' : this.#active ? 'active' : this.#powered ? 'holding' : 'limp',
    );
  }

  get #dryRun(): boolean {
    return this.#options.dryRun ?? false;
  }

  async configure(): Promise<Identity> {
    await this.close();
    const { hardware, port } = this.#options;
    const link = await ServoBus.open(this.#family, hardware, port, {
      ...this.#ports,
      readOnly: this.#dryRun,
    });
    this.#link = link;
    const notes = await link.unhurried(() => this.#setUp(link));
    const models = new Set(Array.from(this.#joints, ({ motor }) => motor.model));
    const motors = models.size === 1 ? [...models][0] : 'motors';
    return {
      description: `${this.#joints.ids.length} × ${motors} on ${port}`,
      serial: link.serial,
      notes,
    };
  }

  async read(): Promise<Reading> {
    const link = this.#connected();
    this.#joints.take(link, await link.look(this.#family.state, this.#joints.ids));
    await this.#guard.look(link);
    return this.#joints.reading(link);
  }

  async activate(command: Float64Array, effort = 1): Promise<void> {
    const link = this.#connected();
    const epoch = ++this.#epoch;
    const goOn = () => {
      if (epoch !== this.#epoch) throw new RobotFault('stopped while it was being activated');
    };
    const { watchdog } = this.#servoOptions;
    if (!this.#dryRun)
      await activateServos(link, this.#joints, command, { watchdog, effort }, goOn, this.#tell);
    goOn();
    this.#guard.begin(link);
    this.#active = true;
    this.#powered = true;
  }

  async write(command: Float64Array): Promise<void> {
    const link = this.#connected();
    if (!this.#active) throw new RobotFault('nothing is written to a robot that is not active');
    const goals = new Map(Array.from(this.#joints, (joint, j) => [joint.id, joint.goal(command[j])]));
    if (this.#dryRun) return;
    for (const [register, joints] of this.#joints.byGoal) {
      // A stop may have come between the two.
      if (!this.#active) return;
      await link.send(
        register,
        joints.map(({ id }) => [id, goals.get(id)!]),
      );
    }
  }

  observe(listener: (exchange: SideExchange) => void): void {
    this.#tell = listener;
  }

  async stop(how: StopHow): Promise<StopReport> {
    this.#active = false;
    this.#epoch++;
    const link = this.#link;
    if (link === undefined) return { stopped: false, how: 'no motor is connected that could be told' };
    try {
      if (this.#dryRun) return await lookAtServos(link, this.#joints, how);
      if (how === 'hold') return await holdServos(link, this.#joints, this.#tell);
      // No torque is wanted any more, also of a motor that does not confirm it: one without is nothing to complain of.
      this.#powered = false;
      return await releaseServos(link, this.#joints);
    } catch (error) {
      const own = this.watchdog === null ? '' : `; the motors' own watchdog acts after ${this.watchdog} s`;
      return { stopped: false, how: `${(error as Error).message}${own}` };
    }
  }

  async close(): Promise<void> {
    this.#active = false;
    this.#epoch++;
    this.#guard.reset();
    const link = this.#link;
    this.#link = undefined;
    await link?.bus.close();
  }

  /** Checks who is there against robot.json and calibration, and sets what differs. Returns what a person should know. */
  async #setUp(link: ServoBus): Promise<string[]> {
    const { calibration, calibrationNamed = false } = this.#options;
    if (!calibrationNamed) checkSerial(calibration!, link.serial);
    const dryRun = this.#dryRun;
    for (const joint of this.#joints) {
      joint.held = await link.table(joint.id);
      link.checkModel(joint.motor, joint.held);
    }
    const held = Array.from(this.#joints, (joint) => [joint.motor.joint, joint.held] as const);
    compareWithMotors(calibration!, Object.fromEntries(held));
    const notes = this.#notes(link);
    for (const joint of this.#joints) {
      const changes = differences(this.#family.settings(joint.role, joint.held).eeprom, joint.held);
      if (!dryRun) await link.keep(joint.id, changes);
      for (const [register, counts] of Object.entries(changes)) {
        const change = `${link.bus.motor(joint.id)}: ${register} ${joint.held[register]} → ${counts}`;
        notes.push(dryRun ? `${change}, which a run would set` : change);
      }
    }
    return notes;
  }

  /** Firmware that differs among like motors, and an adapter that is not the one calibrated with. */
  #notes({ serial, bus }: ServoBus): string[] {
    const notes: string[] = [];
    const calibration = this.#options.calibration!;
    if (isOfOther(calibration, serial)) {
      notes.push(
        `the adapter is ${serial}; the calibration, which the motors agree with, was made with ${calibration.serial}`,
      );
    }
    for (const model of new Set(Array.from(this.#joints, ({ held }) => held.model))) {
      const like = [...this.#joints].filter(({ held }) => held.model === model);
      const versions = like.map(({ held }) => this.#family.firmware(held));
      if (new Set(versions).size === 1) continue;
      const list = like.map(({ id }, i) => `${bus.motor(id)} ${versions[i]}`).join(', ');
      notes.push(`firmware differs: ${list}; update the motors to one version`);
    }
    return notes;
  }

  #connected(): ServoBus {
    if (this.#link === undefined) throw new RobotFault('the robot is not connected; configure it first');
    return this.#link;
  }
}
