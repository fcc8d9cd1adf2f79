import type { Channel } from '../src/core/channel.ts';
import type { RobotModel, Vec3 } from '../src/core/robot.ts';
import type { WorldSpec } from '../src/core/task.ts';
import type { System } from './dynamics/system.ts';
import type { Frame, Probe } from './sensors/index.ts';

/** A system as sensors see it. */
export class SimProbe implements Probe {
  readonly robot: RobotModel;
  readonly world: WorldSpec;
  readonly gravity: Vec3;
  readonly timestep: number;
  readonly channels: readonly Channel[];
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly #system: System;

  constructor(system: System, timestep: number, channels: readonly Channel[]) {
    this.#system = system;
    this.robot = system.robot;
    this.world = system.world;
    this.gravity = system.gravity;
    this.timestep = timestep;
    this.channels = channels;
    this.position = system.position;
    this.velocity = system.velocity.subarray(0, system.size);
  }

  pose(frame: Frame, out: Float64Array): void {
    const system = this.#system;
    const { links } = system.tree;
    if (frame >= links.length) {
      system.bodyPose(frame - links.length, out);
      return;
    }
    const { body, pose } = links[frame];
    const [x, y, z] = pose.position;
    const [qx, qy, qz, qw] = pose.rotation;
    if (body < 0) {
      out[0] = x;
      out[1] = y;
      out[2] = z;
      out[3] = qx;
      out[4] = qy;
      out[5] = qz;
      out[6] = qw;
      return;
    }
    system.refresh();
    const r = system.rotation;
    const k = 9 * body;
    for (let i = 0; i < 3; i++)
      out[i] = system.origin[3 * body + i] + r[k + 3 * i] * x + r[k + 3 * i + 1] * y + r[k + 3 * i + 2] * z;
    quaternionOf(r, k, out);
    const ax = out[3];
    const ay = out[4];
    const az = out[5];
    const aw = out[6];
    out[3] = aw * qx + ax * qw + ay * qz - az * qy;
    out[4] = aw * qy - ax * qz + ay * qw + az * qx;
    out[5] = aw * qz + ax * qy - ay * qx + az * qw;
    out[6] = aw * qw - ax * qx - ay * qy - az * qz;
  }

  motion(frame: Frame, out: Float64Array): void {
    const system = this.#system;
    const { links } = system.tree;
    const link = frame < links.length;
    const body = link ? links[frame].body : system.freeOf[frame - links.length];
    out.fill(0, 0, 6);
    if (body < 0) return;
    system.refresh();
    if (link) {
      const twist = system.articulation.twist;
      const [x, y, z] = links[frame].pose.position;
      const r = system.rotation;
      const k = 9 * body;
      const px = system.origin[3 * body] + r[k] * x + r[k + 1] * y + r[k + 2] * z;
      const py = system.origin[3 * body + 1] + r[k + 3] * x + r[k + 4] * y + r[k + 5] * z;
      const pz = system.origin[3 * body + 2] + r[k + 6] * x + r[k + 7] * y + r[k + 8] * z;
      const t = 6 * body;
      for (let i = 0; i < 3; i++) out[3 + i] = twist[t + i];
      out[0] = twist[t + 3] + out[4] * pz - out[5] * py;
      out[1] = twist[t + 4] + out[5] * px - out[3] * pz;
      out[2] = twist[t + 5] + out[3] * py - out[4] * px;
      return;
    }
    system.freeMotion(body, out, 0);
  }

  eachContact(visit: (a: Frame, b: Frame, fx: number, fy: number, fz: number) => void): void {
    this.#system.contacts?.eachContact(visit);
  }
}

/** Quaternion, x y z w with w ≥ 0 where it can be told, of the rotation [9] at `k`, into `out` from 3 on. */
function quaternionOf(r: Float64Array, k: number, out: Float64Array): void {
  const xx = r[k];
  const yy = r[k + 4];
  const zz = r[k + 8];
  // The largest of 4 w², 4 x², 4 y², 4 z² is divided by.
  const w = 1 + xx + yy + zz;
  const x = 1 + xx - yy - zz;
  const y = 1 - xx + yy - zz;
  const z = 1 - xx - yy + zz;
  if (w >= x && w >= y && w >= z)
    set(out, r[k + 7] - r[k + 5], r[k + 2] - r[k + 6], r[k + 3] - r[k + 1], w, w);
  else if (x >= y && x >= z) set(out, x, r[k + 1] + r[k + 3], r[k + 2] + r[k + 6], r[k + 7] - r[k + 5], x);
  else if (y >= z) set(out, r[k + 1] + r[k + 3], y, r[k + 5] + r[k + 7], r[k + 2] - r[k + 6], y);
  else set(out, r[k + 2] + r[k + 6], r[k + 5] + r[k + 7], z, r[k + 3] - r[k + 1], z);
}

function set(out: Float64Array, x: number, y: number, z: number, w: number, square: number): void {
  const scale = (w < 0 ? -0.5 : 0.5) / Math.sqrt(square);
  out[3] = x * scale;
  out[4] = y * scale;
  out[5] = z * scale;
  out[6] = w * scale;
}
