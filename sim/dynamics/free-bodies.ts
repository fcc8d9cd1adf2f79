import { InputError } from '../../src/core/errors.ts';
import { rotate } from '../../src/core/linalg.ts';
import type { Inertial, Pose, Vec3 } from '../../src/core/robot.ts';
import type { WorldBody } from '../../src/core/task.ts';
import { inertialOfShapes } from '../../src/robot/index.ts';
import { rotationMatrix } from '../rotation-matrix.ts';

/** A body that nothing holds. */
export interface FreeBody {
  readonly inertial: Inertial;
  readonly freedom?: WorldBody['freedom'];
  readonly drag?: WorldBody['drag'];
}

const axes = ['x', 'y', 'z', 'roll', 'pitch', 'yaw'] as const;

/**
 * F bodies with six rates each: velocity of the centre of mass, m/s, then angular velocity, rad/s; world axes. Frames are
 * written into arrays that the robot's bodies share, from body `first` on.
 */
export class FreeBodies {
  readonly count: number;
  /** Centre of mass, world frame, m [F × 3], and rotation of the body's frame, x y z w [F × 4]: the state, with rates. */
  readonly center: Float64Array;
  readonly quaternion: Float64Array;
  /** kg [F] */
  readonly mass: Float64Array;
  /** 1 where an axis is locked [F × 6]. */
  readonly locked: Uint8Array;
  /**
   * Since `update`: mass [F] and inertia about the centre of mass in world axes, row-major [F × 9], with half a step of
   * drag, which makes drag implicit.
   */
  readonly heldMass: Float64Array;
  readonly heldInertia: Float64Array;
  readonly #first: number;
  readonly #rotation: Float64Array;
  readonly #origin: Float64Array;
  /** Centre of mass in the body's frame [F × 3]; inertia about it in the frame's axes, xx, xy, xz, yy, yz, zz [F × 6]. */
  readonly #local: Float64Array;
  readonly #inertia: Float64Array;
  /** The same inertia in world axes, row-major [F × 9]. */
  readonly #turned: Float64Array;
  /** Inverse of `heldInertia` over the free axes; zero for locked ones [F × 9]. */
  readonly #inverse: Float64Array;
  /** Linear and angular [F × 2]. */
  readonly #drag: Float64Array;

  constructor(bodies: readonly FreeBody[], first: number, rotation: Float64Array, origin: Float64Array) {
    const count = bodies.length;
    this.count = count;
    this.center = new Float64Array(3 * count);
    this.quaternion = new Float64Array(4 * count);
    this.mass = new Float64Array(count);
    this.locked = new Uint8Array(6 * count);
    this.heldMass = new Float64Array(count);
    this.heldInertia = new Float64Array(9 * count);
    this.#inverse = new Float64Array(9 * count);
    this.#first = first;
    this.#rotation = rotation;
    this.#origin = origin;
    this.#local = new Float64Array(3 * count);
    this.#inertia = new Float64Array(6 * count);
    this.#turned = new Float64Array(9 * count);
    this.#drag = new Float64Array(2 * count);
    for (const [f, body] of bodies.entries()) {
      this.weigh(f, body.inertial, 1);
      for (const [k, axis] of axes.entries())
        this.locked[6 * f + k] = body.freedom === undefined || body.freedom.includes(axis) ? 0 : 1;
      this.#drag[2 * f] = body.drag?.linear ?? 0;
      this.#drag[2 * f + 1] = body.drag?.angular ?? 0;
      this.quaternion[4 * f + 3] = 1;
    }
  }

  /** Sets mass and inertia; `inertial.pose.rotation` must be the identity. */
  weigh(f: number, inertial: Inertial, factor: number): void {
    this.mass[f] = inertial.mass * factor;
    this.#local.set(inertial.pose.position, 3 * f);
    for (let k = 0; k < 6; k++) this.#inertia[6 * f + k] = inertial.inertia[k] * factor;
  }

  /** Puts a body's frame at a pose. */
  place(f: number, { position, rotation }: Pose): void {
    const [x, y, z] = rotate(rotation, this.#center(f));
    this.center.set([position[0] + x, position[1] + y, position[2] + z], 3 * f);
    this.quaternion.set(rotation, 4 * f);
  }

  /** Position and rotation of a body's frame into `out` [7] at `at`; from the state. */
  pose(f: number, out: Float64Array, at: number): void {
    const { center, quaternion } = this;
    const x = quaternion[4 * f];
    const y = quaternion[4 * f + 1];
    const z = quaternion[4 * f + 2];
    const w = quaternion[4 * f + 3];
    const lx = this.#local[3 * f];
    const ly = this.#local[3 * f + 1];
    const lz = this.#local[3 * f + 2];
    const tx = 2 * (y * lz - z * ly);
    const ty = 2 * (z * lx - x * lz);
    const tz = 2 * (x * ly - y * lx);
    out[at] = center[3 * f] - (lx + w * tx + y * tz - z * ty);
    out[at + 1] = center[3 * f + 1] - (ly + w * ty + z * tx - x * tz);
    out[at + 2] = center[3 * f + 2] - (lz + w * tz + x * ty - y * tx);
    out[at + 3] = x;
    out[at + 4] = y;
    out[at + 5] = z;
    out[at + 6] = w;
  }

  /** Carries every body along its rates, `velocity` [F × 6] from `at` on, for `time` s. */
  drift(velocity: Float64Array, at: number, time: number): void {
    const { center, quaternion } = this;
    for (let f = 0; f < this.count; f++) {
      const v = at + 6 * f;
      for (let k = 0; k < 3; k++) center[3 * f + k] += time * velocity[v + k];
      const wx = velocity[v + 3];
      const wy = velocity[v + 4];
      const wz = velocity[v + 5];
      const speed = Math.sqrt(wx * wx + wy * wy + wz * wz);
      if (speed === 0) continue;
      const half = 0.5 * speed * time;
      const s = Math.sin(half) / speed;
      const c = Math.cos(half);
      const ex = wx * s;
      const ey = wy * s;
      const ez = wz * s;
      const i = 4 * f;
      const x = quaternion[i];
      const y = quaternion[i + 1];
      const z = quaternion[i + 2];
      const w = quaternion[i + 3];
      const nx = c * x + ex * w + ey * z - ez * y;
      const ny = c * y - ex * z + ey * w + ez * x;
      const nz = c * z + ex * y - ey * x + ez * w;
      const nw = c * w - ex * x - ey * y - ez * z;
      const scale = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz + nw * nw);
      quaternion[i] = nx * scale;
      quaternion[i + 1] = ny * scale;
      quaternion[i + 2] = nz * scale;
      quaternion[i + 3] = nw * scale;
    }
  }

  /** Writes rotations and origins of the frames, and inverse masses for a step of `time` s, from the state. */
  update(time: number): void {
    for (let f = 0; f < this.count; f++) {
      this.#frame(f);
      this.#turn(f);
      this.#invert(f, time);
    }
  }

  /** What gravity, drag and turning make of the rates `before` in `time` s, into `after`; both [F × 6] from `at` on. */
  kick(before: Float64Array, after: Float64Array, at: number, gravity: Vec3, time: number): void {
    for (let f = 0; f < this.count; f++) {
      const v = at + 6 * f;
      const m = this.mass[f];
      const drag = this.#drag[2 * f];
      const held = this.heldMass[f];
      for (let k = 0; k < 3; k++)
        after[v + k] = before[v + k] + (time / held) * (m * gravity[k] - drag * before[v + k]);
      // Turning with the mean of old and new rates: the old ones first, then their mean with what these gave.
      for (let k = 3; k < 6; k++) after[v + k] = before[v + k];
      for (let round = 0; round < 3; round++) this.#spin(f, before, after, v + 3, time);
      for (let k = 0; k < 6; k++) if (this.locked[6 * f + k]) after[v + k] = 0;
    }
  }

  /** after ← w − time · (I⁻¹)(m × I m + drag w) with the old rates w and the mean m of old and new. */
  #spin(f: number, before: Float64Array, after: Float64Array, at: number, time: number): void {
    const wx = before[at];
    const wy = before[at + 1];
    const wz = before[at + 2];
    const mx = 0.5 * (wx + after[at]);
    const my = 0.5 * (wy + after[at + 1]);
    const mz = 0.5 * (wz + after[at + 2]);
    const turned = this.#turned;
    const inverse = this.#inverse;
    const k = 9 * f;
    const lx = turned[k] * mx + turned[k + 1] * my + turned[k + 2] * mz;
    const ly = turned[k + 3] * mx + turned[k + 4] * my + turned[k + 5] * mz;
    const lz = turned[k + 6] * mx + turned[k + 7] * my + turned[k + 8] * mz;
    const drag = this.#drag[2 * f + 1];
    const tx = time * (my * lz - mz * ly + drag * wx);
    const ty = time * (mz * lx - mx * lz + drag * wy);
    const tz = time * (mx * ly - my * lx + drag * wz);
    after[at] = wx - (inverse[k] * tx + inverse[k + 1] * ty + inverse[k + 2] * tz);
    after[at + 1] = wy - (inverse[k + 3] * tx + inverse[k + 4] * ty + inverse[k + 5] * tz);
    after[at + 2] = wz - (inverse[k + 6] * tx + inverse[k + 7] * ty + inverse[k + 8] * tz);
  }

  #center(f: number): Vec3 {
    return [this.#local[3 * f], this.#local[3 * f + 1], this.#local[3 * f + 2]];
  }

  #frame(f: number): void {
    const { quaternion, center } = this;
    const r = this.#rotation;
    const q = 4 * f;
    const k = 9 * (this.#first + f);
    rotationMatrix(quaternion[q], quaternion[q + 1], quaternion[q + 2], quaternion[q + 3], r, k);
    const lx = this.#local[3 * f];
    const ly = this.#local[3 * f + 1];
    const lz = this.#local[3 * f + 2];
    for (let i = 0; i < 3; i++) {
      const row = k + 3 * i;
      this.#origin[3 * (this.#first + f) + i] =
        center[3 * f + i] - (r[row] * lx + r[row + 1] * ly + r[row + 2] * lz);
    }
  }

  /** R I Rᵀ */
  #turn(f: number): void {
    const r = this.#rotation;
    const own = this.#inertia;
    const k = 9 * (this.#first + f);
    const i = 6 * f;
    for (let row = 0; row < 3; row++) {
      const r0 = r[k + 3 * row];
      const r1 = r[k + 3 * row + 1];
      const r2 = r[k + 3 * row + 2];
      const a0 = r0 * own[i] + r1 * own[i + 1] + r2 * own[i + 2];
      const a1 = r0 * own[i + 1] + r1 * own[i + 3] + r2 * own[i + 4];
      const a2 = r0 * own[i + 2] + r1 * own[i + 4] + r2 * own[i + 5];
      for (let column = 0; column < 3; column++)
        this.#turned[9 * f + 3 * row + column] =
          a0 * r[k + 3 * column] + a1 * r[k + 3 * column + 1] + a2 * r[k + 3 * column + 2];
    }
  }

  /** Mass and inertia with half a step of drag, and the latter's inverse over the free axes. */
  #invert(f: number, time: number): void {
    const { locked, heldInertia: held } = this;
    this.heldMass[f] = this.mass[f] + 0.5 * time * this.#drag[2 * f];
    const k = 9 * f;
    for (let i = 0; i < 9; i++) held[k + i] = this.#turned[k + i];
    const drag = 0.5 * time * this.#drag[2 * f + 1];
    held[k] += drag;
    held[k + 4] += drag;
    held[k + 8] += drag;
    const x = locked[6 * f + 3] === 0;
    const y = locked[6 * f + 4] === 0;
    const z = locked[6 * f + 5] === 0;
    const xx = x ? held[k] : 1;
    const yy = y ? held[k + 4] : 1;
    const zz = z ? held[k + 8] : 1;
    const xy = x && y ? held[k + 1] : 0;
    const xz = x && z ? held[k + 2] : 0;
    const yz = y && z ? held[k + 5] : 0;
    const c0 = yy * zz - yz * yz;
    const c1 = xz * yz - xy * zz;
    const c2 = xy * yz - xz * yy;
    const scale = 1 / (xx * c0 + xy * c1 + xz * c2);
    const inverse = this.#inverse;
    inverse[k] = x ? c0 * scale : 0;
    inverse[k + 1] = inverse[k + 3] = c1 * scale;
    inverse[k + 2] = inverse[k + 6] = c2 * scale;
    inverse[k + 4] = y ? (xx * zz - xz * xz) * scale : 0;
    inverse[k + 5] = inverse[k + 7] = (xy * xz - xx * yz) * scale;
    inverse[k + 8] = z ? (xx * yy - xy * xy) * scale : 0;
  }
}

/** Mass spread evenly over the shapes, as the frame's axes have it. Throws InputError. */
export function freeBodyOf({ name, shapes, mass, freedom, drag }: WorldBody): FreeBody {
  if (!(mass !== undefined && mass > 0 && mass < Infinity))
    throw new InputError(`body ${name}: a free body needs a mass above 0 kg, it has ${mass}; give it one`);
  const solid = inertialOfShapes(shapes, 1);
  if (!solid)
    throw new InputError(
      `body ${name}: a free body needs a shape that is no mesh, for its inertia; give it one`,
    );
  const density = mass / solid.mass;
  const inertia = solid.inertia.map((value) => value * density) as unknown as typeof solid.inertia;
  return { inertial: { mass, pose: solid.pose, inertia }, freedom, drag };
}
