import { add, cross, dot, rotate, scale } from '../core/linalg.ts';
import type { RobotModel, Vec3 } from '../core/robot.ts';
import { combineInertials } from './inertia.ts';
import { jointCoordinates } from './joint-coordinates.ts';
import { Kinematics } from './kinematics.ts';

/** Mass, first moment (kg m) and inertia (kg m²) about the world's origin. */
interface Spatial {
  mass: number;
  moment: Vec3;
  /** xx, xy, xz, yy, yz, zz */
  inertia: number[];
}

/**
 * The joint-space inertia [D × D], row-major, kg m² (or kg, kg m) at coordinates q [D], with armatures: composite rigid
 * bodies, in the world's frame (Featherstone 2008, §6.2). For checks; a simulator has its own, faster one.
 */
export function massMatrix(robot: RobotModel, q: ArrayLike<number>): Float64Array {
  const { joints, links, movable } = robot;
  const poses = new Kinematics(robot).linkPoses(q);
  const coordinates = jointCoordinates(robot);
  const parentJoint = new Int32Array(links.length).fill(-1);
  for (const [j, { child }] of joints.entries()) parentJoint[child] = j;

  const carried: Spatial[] = links.map(({ inertial }, i) => {
    const placed = inertial && combineInertials([{ inertial, pose: poses[i] }]);
    return placed ? aboutOrigin(placed) : { mass: 0, moment: [0, 0, 0], inertia: [0, 0, 0, 0, 0, 0] };
  });
  for (let j = joints.length - 1; j >= 0; j--) {
    const { parent, child } = joints[j];
    const sum = carried[parent];
    sum.mass += carried[child].mass;
    sum.moment = add(sum.moment, carried[child].moment);
    for (let k = 0; k < 6; k++) sum.inertia[k] += carried[child].inertia[k];
  }

  const motions = joints.map((joint) => {
    const { position, rotation } = poses[joint.child];
    const axis = rotate(rotation, joint.axis);
    return joint.kind === 'prismatic'
      ? { angular: [0, 0, 0] as Vec3, linear: axis }
      : { angular: axis, linear: cross(position, axis) };
  });
  const size = movable.length;
  const matrix = new Float64Array(size * size);
  for (const [j, joint] of joints.entries()) {
    const own = coordinates[j];
    if (!own) continue;
    const { mass, moment, inertia } = carried[joint.child];
    const { angular: w, linear: v } = motions[j];
    const [xx, xy, xz, yy, yz, zz] = inertia;
    const momentum = add(scale(v, mass), cross(w, moment));
    const turned: Vec3 = [
      xx * w[0] + xy * w[1] + xz * w[2],
      xy * w[0] + yy * w[1] + yz * w[2],
      xz * w[0] + yz * w[1] + zz * w[2],
    ];
    const spin = add(turned, cross(moment, v));
    for (let i = j; i >= 0; i = parentJoint[joints[i].parent]) {
      const other = coordinates[i];
      if (!other) continue;
      const value =
        own.multiplier *
        other.multiplier *
        (dot(motions[i].angular, spin) + dot(motions[i].linear, momentum) + (i === j ? joint.armature : 0));
      matrix[own.index * size + other.index] += value;
      if (i !== j) matrix[other.index * size + own.index] += value;
    }
  }
  return matrix;
}

function aboutOrigin({ mass, pose, inertia }: NonNullable<ReturnType<typeof combineInertials>>): Spatial {
  const [x, y, z] = pose.position;
  return {
    mass,
    moment: scale(pose.position, mass),
    inertia: [
      inertia[0] + mass * (y * y + z * z),
      inertia[1] - mass * x * y,
      inertia[2] - mass * x * z,
      inertia[3] + mass * (x * x + z * z),
      inertia[4] - mass * y * z,
      inertia[5] + mass * (x * x + y * y),
    ],
  };
}
