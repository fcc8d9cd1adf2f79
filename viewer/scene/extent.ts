import { Box3, Vector3 } from 'three';
import { compose, rotate } from '../../src/core/linalg.ts';
import type { Geometry, Pose, RobotModel, Shape } from '../../src/core/robot.ts';
import type { Marker, WorldSpec } from '../../src/core/task.ts';
import { Kinematics } from '../../src/robot/kinematics.ts';
import { carryingJoints } from './robot-view.ts';

/** The part of the world that a picture needs, m. */
export interface Extent {
  readonly center: readonly [number, number, number];
  readonly radius: number;
  /** Half sizes along x, y, z. */
  readonly half: readonly [number, number, number];
  /** Height of the ground. */
  readonly ground: number;
  /** The robot drives or flies. */
  readonly mobile: boolean;
  /** It stands and has many joints. */
  readonly arm: boolean;
  /** There is more than fits: the camera has to go along. */
  readonly cut: boolean;
}

export const emptyExtent: Extent = {
  ...{ center: [0, 0, 0.3], radius: 1, half: [1, 1, 1], ground: 0 },
  ...{ mobile: false, arm: false, cut: false },
};

/** Of a long rail the robot is framed on this much to each side of home, m. */
const SLIDE = 0.9;
/** An arm of more than so many joints is framed for turns of each by so much, rad: all of its reach would be its ball. */
const FEW = 3;
const TURN = 0.45;
/** So many half sizes of the robot away things are framed with it: free ones and goals, and what stands fast. */
const FRAMED = 1.2;
const FRAMED_FIXED = 0.3;
/** For one that drives or flies, which leaves its place; and what it sees around itself where there is more. */
const FRAMED_MOBILE = 12;
const FRAMED_CUT = 4;

type Bounds = (file: string | undefined) => Box3 | undefined;

/**
 * Where the moving links can be, from poses over the range of each joint; with the world's bodies and the goal, as far as
 * they are near. The ground is the world's, else the lowest point of the robot at home.
 * @param boundsOf of mesh files that are loaded, in their own frames
 */
export function extentOf(
  robot: RobotModel,
  world: WorldSpec | null,
  markers: readonly Marker[],
  boundsOf: Bounds,
): Extent {
  const carrying = carryingJoints(robot);
  const mobile = carrying.size > 0;
  const own = new Box3();
  const atHome = new Box3();
  const kinematics = new Kinematics(robot);
  const q = Float64Array.from(robot.home);
  const moving = movingLinks(robot);
  const include = (everything: boolean, home = false) => {
    for (const [index, pose] of kinematics.linkPoses(q).entries()) {
      const { visuals, collisions } = robot.links[index];
      const shapes = visuals.some(({ geometry }) => geometry.kind === 'mesh')
        ? [...visuals, ...collisions]
        : visuals;
      for (const shape of shapes) {
        if (home) addShape(atHome, pose, shape, boundsOf);
        if (everything || moving.has(index)) addShape(own, pose, shape, boundsOf);
      }
    }
  };
  include(mobile || moving.size === 0, true);
  for (const [d, index] of robot.movable.entries()) {
    if (carrying.has(index)) continue;
    const joint = robot.joints[index];
    const reach = joint.kind === 'prismatic' ? SLIDE : robot.movable.length > FEW ? TURN : Math.PI;
    for (let i = 0; i <= 12; i++) {
      const target = robot.home[d] + reach * (i / 6 - 1);
      q[d] = Math.min(joint.upper, Math.max(joint.lower, target));
      include(false);
    }
    q[d] = robot.home[d];
  }
  if (own.isEmpty()) own.copy(atHome);
  const ground = world?.ground?.height ?? (atHome.isEmpty() ? 0 : atHome.min.z);
  if (own.isEmpty()) return { ...emptyExtent, ground };
  const framed = own.clone();
  const size = own.getSize(new Vector3()).length() / 2;
  let cut = false;
  /** @param far how far from the robot a thing may be to be framed with it, m */
  const add = (box: Box3, far: number) => {
    if (box.isEmpty()) return;
    const near = own.clone().expandByScalar(far);
    const whole = near.containsBox(box);
    // Of what reaches beyond only that counts which comes close, too.
    if (
      !whole &&
      !own
        .clone()
        .expandByScalar(far / 2)
        .intersectsBox(box)
    )
      return;
    cut ||= !whole;
    framed.union(box.intersect(near));
  };
  const far = (mobile ? FRAMED_MOBILE : FRAMED) * size;
  for (const body of world?.bodies ?? []) {
    const box = new Box3();
    for (const shape of body.shapes) addShape(box, body.pose, shape, boundsOf);
    add(box, mobile || body.kind === 'free' ? far : FRAMED_FIXED * size);
  }
  for (const marker of markers) add(markerBox(marker), far);
  cut &&= mobile;
  // The camera goes along: what it passes comes into view by itself.
  if (cut) framed.copy(own).expandByScalar(FRAMED_CUT * size);
  const half = framed.getSize(new Vector3()).multiplyScalar(0.5);
  const center = framed.getCenter(new Vector3());
  return {
    center: center.toArray(),
    half: half.toArray(),
    radius: half.length(),
    ground,
    mobile,
    arm: !mobile && robot.movable.length > FEW,
    cut,
  };
}

/** Indices of the links that some joint moves. */
export function movingLinks(robot: RobotModel): Set<number> {
  const moving = new Set<number>();
  for (const joint of robot.joints)
    if (joint.kind !== 'fixed' || moving.has(joint.parent)) moving.add(joint.child);
  return moving;
}

function addShape(box: Box3, frame: Pose, { geometry, pose }: Shape, boundsOf: Bounds): void {
  const local = localBox(geometry, boundsOf);
  if (local.isEmpty()) return;
  const { position, rotation } = compose(frame, pose);
  const middle = rotate(rotation, local.getCenter(new Vector3()).toArray());
  const at = new Vector3(...middle).add(new Vector3(...position));
  const half = turned(local.getSize(new Vector3()).multiplyScalar(0.5), rotation);
  box.expandByPoint(at.clone().sub(half)).expandByPoint(at.add(half));
}

/** In the shape's own frame; empty while a mesh is not loaded. */
function localBox(geometry: Geometry, boundsOf: Bounds): Box3 {
  const around = (x: number, y: number, z: number) => new Box3(new Vector3(-x, -y, -z), new Vector3(x, y, z));
  switch (geometry.kind) {
    case 'box': {
      const [x, y, z] = geometry.size;
      return around(x / 2, y / 2, z / 2);
    }
    case 'sphere':
      return around(geometry.radius, geometry.radius, geometry.radius);
    case 'convex':
      return new Box3().setFromArray([...geometry.vertices]);
    case 'mesh': {
      const bounds = boundsOf(geometry.file);
      const scale = new Vector3(...geometry.scale);
      return bounds
        ? new Box3().setFromPoints([bounds.min.clone().multiply(scale), bounds.max.clone().multiply(scale)])
        : new Box3();
    }
    default: {
      const { radius, length } = geometry;
      return around(radius, radius, length / 2 + (geometry.kind === 'capsule' ? radius : 0));
    }
  }
}

/** Half sizes of the box around a turned box of half sizes `half`. */
function turned(half: Vector3, [x, y, z, w]: readonly number[]): Vector3 {
  const rows = [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ];
  const size = half.toArray();
  const sum = (row: readonly number[]) =>
    row.reduce((total, value, k) => total + Math.abs(value) * size[k], 0);
  return new Vector3(sum(rows[0]), sum(rows[1]), sum(rows[2]));
}

function markerBox(marker: Marker): Box3 {
  if (marker.kind === 'path') return new Box3().setFromArray([...marker.points]);
  if (marker.kind === 'box') {
    const half = turned(new Vector3(...marker.size).multiplyScalar(0.5), marker.pose.rotation);
    const at = new Vector3(...marker.pose.position);
    return new Box3(at.clone().sub(half), at.add(half));
  }
  return new Box3().setFromCenterAndSize(
    new Vector3(...marker.position),
    new Vector3().setScalar(2 * marker.radius),
  );
}
