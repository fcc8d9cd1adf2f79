import { compose, identityPose, rotate } from '../core/linalg.ts';
import type { Pose, RobotModel } from '../core/robot.ts';
import { jointPose } from './joint-pose.ts';

/** Forward kinematics in float64, world frame; the root link's frame is the world's. */
export class Kinematics {
  readonly robot: RobotModel;
  /** Coordinate of each joint, −1 for fixed ones. */
  readonly #coordinate: readonly number[];

  constructor(robot: RobotModel) {
    this.robot = robot;
    const coordinate = new Array<number>(robot.joints.length).fill(-1);
    for (const [d, j] of robot.movable.entries()) coordinate[j] = d;
    this.#coordinate = coordinate;
  }

  /** World pose of every link, by link index, at coordinates q [D]. */
  linkPoses(q: ArrayLike<number>): Pose[] {
    const { links, joints, root } = this.robot;
    const poses = new Array<Pose>(links.length).fill(identityPose);
    poses[root] = identityPose;
    for (const [j, joint] of joints.entries()) {
      const d = this.#coordinate[j];
      poses[joint.child] = compose(poses[joint.parent], jointPose(joint, d < 0 ? 0 : q[d]));
    }
    return poses;
  }

  /** World position of the robot's tip at q [D], m [3]. */
  tip(q: ArrayLike<number>, out = new Float64Array(3)): Float64Array {
    const { link, point } = this.robot.tip;
    const { position, rotation } = this.linkPoses(q)[link];
    const offset = rotate(rotation, point);
    for (let k = 0; k < 3; k++) out[k] = position[k] + offset[k];
    return out;
  }
}
