import { add, cross, norm, rotate, scale } from '../core/linalg.ts';
import type { Geometry, Link, Pose, RobotModel, Shape, Vec3 } from '../core/robot.ts';
import type { Marker, WorldSpec } from '../core/task.ts';
import type { TelemetryEvent } from '../core/telemetry.ts';
import type { Kinematics } from '../robot/kinematics.ts';
import {
  accent,
  assetPackage,
  bodyColor,
  bodyFrames,
  danger,
  disagreementColor,
  type Rgba,
  sceneryColor,
  shapeColor,
} from './wire.ts';

/** Builders of foxglove messages; metres, radians, frame `world` unless said otherwise. */

/** The frame everything stands in. */
export const world = 'world';

/** To micrometres and microradians, which is short in JSON. */
export const micro = (value: number) => Math.round(value * 1e6) / 1e6;
const point = ([x, y, z]: ArrayLike<number> & Iterable<number>) => ({
  x: micro(x),
  y: micro(y),
  z: micro(z),
});
const quaternion = ([x, y, z, w]: Pose['rotation']) => ({
  x: micro(x),
  y: micro(y),
  z: micro(z),
  w: micro(w),
});
const pose = ({ position, rotation }: Pose) => ({
  position: point(position),
  orientation: quaternion(rotation),
});
const color = ([r, g, b, a]: Rgba) => ({ r, g, b, a });
const identity = pose({ position: [0, 0, 0], rotation: [0, 0, 0, 1] });

/** ms since the Unix epoch as foxglove's time. */
function stamp(ms: number): { sec: number; nsec: number } {
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
}

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

interface Primitives {
  cubes?: object[];
  spheres?: object[];
  cylinders?: object[];
  arrows?: object[];
  lines?: object[];
  triangles?: object[];
  models?: object[];
  metadata?: { key: string; value: string }[];
}

function entity(id: string, frame: string, now: number, primitives: Primitives): object {
  return {
    timestamp: stamp(now),
    frame_id: frame,
    id,
    lifetime: { sec: 0, nsec: 0 },
    frame_locked: true,
    metadata: [],
    arrows: [],
    cubes: [],
    spheres: [],
    cylinders: [],
    lines: [],
    triangles: [],
    texts: [],
    models: [],
    ...primitives,
  };
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

function pathPoints(points: readonly number[]): object[] {
  return Array.from({ length: Math.floor(points.length / 3) }, (_, i) =>
    point(points.slice(3 * i, 3 * i + 3)),
  );
}

/** `type` 0 = strip, 1 = loop; `thickness` in px. */
function line(type: number, thickness: number, points: object[], solid: object, colors: object[]): object {
  return {
    type,
    pose: identity,
    thickness,
    scale_invariant: true,
    points,
    color: solid,
    colors,
    indices: [],
  };
}

type PlanEvent = Extract<TelemetryEvent, { type: 'plan' }>;
type LogEvent = Extract<TelemetryEvent, { type: 'log' }>;

/** Lines and points on the wire stay few, whatever the planner's size. */
const MOST_LINES = 24;
const MOST_POINTS = 40;
const MOST_KNOTS = 10;

/** At most `most` of the indices 0 … count − 1, evenly, with the first and the last. */
function thinned(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/**
 * The planned path of the tip: a line that fades with the time ahead, a sphere at each knot; red from where something is
 * in the way. Metadata: `time`, as below; `blocked`, what is in the way.
 */
export function planUpdate(kinematics: Kinematics, plan: PlanEvent, now: number): object {
  const size = kinematics.robot.movable.length;
  const count = plan.path.length / size;
  const tip = new Float64Array(3);
  const points: object[] = [];
  const colors: object[] = [];
  const spheres: object[] = [];
  const knots = new Set(thinned(count, MOST_KNOTS + 1).slice(1));
  const { blocked } = plan;
  const steps = new Set([...thinned(count, MOST_POINTS), ...knots, ...(blocked ? [blocked.step] : [])]);
  for (const step of [...steps].sort((a, b) => a - b)) {
    kinematics.tip(plan.path.subarray(step * size, (step + 1) * size), tip);
    const beyond = blocked !== undefined && step >= blocked.step;
    const [r, g, b] = beyond ? danger : accent;
    // What is blocked is seen to its end.
    const rgba = color([r, g, b, beyond ? 1 : 1 - (0.85 * step) / Math.max(1, count - 1)]);
    points.push(point(tip));
    colors.push(rgba);
    if (knots.has(step)) {
      spheres.push({
        pose: { position: point(tip), orientation: identity.orientation },
        size: { x: 0.015, y: 0.015, z: 0.015 },
        color: rgba,
      });
    }
  }
  const lines = [line(0, 3, points, color(accent), colors)];
  const metadata = [
    { key: 'time', value: String(plan.time) },
    ...(blocked ? [{ key: 'blocked', value: blocked.reason }] : []),
  ];
  return { deletions: [], entities: [entity('plan', world, now, { lines, spheres, metadata })] };
}

/**
 * The tip's path in each imagined particle, coloured along the horizon by how much the ensemble disagrees. Metadata:
 * `time`, when it begins, and `horizon`, how far it looks ahead, in s; the largest `disagreement`.
 */
export function imaginedUpdate(
  kinematics: Kinematics,
  plan: PlanEvent,
  horizon: number,
  now: number,
): object {
  const size = kinematics.robot.movable.length;
  const count = plan.disagreement.length;
  const steps = thinned(count, MOST_POINTS);
  const colors = steps.map((step) => {
    const [r, g, b] = disagreementColor(plan.disagreement[step]);
    return {
      r: Math.round(r * 1e3) / 1e3,
      g: Math.round(g * 1e3) / 1e3,
      b: Math.round(b * 1e3) / 1e3,
      a: 0.7,
    };
  });
  const tip = new Float64Array(3);
  const lines = thinned(plan.particleCount, MOST_LINES).map((particle) => {
    const points = steps.map((step) => {
      const at = (particle * count + step) * size;
      return point(kinematics.tip(plan.particles.subarray(at, at + size), tip));
    });
    return line(0, 1, points, colors[0], colors);
  });
  const metadata = [
    { key: 'time', value: String(plan.time) },
    { key: 'horizon', value: String(horizon) },
    { key: 'disagreement', value: String(Math.max(...plan.disagreement)) },
  ];
  return { deletions: [], entities: [entity('imagined', world, now, { lines, metadata })] };
}

/** Forces too small to be seen are left out, m. */
const SHORTEST = 0.004;
const LONGEST = 0.6;
const MOST_FORCES = 64;

/**
 * Contact forces to scale.
 * @param contacts [contacts × 6]: point, m, and force, N
 * @param metresPerNewton length of an arrow
 */
export function contactUpdate(contacts: Float64Array, metresPerNewton: number, now: number): object {
  const arrows: { length: number; arrow: object }[] = [];
  for (let i = 0; i < contacts.length; i += 6) {
    const force: Vec3 = [contacts[i + 3], contacts[i + 4], contacts[i + 5]];
    const length = Math.min(LONGEST, metresPerNewton * norm(force));
    if (!(length >= SHORTEST)) continue;
    const head = Math.min(0.4 * length, 0.03);
    arrows.push({
      length,
      arrow: {
        pose: pose({ position: [contacts[i], contacts[i + 1], contacts[i + 2]], rotation: alongX(force) }),
        ...{ shaft_length: length - head, shaft_diameter: 0.25 * head },
        ...{ head_length: head, head_diameter: 0.7 * head },
        color: color([1, 0.82, 0.29, 1]),
      },
    });
  }
  arrows.sort((a, b) => b.length - a.length);
  const metadata = [{ key: 'scale', value: `${metresPerNewton} m/N` }];
  const shown = arrows.slice(0, MOST_FORCES).map(({ arrow }) => arrow);
  return { deletions: [], entities: [entity('contacts', world, now, { arrows: shown, metadata })] };
}

/** The shortest turn that takes the x axis along a vector. */
function alongX(vector: Vec3): Pose['rotation'] {
  const [x, y, z] = scale(vector, 1 / norm(vector));
  if (x < -0.999999) return [0, 0, 1, 0];
  const w = Math.sqrt((1 + x) / 2);
  return [0, -z / (2 * w), y / (2 * w), w];
}

/** A line for people. */
export function logMessage(level: LogEvent['level'], message: string, now: number): object {
  const rank = { info: 2, warning: 3, error: 4 }[level];
  return { timestamp: stamp(now), level: rank, message, name: 'premotor', file: '', line: 0 };
}

/** Takes an entity away. */
export function deletion(id: string, now: number): object {
  return { deletions: [{ timestamp: stamp(now), type: 0, id }], entities: [] };
}
