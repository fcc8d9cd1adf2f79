import { InputError, nearestName } from '../../src/core/errors.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import { type Frame, groundFrame, type Probe } from './probe.ts';

/** The number of a link or of a body of the world, by name; `ground` is the ground plane where it is allowed. */
export function frameOf(
  sensor: Sensor,
  key: string,
  name: string,
  probe: Probe,
  allowed: 'link' | 'link or body' | 'link, body or ground',
): Frame {
  const links = probe.robot.links.map((link) => link.name);
  const bodies = allowed === 'link' ? [] : (probe.world.bodies ?? []).map((body) => body.name);
  const found = [...links, ...bodies].indexOf(name);
  if (found >= 0) return found;
  const ground = allowed === 'link, body or ground' ? ['ground'] : [];
  if (ground.includes(name)) return groundFrame;
  const near = nearestName(name, [...links, ...bodies, ...ground]);
  throw new InputError(
    `sensor ${sensor.name}: ${key} "${name}" is no ${allowed} of ${probe.robot.name}; ${near ? `did you mean "${near}"?` : `there are ${[...links, ...bodies].join(', ')}`}`,
  );
}

/** Rotates (x, y, z) by the quaternion at `pose[3 …]` and writes it to `out[at …]`. */
export function turn(
  pose: Float64Array,
  x: number,
  y: number,
  z: number,
  out: Float64Array,
  at: number,
): void {
  turnBy(pose[3], pose[4], pose[5], pose[6], x, y, z, out, at);
}

/** The same by the inverse rotation. */
export function turnBack(
  pose: Float64Array,
  x: number,
  y: number,
  z: number,
  out: Float64Array,
  at: number,
): void {
  turnBy(-pose[3], -pose[4], -pose[5], pose[6], x, y, z, out, at);
}

function turnBy(
  qx: number,
  qy: number,
  qz: number,
  qw: number,
  x: number,
  y: number,
  z: number,
  out: Float64Array,
  at: number,
): void {
  const tx = 2 * (qy * z - qz * y);
  const ty = 2 * (qz * x - qx * z);
  const tz = 2 * (qx * y - qy * x);
  out[at] = x + qw * tx + qy * tz - qz * ty;
  out[at + 1] = y + qw * ty + qz * tx - qx * tz;
  out[at + 2] = z + qw * tz + qx * ty - qy * tx;
}

/** Pose of a sensor: its frame's pose `parent` [7], moved and turned by `offset` [7] in it, into `out` [7]. */
export function mount(parent: Float64Array, offset: Float64Array, out: Float64Array): void {
  turn(parent, offset[0], offset[1], offset[2], out, 0);
  for (let k = 0; k < 3; k++) out[k] += parent[k];
  multiply(parent, 3, offset, 3, out, 3);
}

/** Product of the quaternions at a[i …] and b[j …], into out[k …]. */
export function multiply(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  out: Float64Array,
  k: number,
): void {
  const ax = a[i];
  const ay = a[i + 1];
  const az = a[i + 2];
  const aw = a[i + 3];
  const bx = b[j];
  const by = b[j + 1];
  const bz = b[j + 2];
  const bw = b[j + 3];
  out[k] = aw * bx + ax * bw + ay * bz - az * by;
  out[k + 1] = aw * by - ax * bz + ay * bw + az * bx;
  out[k + 2] = aw * bz + ax * by - ay * bx + az * bw;
  out[k + 3] = aw * bw - ax * bx - ay * by - az * bz;
}
