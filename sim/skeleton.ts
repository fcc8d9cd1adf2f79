import { quatMultiply, rotate } from '../src/core/linalg.ts';
import type { Quat, RobotModel, Vec3 } from '../src/core/robot.ts';
import { Kinematics, type PrincipalInertia, principalInertia, rigidGroups } from '../src/robot/index.ts';

/** Links that move as one. */
export interface Body {
  readonly name: string;
  /** Where its frame is when every joint is at its `center`; the frame is then parallel to the world's. */
  readonly rest: Vec3;
  /** In the body's frame. */
  readonly inertia: PrincipalInertia;
}

/** A moving joint between two bodies whose frames are parallel when it is at `center`. */
export interface Coordinate {
  readonly prismatic: boolean;
  /** Indices into the bodies; −1 = the world. The child's frame sits at the joint. */
  readonly parent: number;
  readonly child: number;
  /** Unit vector, the same in both frames. */
  readonly axis: Vec3;
  /** From the parent's frame to the child's at coordinate 0, in the parent's frame. */
  readonly anchor: Vec3;
  /** The middle of a limited revolute joint's range, else 0. */
  readonly center: number;
  readonly lower: number;
  readonly upper: number;
  readonly damping: number;
}

export interface Skeleton {
  readonly bodies: readonly Body[];
  /** One a movable joint, in the robot's order; a body's parent comes before it. */
  readonly coordinates: readonly Coordinate[];
}

/** The bodies and joints that a physics engine needs of a robot. */
export function skeletonOf(robot: RobotModel): Skeleton {
  const joints = robot.movable.map((j) => robot.joints[j]);
  const centers = joints.map(({ kind, lower, upper }) =>
    kind !== 'prismatic' && Number.isFinite(upper - lower) ? (lower + upper) / 2 : 0,
  );
  const rest = new Kinematics(robot).linkPoses(centers);
  const groups = rigidGroups(robot);
  // The root's group is the world: body g − 1 is group g.
  const bodyOf = new Map(groups.flatMap(({ members }, g) => members.map(({ link }) => [link, g - 1])));
  const bodies = groups.slice(1).map(({ leader, inertial }) => {
    const { name } = robot.links[leader];
    if (!inertial) throw new Error(`link ${name} moves but has no mass`);
    const { position, rotation } = rest[leader];
    const own = principalInertia(inertial);
    const axes: Quat = quatMultiply(rotation, own.axes);
    return { name, rest: position, inertia: { ...own, center: rotate(rotation, own.center), axes } };
  });
  const coordinates = joints.map((joint, d) => {
    const parent = bodyOf.get(joint.parent) as number;
    const child = bodyOf.get(joint.child) as number;
    const from: Vec3 = parent < 0 ? [0, 0, 0] : bodies[parent].rest;
    const to = bodies[child].rest;
    return {
      prismatic: joint.kind === 'prismatic',
      parent,
      child,
      axis: rotate(rest[joint.child].rotation, joint.axis),
      anchor: [to[0] - from[0], to[1] - from[1], to[2] - from[2]] as const,
      center: centers[d],
      lower: joint.lower,
      upper: joint.upper,
      damping: joint.damping,
    };
  });
  return { bodies, coordinates };
}
