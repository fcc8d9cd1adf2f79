import { compose, identityPose, rotate } from '../core/linalg.ts';
import type { Pose, RobotModel } from '../core/robot.ts';
import { type JointCoordinate, jointCoordinates } from './joint-coordinates.ts';
import { jointPose } from './joint-pose.ts';

/** Forward kinematics in float64, world frame; the root link's frame is the world's. Mimic joints follow. */
export class Kinematics {
  readonly robot: RobotModel;
  readonly #coordinate: readonly (JointCoordinate | undefined)[];

  constructor(robot: RobotModel) {
    this.robot = robot;
    this.#coordinate = jointCoordinates(robot);
  }

  /** World pose of every link, by link index, at coordinates q [D]. */
  linkPoses(q: ArrayLike<number>): Pose[] {
    const { links, joints, root } = this.robot;
    const poses = new Array<Pose>(links.length).fill(identityPose);
    poses[root] = identityPose;
    for (const [j, joint] of joints.entries()) {
      const own = this.#coordinate[j];
      const value = own ? own.multiplier * q[own.index] + own.offset : 0;
      poses[joint.child] = compose(poses[joint.parent], jointPose(joint, value));
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
