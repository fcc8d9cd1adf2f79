import { InputError, RobotFault } from '../../core/errors.ts';
import type { HardwareSpec } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';
import { holdCommand, slides } from './joints.ts';
import { Trajectory } from './trajectory.ts';

/** A joint is there when it is so near, rad or m: servos have play and give way under load. */
const NEAR = { turns: 0.1, slides: 0.01 };
/** Rate below which it rests, rad/s or m/s. */
const REST = 0.1;
/** s that joints have to come to rest after the end of the way. */
const SETTLE = 2;
/** Rate per distance, 1/s, with which a joint that takes rates follows its way. */
const FOLLOW = 4;

export interface MoveOptions {
  readonly robot: RobotModel;
  readonly hardware: HardwareSpec;
  /** [J] each; the first is where it begins. */
  readonly postures: readonly Float64Array[];
  /** s */
  readonly now: number;
  /** False where nothing really moves, so that nothing arrives. */
  readonly arrives: boolean;
}

/** A robot being led from posture to posture. Arrays by actuator [J]; times in s. */
export class Move {
  readonly done: Promise<void>;
  /** Where it ends, as a command that holds it there. */
  readonly end: Float64Array;
  /** Why it did not arrive, once it is over. */
  fault: RobotFault | null = null;
  readonly #options: MoveOptions;
  readonly #trajectory: Trajectory;
  readonly #target: Float64Array;
  #resolve!: () => void;
  #reject!: (error: RobotFault) => void;

  constructor(options: MoveOptions) {
    const { robot, hardware, postures } = options;
    this.#options = options;
    this.#target = postures[postures.length - 1];
    const limits = robot.actuators.map(({ joint }) => hardware.limits[joint]);
    this.#trajectory = new Trajectory(
      postures,
      limits.map(({ velocity }) => Math.min(velocity, hardware.resetVelocity)),
      limits.map(({ acceleration }) => acceleration),
    );
    this.end = holdCommand(robot, this.#target);
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {});
  }

  /** Where a way begins: a servo of positions where it was last sent, so that nothing jumps; others where they are. */
  static start(robot: RobotModel, position: Float64Array, sent: Float64Array): Float64Array {
    return Float64Array.from(robot.actuators, ({ kind }, i) => (kind === 'position' ? sent[i] : position[i]));
  }

  /** The target within the limits of the joints. @throws InputError when a joint driven by effort would have to move. */
  static goal(
    robot: RobotModel,
    hardware: HardwareSpec,
    target: Float64Array,
    position: Float64Array,
  ): Float64Array {
    return Float64Array.from(robot.actuators, ({ joint: name, kind }, i) => {
      if (!Number.isFinite(target[i])) throw new InputError(`${name}: ${target[i]} is no place to be led to`);
      if (kind === 'effort') {
        if (Math.abs(target[i] - position[i]) > near(robot, i))
          throw new InputError(
            `${name} takes efforts, so it cannot be led: put it to ${target[i].toFixed(2)} by hand (it is at ${position[i].toFixed(2)})`,
          );
        return position[i];
      }
      const joint = robot.joints.find((item) => item.name === name)!;
      const { margin } = hardware.limits[name];
      return Math.min(joint.upper - margin, Math.max(joint.lower + margin, target[i]));
    });
  }

  /** What is asked at `now`. */
  at(now: number, position: Float64Array, out: Float64Array): void {
    const { robot, hardware } = this.#options;
    const time = now - this.#options.now;
    this.#trajectory.at(time, out);
    if (robot.actuators.every(({ kind }) => kind === 'position')) return;
    const ahead = this.#trajectory.at(time + 1 / hardware.rate, new Float64Array(out.length));
    robot.actuators.forEach(({ kind }, i) => {
      if (kind === 'velocity') out[i] = (ahead[i] - out[i]) * hardware.rate + FOLLOW * (out[i] - position[i]);
      if (kind === 'effort') out[i] = 0;
    });
  }

  /** Whether it has arrived, or should have: `fault` then says which joint did not. */
  over(now: number, position: Float64Array, velocity: Float64Array): boolean {
    const { robot, arrives, now: begun } = this.#options;
    const after = now - begun - this.#trajectory.duration;
    if (after < 0) return false;
    if (!arrives) return true;
    const away = robot.actuators.findIndex(
      (_, i) => Math.abs(position[i] - this.#target[i]) > near(robot, i),
    );
    if (away < 0 && velocity.every((rate) => !(Math.abs(rate) > REST))) return true;
    if (after < SETTLE) return false;
    if (away >= 0) {
      const [is, should] = [position[away].toFixed(3), this.#target[away].toFixed(3)];
      this.fault = new RobotFault(
        `${robot.actuators[away].joint} stands at ${is} and should be at ${should}: is something in its way, or its torque off?`,
      );
    }
    return true;
  }

  settle(): void {
    if (this.fault) this.#reject(this.fault);
    else this.#resolve();
  }

  /** @param passing whether it may be tried again. */
  fail(reason: string, passing: boolean): void {
    this.#reject(new RobotFault(reason, { passing }));
  }
}

function near(robot: RobotModel, actuator: number): number {
  return slides(robot, actuator) ? NEAR.slides : NEAR.turns;
}
