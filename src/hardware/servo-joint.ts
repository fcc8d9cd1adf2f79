import { InputError } from '../core/errors.ts';
import type { HardwareSpec, MotorSpec } from '../core/hardware.ts';
import type { Actuator, RobotModel } from '../core/robot.ts';
import type { Calibration } from './calibration.ts';
import { VelocityUnit } from './feetech/velocity-unit.ts';
import { JointScale } from './joint-scale.ts';
import { RADIAN_PER_TICK, TICKS_PER_TURN } from './register.ts';
import type { Counts } from './servo-bus.ts';
import type { MotorRole, ServoFamily } from './servo-family.ts';
import type { ServoOptions } from './servo-options.ts';

/** What an actuator asks of its motor. @throws InputError when a servo cannot be it */
export function roleOf(hardware: HardwareSpec, actuator: Actuator, { gains }: ServoOptions): MotorRole {
  const { joint, kind, maxEffort } = actuator;
  if (kind === 'effort') {
    throw new InputError(
      `joint ${joint} has an effort actuator; driver ${hardware.driver} takes position and velocity`,
    );
  }
  const { effort, velocity, acceleration } = hardware.limits[joint];
  return {
    ...{ kind, effort: Math.min(1, effort / maxEffort), velocity, acceleration },
    gains: gains[joint] ?? gains['*'] ?? {},
  };
}

/** The motor of each actuator, in their order. @throws InputError when one has none, or two. */
export function motorsByActuator(
  robot: string,
  joints: readonly string[],
  motors: readonly MotorSpec[],
): readonly MotorSpec[] {
  return joints.map((joint) => {
    const mine = motors.filter((motor) => motor.joint === joint);
    if (mine.length === 1) return mine[0];
    throw new InputError(
      `robot ${robot}: joint ${joint} has ${mine.length === 0 ? 'no motor' : `${mine.length} motors`}; give it one in its robot.json, key hardware.motors`,
    );
  });
}

/** One joint before its motor: registers ↔ rad, rad/s, N m. */
export class ServoJoint {
  readonly motor: MotorSpec;
  readonly id: number;
  readonly role: MotorRole;
  readonly scale: JointScale;
  readonly #family: ServoFamily;
  readonly #actuator: Actuator;
  readonly #limited: boolean;
  readonly #range: readonly [number, number];
  readonly #unit: VelocityUnit;
  /** Newest reading; NaN before the first. */
  position = Number.NaN;
  velocity = Number.NaN;
  effort = Number.NaN;
  temperature = Number.NaN;
  voltage = Number.NaN;
  current = Number.NaN;
  load = Number.NaN;
  /** s of the bus's clock. */
  readAt = Number.NEGATIVE_INFINITY;
  /** What it complains of; empty = nothing. */
  complaint = '';
  /** How it lost the torque that it should hold with; empty = it did not. */
  lostTorque = '';
  /** Error byte of its last answer. */
  alert = 0;
  /** It did not answer the last time. */
  missed = false;
  /** All its registers, when they were read last. */
  held: Counts = {};
  /** Newest reading of the state registers. */
  state: Counts = {};
  /** Position as the motor reported it last, turns and all. */
  #reported = Number.NaN;
  #speed = 0;

  /** @throws InputError when a servo of this family cannot be this joint's actuator */
  constructor(
    robot: RobotModel,
    hardware: HardwareSpec,
    actuator: Actuator,
    motor: MotorSpec,
    family: ServoFamily,
    calibration: Calibration,
    options: ServoOptions,
  ) {
    const joint = robot.joints.find(({ name }) => name === actuator.joint)!;
    const where = `robot ${robot.name}: joint ${joint.name}`;
    if (joint.kind === 'prismatic') throw new InputError(`${where} slides, and servos turn`);
    this.#limited = Number.isFinite(joint.upper - joint.lower);
    if (!this.#limited && actuator.kind === 'position' && !family.multiTurn) {
      throw new InputError(
        `${where} has no limits, and ${family.name} motors hold a position within one turn only; give it limits or a velocity actuator`,
      );
    }
    const own = calibration.motors[joint.name];
    this.motor = motor;
    this.id = motor.id;
    this.#family = family;
    this.#actuator = actuator;
    this.scale = new JointScale(joint, motor.sign, own);
    this.#range = [own.rangeMin, own.rangeMax];
    this.#unit = new VelocityUnit(options.velocitySteps);
    this.role = roleOf(hardware, actuator, options);
  }

  /** Takes a reading of the state registers in. */
  take(state: Counts, now: number): void {
    const { scale } = this;
    const { sign } = this.motor;
    const { present_position: reported, present_velocity: speed } = state;
    const travelled = reported - this.#reported;
    if (Math.abs(travelled) < TICKS_PER_TURN / 2) {
      this.#unit.learn(travelled, now - this.readAt, (speed + this.#speed) / 2);
    }
    if (this.#limited || Number.isNaN(this.position)) {
      this.position = scale.position(reported - scale.turns(reported));
    } else {
      const step = travelled - Math.round(travelled / TICKS_PER_TURN) * TICKS_PER_TURN;
      this.position += sign * step * RADIAN_PER_TICK;
    }
    this.velocity = sign * speed * (this.#family.velocityUnit ?? this.#unit.reading * RADIAN_PER_TICK);
    const { registers } = this.#family.protocol;
    const valued = (name: string) => state[name] * registers.get(name).scale;
    const load = valued(state.present_load === undefined ? 'present_pwm' : 'present_load');
    this.load = sign * load;
    this.effort = this.load * this.#actuator.maxEffort;
    this.voltage = valued('present_voltage');
    this.temperature = valued('present_temperature');
    this.takeCurrent(state);
    this.state = state;
    this.#reported = reported;
    this.#speed = speed;
    this.readAt = now;
  }

  takeCurrent({ present_current: counts }: Counts): void {
    if (counts !== undefined) this.current = Math.abs(counts) * this.#family.ampere(this.held.model);
  }

  /** Of the goal register. */
  get goalRegister(): 'goal_position' | 'goal_velocity' {
    return this.role.kind === 'position' ? 'goal_position' : 'goal_velocity';
  }

  /** Counts of the goal register for a command, rad or rad/s. */
  goal(command: number): number {
    const { sign } = this.motor;
    if (!Number.isFinite(command)) throw new RangeError(`command of ${this.motor.joint}: ${command}`);
    if (this.role.kind === 'velocity') {
      const most = this.held.max_velocity ?? 0x7fff;
      const counts = Math.round(
        (sign * command) / (this.#family.velocityUnit ?? this.#unit.commanding * RADIAN_PER_TICK),
      );
      return Math.max(-most, Math.min(most, counts));
    }
    const [low, high] = this.#range;
    const tick = Math.round(this.scale.tick(command));
    // The motor's count of turns begins anew with its power.
    if (!this.#limited) return tick + this.#reported - Math.round(this.scale.tick(this.position));
    return Math.max(low, Math.min(high, tick)) + this.#turns();
  }

  /** Counts of the goal register that keep the motor where it was read. */
  get holding(): number {
    return this.role.kind === 'velocity' ? 0 : this.#reported;
  }

  /** `holding` as a command, rad or rad/s. */
  get stay(): number {
    return this.role.kind === 'velocity' ? 0 : this.position;
  }

  /** How far it was read outside its calibrated range, rad; 0 inside. */
  get outside(): number {
    if (!this.#limited || this.role.kind === 'velocity') return 0;
    const [low, high] = this.#range;
    const tick = this.#reported - this.#turns();
    return Math.max(0, low - tick, tick - high) * RADIAN_PER_TICK;
  }

  #turns(): number {
    return this.scale.turns(this.#reported);
  }
}
