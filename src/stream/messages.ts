import type { Pose } from '../core/robot.ts';
import type { TelemetryEvent } from '../core/telemetry.ts';
import type { Rgba } from './wire.ts';

/** What foxglove messages are made of; metres, radians, frame `world` unless said otherwise. */

/** The frame everything stands in. */
export const world = 'world';

/** To micrometres and microradians, which is short in JSON. */
export const micro = (value: number) => Math.round(value * 1e6) / 1e6;
export const point = ([x, y, z]: ArrayLike<number> & Iterable<number>) => ({
  x: micro(x),
  y: micro(y),
  z: micro(z),
});
export const quaternion = ([x, y, z, w]: Pose['rotation']) => ({
  x: micro(x),
  y: micro(y),
  z: micro(z),
  w: micro(w),
});
export const pose = ({ position, rotation }: Pose) => ({
  position: point(position),
  orientation: quaternion(rotation),
});
export const color = ([r, g, b, a]: Rgba) => ({ r, g, b, a });
export const identity = pose({ position: [0, 0, 0], rotation: [0, 0, 0, 1] });

/** ms since the Unix epoch as foxglove's time. */
export function stamp(ms: number): { sec: number; nsec: number } {
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
}

export interface Primitives {
  cubes?: object[];
  spheres?: object[];
  cylinders?: object[];
  arrows?: object[];
  lines?: object[];
  triangles?: object[];
  models?: object[];
  metadata?: { key: string; value: string }[];
}

export function entity(id: string, frame: string, now: number, primitives: Primitives): object {
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

/** Points [3 × n]. */
export function pathPoints(points: readonly number[]): object[] {
  return Array.from({ length: Math.floor(points.length / 3) }, (_, i) =>
    point(points.slice(3 * i, 3 * i + 3)),
  );
}

/** `type` 0 = strip, 1 = loop; `thickness` in px. */
export function line(
  type: number,
  thickness: number,
  points: object[],
  solid: object,
  colors: object[],
): object {
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

type LogEvent = Extract<TelemetryEvent, { type: 'log' }>;

/** A line for people. */
export function logMessage(level: LogEvent['level'], message: string, now: number): object {
  const rank = { info: 2, warning: 3, error: 4 }[level];
  return { timestamp: stamp(now), level: rank, message, name: 'premotor', file: '', line: 0 };
}

/** Takes an entity away. */
export function deletion(id: string, now: number): object {
  return { deletions: [{ timestamp: stamp(now), type: 0, id }], entities: [] };
}
