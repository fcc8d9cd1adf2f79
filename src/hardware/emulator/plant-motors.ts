import { InputError } from '../../core/errors.ts';
import type { SimulatedPlant } from '../../core/plant.ts';
import type { Actuator } from '../../core/robot.ts';
import type { Drive, Motors } from './motors.ts';

/** How a motor sits on its joint: joint = sign · motor + zero. */
export interface MotorMount {
  readonly joint: string;
  readonly sign?: 1 | -1;
  /** Joint angle where the motor stands at tick 2048, rad. */
  readonly zero?: number;
}

export interface PlantMotorsOptions {
  readonly plant: Pick<SimulatedPlant, 'spec' | 'read' | 'write' | 'advance'>;
  /** In the order of the servos. */
  readonly mounts: readonly MotorMount[];
  /** The control period that the plant was made with, s. */
  readonly period: number;
}

/** What a plant may be behind, s; beyond it, time is dropped: the plant is slower than the clock, or nobody looked. */
const BACKLOG = 0.5;

/**
 * Motors that are the joints of a plant, which goes on in whole control periods. Every joint needs a position
 * actuator, as a servo is one. A limit of speed is a goal that moves no faster; without torque the goal goes along
 * with the joint, which is then limp but for the actuator's damping. A drive's largest effort is the actuator's own.
 */
export class PlantMotors implements Motors {
  readonly count: number;
  readonly #options: PlantMotorsOptions;
  readonly #reading: Float32Array;
  readonly #command: Float32Array;
  readonly #joints: readonly {
    readonly position: number;
    readonly velocity: number;
    readonly actuator: number;
    readonly servo: Actuator & { readonly kind: 'position' };
    readonly sign: number;
    readonly zero: number;
  }[];
  readonly #drive: Drive[];
  /** Where each goal is on its way to `Drive.goal`, rad of the joint. */
  readonly #goal: Float64Array;
  readonly #load: Float64Array;
  /** s that the plant could not keep up with. */
  dropped = 0;
  #begun: number | undefined;
  #periods = 0;

  /** The plant must have been reset. @throws InputError when a mount names no joint with a position actuator. */
  constructor(options: PlantMotorsOptions) {
    this.#options = options;
    const { plant, mounts } = options;
    const { channels, robot } = plant.spec;
    const starts = channels.map((_, i) => channels.slice(0, i).reduce((sum, { size }) => sum + size, 0));
    const offset = (name: string) => starts[channels.findIndex((channel) => channel.name === name)] ?? -1;
    this.count = mounts.length;
    this.#reading = new Float32Array(channels.reduce((sum, { size }) => sum + size, 0));
    this.#command = new Float32Array(robot.actuators.length);
    this.#joints = mounts.map(({ joint, sign = 1, zero = 0 }) => {
      const actuator = robot.actuators.findIndex((item) => item.joint === joint);
      const position = offset(`${joint}.position`);
      const servo = robot.actuators[actuator];
      if (servo?.kind !== 'position' || position < 0) {
        throw new InputError(
          `robot ${robot.name}: joint ${joint} has no position actuator that a servo could be`,
        );
      }
      return { position, velocity: offset(`${joint}.velocity`), actuator, servo, sign, zero };
    });
    this.#drive = mounts.map(() => ({ kind: 'free' }));
    plant.read(this.#reading);
    this.#goal = Float64Array.from(this.#joints, ({ position }) => this.#reading[position]);
    this.#load = new Float64Array(this.count);
  }

  advance(time: number): void {
    const { plant, period } = this.#options;
    this.#begun ??= time;
    const excess = time - this.#begun - this.#periods * period - BACKLOG;
    if (excess > 0) {
      this.dropped += excess;
      this.#begun += excess;
    }
    for (; (this.#periods + 1) * period <= time - this.#begun + 1e-9; this.#periods++) {
      for (let motor = 0; motor < this.count; motor++) this.#steer(motor);
      plant.write(this.#command);
      plant.advance();
      plant.read(this.#reading);
    }
  }

  position(motor: number): number {
    const { position, sign, zero } = this.#joints[motor];
    return (this.#reading[position] - zero) * sign;
  }

  velocity(motor: number): number {
    const { velocity, sign } = this.#joints[motor];
    return this.#reading[velocity] * sign;
  }

  load(motor: number): number {
    return this.#load[motor];
  }

  drive(motor: number, drive: Drive): void {
    // A new motion begins where the joint is.
    if (this.#drive[motor].kind !== 'position')
      this.#goal[motor] = this.#reading[this.#joints[motor].position];
    this.#drive[motor] = drive;
  }

  /** The actuator's command for the next period. */
  #steer(motor: number): void {
    const { position, velocity, actuator, servo, sign, zero } = this.#joints[motor];
    const drive = this.#drive[motor];
    const q = this.#reading[position];
    switch (drive.kind) {
      case 'position': {
        const step = drive.maxVelocity * this.#options.period;
        const away = sign * drive.goal + zero - this.#goal[motor];
        this.#goal[motor] += Math.max(-step, Math.min(step, away));
        break;
      }
      case 'velocity':
        this.#goal[motor] += sign * drive.velocity * this.#options.period;
        break;
      case 'effort':
        this.#goal[motor] = q + (sign * drive.share * servo.maxEffort) / servo.stiffness;
        break;
      case 'free':
        this.#goal[motor] = q;
    }
    const effort = servo.stiffness * (this.#goal[motor] - q) - servo.damping * this.#reading[velocity];
    const share = Math.max(-1, Math.min(1, effort / servo.maxEffort));
    this.#load[motor] = drive.kind === 'free' ? 0 : sign * share;
    this.#command[actuator] = this.#goal[motor];
  }
}
