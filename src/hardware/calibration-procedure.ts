import { InputError, RobotFault } from '../core/errors.ts';
import type { HardwareSpec, MotorSpec } from '../core/hardware.ts';
import type { Actuator, Joint, RobotModel } from '../core/robot.ts';
import {
  type Calibration,
  calibratedRegisters,
  checkCalibration,
  type MotorCalibration,
  ticksOfRange,
  WIDEST_SWEEP,
  widthProblem,
} from './calibration.ts';
import { MIDDLE_TICK, TICKS_PER_TURN, tickInTurn } from './register.ts';
import { differences, ServoBus, type ServoBusPorts } from './servo-bus.ts';
import type { ServoFamily } from './servo-family.ts';
import { motorsByActuator, roleOf } from './servo-joint.ts';
import { readServoOptions } from './servo-options.ts';

/** How far the sweep of one joint has come. Ticks. */
export interface SweptJoint {
  readonly joint: string;
  readonly id: number;
  /** False where its range is taken from the URDF, about the place that it was centred in. */
  readonly sweep: boolean;
  readonly tick: number;
  readonly lowest: number;
  readonly highest: number;
  /** Width of the URDF's range; undefined without limits. */
  readonly expected: number | undefined;
  /** What stands in the way of finishing, for people; undefined when nothing does. */
  readonly problem: string | undefined;
}

interface Sweep {
  readonly motor: MotorSpec;
  readonly joint: Joint;
  readonly actuator: Actuator;
  readonly sweep: boolean;
  tick: number;
  lowest: number;
  highest: number;
  homingOffset: number;
}

/**
 * Calibrates a robot by hand, step by step: `begin` (torque off: somebody holds the robot), the person puts every joint
 * in the middle of its range, `centre`, the person moves every joint from end to end while `sample` is called again
 * and again, `finish`. Whoever stops half way leaves motors that no calibration agrees with, and so no driver moves.
 */
export class CalibrationProcedure {
  readonly #robot: RobotModel;
  readonly #hardware: HardwareSpec;
  readonly #family: ServoFamily;
  readonly #link: ServoBus;
  readonly #sweeps: readonly Sweep[];
  #centred = false;

  private constructor(robot: RobotModel, hardware: HardwareSpec, family: ServoFamily, link: ServoBus) {
    this.#robot = robot;
    this.#hardware = hardware;
    this.#family = family;
    this.#link = link;
    const names = robot.actuators.map(({ joint }) => joint);
    this.#sweeps = motorsByActuator(robot.name, names, hardware.motors).map((motor, j) => {
      const joint = robot.joints.find(({ name }) => name === motor.joint)!;
      const width = ticksOfRange(joint);
      const sweep = width !== undefined && width <= WIDEST_SWEEP;
      const nothing = { tick: Number.NaN, lowest: Infinity, highest: -Infinity, homingOffset: 0 };
      return { motor, joint, actuator: robot.actuators[j], sweep, ...nothing };
    });
  }

  /** Opens the port, finds the motors and turns their torque off: have the robot held. @throws InputError, RobotFault */
  static async begin(
    family: ServoFamily,
    { robot, hardware, port }: { robot: RobotModel; hardware: HardwareSpec; port: string },
    ports?: ServoBusPorts,
  ): Promise<CalibrationProcedure> {
    const link = await ServoBus.open(family, hardware, port, ports);
    try {
      const procedure = new CalibrationProcedure(robot, hardware, family, link);
      for (const { motor } of procedure.#sweeps) link.checkModel(motor, await link.table(motor.id));
      const on = await link.settle(
        'torque_enable',
        hardware.motors.map(({ id }) => [id, 0]),
      );
      if (on.length > 0) {
        throw new RobotFault(`${on.map((id) => link.bus.motor(id)).join(', ')}: torque does not go off`);
      }
      return procedure;
    } catch (error) {
      await link.bus.close();
      throw error;
    }
  }

  /** Serial number of the adapter; null where it has none. */
  get serial(): string | null {
    return this.#link.serial;
  }

  /** Every joint is in the middle of its range: that becomes tick 2048. @throws RobotFault */
  async centre(): Promise<void> {
    const { offsetSign, maxOffset } = this.#family;
    for (const sweep of this.#sweeps) {
      const { id } = sweep.motor;
      const role = roleOf(this.#hardware, sweep.actuator, readServoOptions(this.#hardware));
      const before = await this.#link.table(id);
      const whole = { min_position: 0, max_position: TICKS_PER_TURN - 1 };
      const { eeprom } = this.#family.settings(role, before);
      await this.#link.keep(id, differences({ ...eeprom, ...whole }, before));
      const held = await this.#link.table(id);
      const actual = tickInTurn(held.present_position - offsetSign * held.homing_offset);
      const offset = offsetSign * (MIDDLE_TICK - actual);
      sweep.homingOffset = Math.max(-maxOffset, Math.min(maxOffset, offset));
      await this.#link.keep(id, differences({ homing_offset: sweep.homingOffset }, held));
      Object.assign(sweep, { tick: Number.NaN, lowest: Infinity, highest: -Infinity });
    }
    this.#centred = true;
    await this.sample();
  }

  /** Where the joints are, and how far each was moved since `centre`. @throws RobotFault */
  async sample(): Promise<SweptJoint[]> {
    if (!this.#centred) throw new RangeError('sample comes after centre');
    const ids = this.#sweeps.map(({ motor }) => motor.id);
    const found = await this.#link.look(this.#family.state, ids);
    for (const sweep of this.#sweeps) {
      const state = found.get(sweep.motor.id);
      if (state === undefined) continue;
      // Counted on past the end of the turn, where the motor begins anew.
      const turn = tickInTurn(state.present_position);
      const from = Number.isNaN(sweep.tick) ? MIDDLE_TICK : sweep.tick;
      sweep.tick = from + tickInTurn(turn - from + TICKS_PER_TURN / 2) - TICKS_PER_TURN / 2;
      sweep.lowest = Math.min(sweep.lowest, sweep.tick);
      sweep.highest = Math.max(sweep.highest, sweep.tick);
    }
    return this.#sweeps.map((sweep) => ({
      ...{ joint: sweep.joint.name, id: sweep.motor.id, sweep: sweep.sweep, tick: sweep.tick },
      ...{ lowest: sweep.lowest, highest: sweep.highest, expected: ticksOfRange(sweep.joint) },
      problem: this.#problem(sweep),
    }));
  }

  /** Writes the ranges to the motors and returns what the driver needs. @throws InputError while a joint has a problem */
  async finish(): Promise<Calibration> {
    const problems = (await this.sample()).flatMap(({ problem }) => problem ?? []);
    if (problems.length > 0) throw new InputError(problems.join('; '));
    const motors = this.#sweeps.map((sweep) => [sweep.joint.name, this.#measured(sweep)] as const);
    const calibration: Calibration = {
      ...{ format: 1, robot: this.#robot.name, driver: this.#hardware.driver, serial: this.serial },
      date: new Date().toISOString(),
      motors: Object.fromEntries(motors),
    };
    checkCalibration(calibration, this.#robot, this.#hardware);
    await writeRegisters(this.#link, calibration);
    return calibration;
  }

  /** Leaves the motors as they are. */
  close(): Promise<void> {
    return this.#link.bus.close();
  }

  #problem(sweep: Sweep): string | undefined {
    const { joint, lowest, highest } = sweep;
    if (!sweep.sweep) return undefined;
    if (lowest < 0 || highest >= TICKS_PER_TURN) {
      return `${joint.name} passed the end of its encoder's turn: it was not in the middle; centre it again`;
    }
    const odd = widthProblem({ rangeMin: lowest, rangeMax: highest }, joint);
    return odd && `${odd}: move it from end to end`;
  }

  #measured({ motor, joint, sweep, lowest, highest, homingOffset }: Sweep): MotorCalibration {
    const { id, model } = motor;
    if (sweep) return { id, model, homingOffset, rangeMin: lowest, rangeMax: highest };
    const half = Math.min(MIDDLE_TICK - 1, Math.round((ticksOfRange(joint) ?? TICKS_PER_TURN) / 2));
    return { id, model, homingOffset, rangeMin: MIDDLE_TICK - half, rangeMax: MIDDLE_TICK + half };
  }
}

/**
 * Writes a calibration from its file to motors that have lost it (a factory reset); their horns must sit as they did.
 * Torque is off. @throws InputError, RobotFault
 */
export async function restoreCalibration(
  family: ServoFamily,
  { robot, hardware, port }: { robot: RobotModel; hardware: HardwareSpec; port: string },
  calibration: Calibration,
  ports?: ServoBusPorts,
): Promise<void> {
  checkCalibration(calibration, robot, hardware);
  const link = await ServoBus.open(family, hardware, port, ports);
  try {
    await writeRegisters(link, calibration);
  } finally {
    await link.bus.close();
  }
}

async function writeRegisters(link: ServoBus, calibration: Calibration): Promise<void> {
  for (const motor of Object.values(calibration.motors)) {
    await link.keep(motor.id, differences(calibratedRegisters(motor), await link.table(motor.id)));
  }
}
