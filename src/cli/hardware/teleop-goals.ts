import { InputError, nearestName } from '../../core/errors.ts';
import type { HardwareSpec } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';

/** Seconds by which goals set by keys, and commands, may be ahead of the joint, at the speed it goes with. */
const LEAD = 0.5;

/** A leader is followed as it goes once the follower is so near to it, rad or m. */
const NEAR = 0.02;

/** Where a person wants the joints, and the way there at a steady speed. Arrays by actuator [J], rad or m. */
export class TeleopGoals {
  readonly names: readonly string[];
  readonly goal: Float64Array;
  /** What is asked of the robot now. */
  readonly command: Float64Array;
  readonly #range: readonly (readonly [number, number])[];
  readonly #speed: number;
  /** The leader was reached. */
  #near = false;

  /** @param speed rad/s or m/s. @throws InputError for joints without a position actuator */
  constructor(robot: RobotModel, hardware: HardwareSpec, position: ArrayLike<number>, speed: number) {
    this.names = robot.actuators.map(({ joint }) => joint);
    this.#speed = speed;
    this.goal = Float64Array.from(position);
    this.command = Float64Array.from(position);
    this.#range = robot.actuators.map(({ joint: name, kind }) => {
      if (kind !== 'position')
        throw new InputError(
          `robot ${robot.name}: ${name} has a ${kind} actuator; teleop moves joints that hold a position`,
        );
      const { lower, upper } = robot.joints.find((joint) => joint.name === name)!;
      const { margin } = hardware.limits[name];
      return [lower + margin, upper - margin] as const;
    });
  }

  /** Nothing is on its way. */
  get resting(): boolean {
    return this.goal.every((goal, j) => goal === this.command[j]);
  }

  set(index: number, goal: number): void {
    const [low, high] = this.#range[index];
    this.goal[index] = Math.max(low, Math.min(high, goal));
  }

  /** A little further; no goal runs away from a joint that does not follow. */
  jog(index: number, by: number, position: number): void {
    const lead = Math.max(Math.abs(by), LEAD * this.#speed);
    this.set(index, Math.max(position - lead, Math.min(position + lead, this.goal[index] + by)));
  }

  /** Stay where the joints are. */
  rest(position: ArrayLike<number>): void {
    this.goal.set(position);
    this.command.set(position);
    this.#near = false;
  }

  /**
   * After a leader: at the speed until all joints are near it, and from then on as it goes.
   * @param leader [J] @param dt s @param position of the joints [J]
   */
  follow(leader: ArrayLike<number>, dt: number, position: ArrayLike<number>): void {
    for (let j = 0; j < this.goal.length; j++) this.set(j, leader[j]);
    if (!this.#near) this.advance(dt, position);
    this.#near ||= this.goal.every((goal, j) => Math.abs(goal - this.command[j]) <= NEAR);
    if (this.#near) this.command.set(this.goal);
  }

  /** The way of `dt` s; no command runs away from a joint that is held back. @param position of the joints [J] */
  advance(dt: number, position: ArrayLike<number>): void {
    const step = this.#speed * dt;
    const lead = LEAD * this.#speed;
    this.goal.forEach((goal, j) => {
      const next = this.command[j] + Math.max(-step, Math.min(step, goal - this.command[j]));
      this.command[j] = Math.max(position[j] - lead, Math.min(position[j] + lead, next));
    });
  }

  /** `elbow_flex 0.5` or `elbow_flex +0.1`. @throws InputError */
  say(line: string): void {
    const [name = '', amount = ''] = line.trim().split(/\s+/);
    const index = this.names.indexOf(name);
    const value = Number(amount);
    if (index < 0) {
      const near = nearestName(name, [...this.names, 'home', 'stop', 'quit']);
      throw new InputError(
        `"${name}"? ${near ? `did you mean ${near}?` : `there are ${this.names.join(', ')}`}`,
      );
    }
    if (amount === '' || !Number.isFinite(value))
      throw new InputError(`${name}: write it as ${name} 0.5, or ${name} +0.1 from where it is`);
    this.set(index, amount.startsWith('+') ? this.goal[index] + value : value);
  }
}
