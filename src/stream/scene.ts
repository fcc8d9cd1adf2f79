import { add, cross, norm, rotate, scale } from '../core/linalg.ts';
import type { Geometry, Link, Pose, RobotModel, Shape } from '../core/robot.ts';
import type { Marker, WorldSpec } from '../core/task.ts';
import type { Kinematics } from '../robot/kinematics.ts';
import { color, entity, line, micro, pathPoints, point, pose, quaternion, stamp, world } from './messages.ts';
import { assetPackage, bodyColor, bodyFrames, type Rgba, sceneryColor, shapeColor } from './wire.ts';

/** Messages of where everything stands and what it looks like. */

/** Poses [bodies × 7] of a world's bodies where it says they stand. */
export function standingBodies(surroundings: WorldSpec | undefined): Float64Array {
  const bodies = surroundings?.bodies ?? [];
  return Float64Array.from(bodies.flatMap(({ pose: { position, rotation } }) => [...position, ...rotation]));
}

/**
 * The pose in `world` of every link, straight: no rounding adds up along the chain; and of every body.
 * @param frames names of the bodies' frames
 * @param bodies [bodies × 7]
 */
export function frameTransforms(
  kinematics: Kinematics,
  q: ArrayLike<number>,
  frames: readonly string[],
  bodies: Float64Array,
  now: number,
): object {
  const { links, root } = kinematics.robot;
  const timestamp = stamp(now);
  const transforms: object[] = [];
  const transform = (frame: string, { position, rotation }: Pose) => ({
    timestamp,
    parent_frame_id: world,
    child_frame_id: frame,
    translation: point(position),
    rotation: quaternion(rotation),
  });
  for (const [index, place] of kinematics.linkPoses(q).entries()) {
    // A root link that is called world is the frame itself.
    if (index === root && links[index].name === world) continue;
    transforms.push(transform(links[index].name, place));
  }
  for (const [k, frame] of frames.entries()) {
    const [x, y, z, qx, qy, qz, qw] = bodies.subarray(7 * k, 7 * k + 7);
    transforms.push(transform(frame, { position: [x, y, z], rotation: [qx, qy, qz, qw] }));
  }
  return { transforms };
}

export function jointStates(robot: RobotModel, q: ArrayLike<number>, now: number): object {
  const joints = robot.movable.map((index, d) => ({ name: robot.joints[index].name, position: micro(q[d]) }));
  return { timestamp: stamp(now), joints };
}

class Shapes {
  readonly cubes: object[] = [];
  readonly spheres: object[] = [];
  readonly cylinders: object[] = [];
  readonly triangles: object[] = [];
  readonly models: object[] = [];
}

/** @param own draw a mesh in the colours it has, if any */
function addGeometry(shapes: Shapes, geometry: Geometry, at: Pose, rgba: Rgba, own = false): void {
  const look = { pose: pose(at), color: color(rgba) };
  const cube = (x: number, y: number, z: number) => ({ ...look, size: { x, y, z } });
  if (geometry.kind === 'box') shapes.cubes.push(cube(...geometry.size));
  else if (geometry.kind === 'convex') {
    const points = pathPoints(geometry.vertices);
    shapes.triangles.push({ ...look, points, colors: [], indices: geometry.triangles });
  } else if (geometry.kind === 'mesh') {
    const [x, y, z] = geometry.scale;
    if (geometry.file === undefined) return;
    shapes.models.push({
      ...look,
      scale: { x, y, z },
      override_color: !own || /\.(stl|obj)$/.test(geometry.file),
      url: assetPackage + geometry.file,
      media_type: '',
      data: '',
    });
  } else if (geometry.kind === 'sphere') {
    const d = 2 * geometry.radius;
    shapes.spheres.push(cube(d, d, d));
  } else if (geometry.kind === 'cylinder' || geometry.kind === 'capsule') {
    const d = 2 * geometry.radius;
    shapes.cylinders.push({ ...cube(d, d, geometry.length), bottom_scale: 1, top_scale: 1 });
    if (geometry.kind === 'capsule') {
      for (const end of [-geometry.length / 2, geometry.length / 2]) {
        const position = add(at.position, rotate(at.rotation, [0, 0, end]));
        addGeometry(shapes, { kind: 'sphere', radius: geometry.radius }, { ...at, position }, rgba);
      }
    }
  }
}

/** What is drawn of a link: its visuals, or the shapes it collides with where a mesh is not to be had. */
function drawn(link: Link): readonly Shape[] {
  const lost = link.visuals.some(({ geometry }) => geometry.kind === 'mesh' && geometry.file === undefined);
  return lost ? [...link.visuals, ...link.collisions] : link.visuals;
}

/** Robot, bodies, scenery and goal; replaces whatever was there. */
export function sceneUpdate(
  robot: RobotModel,
  surroundings: WorldSpec | undefined,
  markers: readonly Marker[],
  now: number,
): object {
  const entities: object[] = [];
  for (const [index, link] of robot.links.entries()) {
    if (link.visuals.length === 0) continue;
    const shapes = new Shapes();
    for (const shape of drawn(link))
      addGeometry(shapes, shape.geometry, shape.pose, shapeColor(robot, index, shape), !shape.color);
    entities.push(entity(`link/${link.name}`, link.name, now, { ...shapes }));
  }
  const frames = bodyFrames(robot, surroundings);
  for (const [index, body] of (surroundings?.bodies ?? []).entries()) {
    const shapes = new Shapes();
    for (const shape of body.shapes) addGeometry(shapes, shape.geometry, shape.pose, bodyColor(body, shape));
    entities.push(entity(frames[index], frames[index], now, { ...shapes }));
  }
  const scenery = new Shapes();
  for (const item of surroundings?.scenery ?? [])
    addGeometry(scenery, item.geometry, item.pose, sceneryColor);
  if (surroundings?.scenery?.length) entities.push(entity('scenery', world, now, { ...scenery }));
  for (const [index, marker] of markers.entries()) entities.push(goal(marker, index, now));
  return { deletions: [{ timestamp: stamp(now), type: 1, id: '' }], entities };
}

/** What is to be reached, see-through; `metadata` says the same in words, `marker` in JSON. */
function goal(marker: Marker, index: number, now: number): object {
  const metadata = [
    { key: 'kind', value: marker.kind },
    { key: 'marker', value: JSON.stringify(marker) },
    { key: 'label', value: marker.label ?? 'goal' },
  ];
  const green: Rgba = [0.25, 0.85, 0.6, marker.kind === 'sphere' || marker.kind === 'box' ? 0.45 : 1];
  const shapes = new Shapes();
  const upright = [0, 0, 0, 1] as const;
  switch (marker.kind) {
    case 'sphere':
      addGeometry(
        shapes,
        { kind: 'sphere', radius: marker.radius },
        { position: marker.position, rotation: upright },
        green,
      );
      break;
    case 'box':
      addGeometry(shapes, { kind: 'box', size: marker.size }, marker.pose, green);
      break;
    default: {
      const points = marker.kind === 'ring' ? ringPoints(marker) : pathPoints(marker.points);
      const closed = marker.kind === 'ring' || marker.closed === true;
      const lines = [line(closed ? 1 : 0, 3, points, color(green), [])];
      return entity(`goal/${index}`, world, now, { lines, metadata });
    }
  }
  return entity(`goal/${index}`, world, now, { ...shapes, metadata });
}

function ringPoints({ position, radius, normal = [0, 1, 0] }: Extract<Marker, { kind: 'ring' }>): object[] {
  const length = norm(normal);
  const n = scale(normal, 1 / length);
  const aside = cross(n, Math.abs(n[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]);
  const u = scale(aside, 1 / norm(aside));
  const v = cross(n, u);
  return Array.from({ length: 32 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 32;
    return point(add(position, add(scale(u, radius * Math.cos(angle)), scale(v, radius * Math.sin(angle)))));
  });
}
