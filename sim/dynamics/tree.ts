import { InputError } from '../../src/core/errors.ts';
import { compose, dot, rotate } from '../../src/core/linalg.ts';
import type { Pose, Quat, RobotModel, Vec3 } from '../../src/core/robot.ts';
import { rigidGroups } from '../../src/robot/index.ts';

/**
 * A robot as a tree of B bodies, each on one moving joint; a body's parent comes before it. Joints that mimic others are
 * joints too: joint coordinate = ratio · q[coordinate] + offset. Flat arrays, one block a body. SI units.
 */
export interface Tree {
  readonly bodies: number;
  /** Coordinates of the robot, D. */
  readonly size: number;
  /** Link that leads each body [B]. */
  readonly leader: readonly number[];
  /** Body of each link, −1 = the world, and the link's pose in its frame (in the world's where it is −1). */
  readonly links: readonly { readonly body: number; readonly pose: Pose }[];
  /** Body's parent, −1 = the world [B]. */
  readonly parent: Int32Array;
  readonly prismatic: Uint8Array;
  readonly coordinate: Int32Array;
  readonly ratio: Float64Array;
  readonly offset: Float64Array;
  /** Joint's place in the parent body's frame [B × 3]. */
  readonly anchor: Float64Array;
  /**
   * Rotation of the body in its parent at joint angle θ: even + cos θ · cosine + sin θ · sine, row-major [B × 9] each. A
   * sliding joint has `even` alone.
   */
  readonly even: Float64Array;
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
  /** Joint's axis in the body's frame, unit length [B × 3]. */
  readonly axis: Float64Array;
  /** kg [B] */
  readonly mass: Float64Array;
  /** Centre of mass in the body's frame [B × 3]. */
  readonly center: Float64Array;
  /** kg m² about it: xx, xy, xz, yy, yz, zz, in the body's axes [B × 6]. */
  readonly inertia: Float64Array;
  /** Per coordinate, mimicking joints included [D]. */
  readonly armature: Float64Array;
  readonly damping: Float64Array;
  readonly friction: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** @param massOf factor on mass and inertia by name of link; default 1. */
export function treeOf(robot: RobotModel, massOf: (link: string) => number = () => 1): Tree {
  const links = robot.links.map((link) => {
    const factor = massOf(link.name);
    if (!link.inertial || factor === 1) return link;
    const { mass, pose, inertia } = link.inertial;
    const scaled = inertia.map((value) => value * factor) as unknown as typeof inertia;
    return { ...link, inertial: { mass: mass * factor, pose, inertia: scaled } };
  });
  const groups = rigidGroups({ ...robot, links });
  // The root's group is the world: body g − 1 is group g.
  const place = new Array<{ body: number; pose: Pose }>(links.length);
  for (const [g, { members }] of groups.entries())
    for (const { link, pose } of members) place[link] = { body: g - 1, pose };
  const jointOf = robot.joints.flatMap((joint, j) => (joint.kind === 'fixed' ? [] : [j]));
  const bodies = jointOf.length;
  const size = robot.movable.length;
  const tree = {
    bodies,
    size,
    leader: groups.slice(1).map(({ leader }) => leader),
    links: place,
    parent: new Int32Array(bodies),
    prismatic: new Uint8Array(bodies),
    coordinate: new Int32Array(bodies),
    ratio: new Float64Array(bodies),
    offset: new Float64Array(bodies),
    anchor: new Float64Array(3 * bodies),
    even: new Float64Array(9 * bodies),
    cosine: new Float64Array(9 * bodies),
    sine: new Float64Array(9 * bodies),
    axis: new Float64Array(3 * bodies),
    mass: new Float64Array(bodies),
    center: new Float64Array(3 * bodies),
    inertia: new Float64Array(6 * bodies),
    armature: new Float64Array(size),
    damping: new Float64Array(size),
    friction: new Float64Array(size),
    lower: new Float64Array(size).fill(-Infinity),
    upper: new Float64Array(size).fill(Infinity),
  };
  for (const j of jointOf) {
    const joint = robot.joints[j];
    const b = place[joint.child].body;
    const { body: parent, pose } = place[joint.parent];
    const { coordinate, ratio, offset } = follow(robot, j);
    const origin = compose(pose, joint.origin);
    tree.parent[b] = parent;
    tree.prismatic[b] = joint.kind === 'prismatic' ? 1 : 0;
    tree.coordinate[b] = coordinate;
    tree.ratio[b] = ratio;
    tree.offset[b] = offset;
    tree.anchor.set(origin.position, 3 * b);
    tree.axis.set(joint.axis, 3 * b);
    setRotation(tree, b, origin.rotation, joint.axis);
    const inertial = groups[b + 1].inertial;
    if (inertial) {
      tree.mass[b] = inertial.mass;
      tree.center.set(inertial.pose.position, 3 * b);
      tree.inertia.set(inertial.inertia, 6 * b);
    }
    const d = coordinate;
    tree.armature[d] += ratio * ratio * joint.armature;
    tree.damping[d] += ratio * ratio * joint.damping;
    tree.friction[d] += Math.abs(ratio) * joint.friction;
    // 0 · q never reaches a limit.
    if (ratio !== 0) {
      const ends = [(joint.lower - offset) / ratio, (joint.upper - offset) / ratio];
      tree.lower[d] = Math.max(tree.lower[d], Math.min(...ends));
      tree.upper[d] = Math.min(tree.upper[d], Math.max(...ends));
    }
  }
  for (const [d, j] of robot.movable.entries())
    if (tree.lower[d] > tree.upper[d])
      throw new InputError(
        `robot ${robot.name}: joint ${robot.joints[j].name}: the limits of the joints that mimic it leave it no room; widen them`,
      );
  return tree;
}

/** The coordinate that a joint follows in the end: joint = ratio · q[coordinate] + offset. */
function follow(robot: RobotModel, j: number): { coordinate: number; ratio: number; offset: number } {
  let ratio = 1;
  let offset = 0;
  let at = j;
  for (let hops = 0; hops <= robot.joints.length; hops++) {
    const { mimic } = robot.joints[at];
    if (!mimic) {
      const coordinate = robot.movable.indexOf(at);
      if (coordinate < 0)
        throw new InputError(
          `robot ${robot.name}: joint ${robot.joints[at].name} moves but is not one of the movable joints; list it, or make it fixed`,
        );
      return { coordinate, ratio, offset };
    }
    offset += ratio * mimic.offset;
    ratio *= mimic.multiplier;
    at = mimic.joint;
  }
  throw new InputError(
    `robot ${robot.name}: joint ${robot.joints[j].name} mimics itself in a loop; let one of them move freely`,
  );
}

function setRotation(
  tree: Pick<Tree, 'even' | 'cosine' | 'sine' | 'prismatic'>,
  b: number,
  origin: Quat,
  axis: Vec3,
): void {
  const units = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ] as const;
  for (const [column, unit] of units.entries()) {
    // Rodrigues: R e = (e·a) a + cos θ (e − (e·a) a) + sin θ (a × e).
    const along = dot(unit, axis);
    const kept = rotate(origin, [axis[0] * along, axis[1] * along, axis[2] * along]);
    const whole = rotate(origin, unit);
    const side = rotate(origin, [
      axis[1] * unit[2] - axis[2] * unit[1],
      axis[2] * unit[0] - axis[0] * unit[2],
      axis[0] * unit[1] - axis[1] * unit[0],
    ]);
    for (let row = 0; row < 3; row++) {
      const k = 9 * b + 3 * row + column;
      if (tree.prismatic[b]) tree.even[k] = whole[row];
      else {
        tree.even[k] = kept[row];
        tree.cosine[k] = whole[row] - kept[row];
        tree.sine[k] = side[row];
      }
    }
  }
}
