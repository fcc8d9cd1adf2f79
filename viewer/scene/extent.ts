import { compose } from '../../src/core/linalg.ts';
import type { Geometry, RobotModel } from '../../src/core/robot.ts';
import { Kinematics } from '../../src/robot/kinematics.ts';

/** The part of the world that a robot needs, m. */
export interface Extent {
  readonly center: readonly [number, number, number];
  readonly radius: number;
  /** Half sizes along x, y, z. */
  readonly half: readonly [number, number, number];
  /** Height of the ground that nothing reaches through. */
  readonly ground: number;
}

/** Of a long rail the robot is framed on this much to each side of home, m. */
const SLIDE = 0.9;

/** Where the moving links can be, from poses over the whole range of each joint, and the lowest point of any link. */
export function extentOf(robot: RobotModel): Extent {
  const kinematics = new Kinematics(robot);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  let ground = Infinity;
  const q = Float64Array.from(robot.home);
  const moving = movingLinks(robot);
  const include = (everything: boolean) => {
    for (const [index, pose] of kinematics.linkPoses(q).entries()) {
      for (const shape of robot.links[index].visuals) {
        const at = compose(pose, shape.pose);
        const size = halfSize(shape.geometry, at.rotation);
        ground = Math.min(ground, at.position[2] - size[2]);
        if (!moving.has(index) && !everything) continue;
        for (let k = 0; k < 3; k++) {
          low[k] = Math.min(low[k], at.position[k] - size[k]);
          high[k] = Math.max(high[k], at.position[k] + size[k]);
        }
      }
    }
  };
  include(moving.size === 0);
  for (const [d, index] of robot.movable.entries()) {
    const joint = robot.joints[index];
    const reach = joint.kind === 'prismatic' ? SLIDE : Math.PI;
    for (let i = 0; i <= 12; i++) {
      const target = robot.home[d] + reach * (i / 6 - 1);
      q[d] = Math.min(joint.upper, Math.max(joint.lower, target));
      include(false);
    }
    q[d] = robot.home[d];
  }
  const center = low.map((value, k) => (value + high[k]) / 2) as [number, number, number];
  const half = low.map((value, k) => (high[k] - value) / 2) as [number, number, number];
  if (!Number.isFinite(center[0])) return { center: [0, 0, 0.3], radius: 1, half: [1, 1, 1], ground: 0 };
  return { center, half, radius: Math.hypot(...half), ground };
}

function movingLinks(robot: RobotModel): Set<number> {
  const moving = new Set<number>();
  for (const joint of robot.joints)
    if (joint.kind !== 'fixed' || moving.has(joint.parent)) moving.add(joint.child);
  return moving;
}

/** Half sizes of the box around a turned shape. */
function halfSize(geometry: Geometry, [x, y, z, w]: readonly number[]): [number, number, number] {
  if (geometry.kind === 'mesh' || geometry.kind === 'convex') return [0, 0, 0];
  if (geometry.kind === 'sphere') return [geometry.radius, geometry.radius, geometry.radius];
  const half =
    geometry.kind === 'box'
      ? geometry.size.map((size) => size / 2)
      : [
          geometry.radius,
          geometry.radius,
          geometry.length / 2 + (geometry.kind === 'capsule' ? geometry.radius : 0),
        ];
  const rows = [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ];
  return rows.map((row) => row.reduce((sum, value, k) => sum + Math.abs(value) * half[k], 0)) as [
    number,
    number,
    number,
  ];
}
