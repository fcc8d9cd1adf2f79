import { quatConjugate, quatMultiply, rotate } from '../src/core/linalg.ts';
import type { Pose, Quat, RobotModel, Vec3 } from '../src/core/robot.ts';
import { Kinematics, type PrincipalInertia, principalInertia, rigidGroups } from '../src/robot/index.ts';

/** Links that move as one. */
export interface Body {
  readonly name: string;
  /** Where its frame is at coordinates 0; the frame is then parallel to the world's. */
  readonly rest: Vec3;
  /** In the body's frame. */
  readonly inertia: PrincipalInertia;
}

/** A moving joint between two bodies whose frames are parallel at coordinate 0. */
export interface Coordinate {
  readonly prismatic: boolean;
  /** Indices into the bodies; −1 = the world. The child's frame sits at the joint. */
  readonly parent: number;
  readonly child: number;
  /** Unit vector, the same in both frames. */
  readonly axis: Vec3;
  /** From the parent's frame to the child's at coordinate 0, in the parent's frame. */
  readonly anchor: Vec3;
  readonly lower: number;
  readonly upper: number;
  readonly damping: number;
}

export interface Skeleton {
  readonly bodies: readonly Body[];
  /** One a movable joint, in the robot's order; a body's parent comes before it. */
  readonly coordinates: readonly Coordinate[];
  /** Which body each link is part of (−1 = the world) and its pose in that body's frame. */
  readonly links: readonly { readonly body: number; readonly pose: Pose }[];
}

/** The bodies and joints that a physics engine needs of a robot. */
export function skeletonOf(robot: RobotModel): Skeleton {
  const joints = robot.movable.map((j) => robot.joints[j]);
  const rest = new Kinematics(robot).linkPoses(joints.map(() => 0));
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
  const coordinates = joints.map((joint) => {
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
      lower: joint.lower,
      upper: joint.upper,
      damping: joint.damping,
    };
  });
  const links = robot.links.map((_, link) => {
    const body = bodyOf.get(link) as number;
    const { position, rotation } = rest[link];
    const [x, y, z] = body < 0 ? [0, 0, 0] : bodies[body].rest;
    return {
      body,
      pose: { position: [position[0] - x, position[1] - y, position[2] - z] as const, rotation },
    };
  });
  return { bodies, coordinates, links };
}

/**
 * The longest step, s, at which joint damping computed from the last velocities is stable whatever the pose: the rate
 * of decay c / I, with the least inertia that two free bodies can show the joint, times the step stays below 0.5.
 */
export function stableTimestep({ bodies, coordinates }: Skeleton): number {
  const mobility = (body: number, { prismatic, axis }: Coordinate) => {
    if (body < 0) return 0;
    const { mass, moments, axes } = bodies[body].inertia;
    if (prismatic) return 1 / mass;
    const local = rotate(quatConjugate(axes), axis);
    return local.reduce((sum, value, k) => sum + (value * value) / moments[k], 0);
  };
  return coordinates.reduce((least, joint) => {
    const decay = joint.damping * (mobility(joint.child, joint) + mobility(joint.parent, joint));
    return Math.min(least, 0.5 / decay);
  }, Infinity);
}
