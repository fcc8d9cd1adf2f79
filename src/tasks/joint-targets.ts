import type { RobotModel } from '../core/robot.ts';
import type { Vector } from '../core/space.ts';

/**
 * Actions as small steps of joints: a servo's new target is the joint's present coordinate plus the action. Nothing an
 * untrained controller says can then make an arm jump. Actions come in the order of `joints`.
 */
export class JointTargets {
  readonly #coordinate: readonly number[];
  readonly #lower: readonly number[];
  readonly #upper: readonly number[];
  readonly #command: readonly number[];
  /** What the other servos hold: the rest pose, one value an actuator. */
  readonly #rest: readonly number[];

  /** @param joints names of joints with a position servo; their coordinates come first in the state, as `jointChannels` has them. */
  constructor(robot: RobotModel, joints: readonly string[]) {
    const names = robot.movable.map((j) => robot.joints[j].name);
    this.#coordinate = joints.map((name) => names.indexOf(name));
    const models = this.#coordinate.map((d) => robot.joints[robot.movable[d]]);
    this.#lower = models.map(({ lower }) => lower);
    this.#upper = models.map(({ upper }) => upper);
    this.#command = joints.map((name) => robot.actuators.findIndex(({ joint }) => joint === name));
    this.#rest = robot.actuators.map(({ joint, kind }) =>
      kind === 'position' ? robot.home[names.indexOf(joint)] : 0,
    );
  }

  /** Writes the targets, rad or m, within the joints' limits; servos that are not named hold their rest pose. */
  apply(action: Vector, s: Vector, command: Float32Array): void {
    for (let i = 0; i < this.#rest.length; i++) command[i] = this.#rest[i];
    for (let i = 0; i < this.#command.length; i++) {
      const target = s[this.#coordinate[i]] + action[i];
      command[this.#command[i]] = Math.min(this.#upper[i], Math.max(this.#lower[i], target));
    }
  }
}
