import { compose, identityPose, rotate } from '../core/linalg.ts';
import type { Pose, RobotModel, Vec3 } from '../core/robot.ts';
import { jointCoordinates } from './joint-coordinates.ts';

/** Per joint: rotation matrix [9] and translation [3] of the frame it moves in, and its axis there [3]. */
const stride = 15;

/**
 * World position of one point of a robot, float64, for inner loops: nothing is allocated, joints off the way are left
 * out and fixed ones are folded in. Equal to `Kinematics.linkPoses` up to rounding.
 */
export class TipChain {
  /** [joints × 15], from the point to the root. */
  readonly #frames: Float64Array;
  readonly #index: Int32Array;
  readonly #multiplier: Float64Array;
  readonly #offset: Float64Array;
  readonly #slides: Uint8Array;
  readonly #point: Vec3;

  /** `link` by index, `point` in its frame, m; default: the robot's tip. */
  constructor(robot: RobotModel, link = robot.tip.link, point?: Vec3) {
    const parentJoint = new Map(robot.joints.map((joint, j) => [joint.child, j]));
    const coordinates = jointCoordinates(robot);
    // From the point to the root: each moving joint with the fixed frames between it and the next.
    const steps: { joint: number; after: Pose }[] = [];
    let before: Pose = identityPose;
    let at = link;
    for (let j = parentJoint.get(at); j !== undefined; j = parentJoint.get(at)) {
      const { origin, parent } = robot.joints[j];
      const last = steps.at(-1);
      if (coordinates[j]) steps.push({ joint: j, after: origin });
      else if (last) last.after = compose(origin, last.after);
      else before = compose(origin, before);
      at = parent;
    }
    const inLink = point ?? (link === robot.tip.link ? robot.tip.point : ([0, 0, 0] as const));
    this.#point = compose(before, { position: inLink, rotation: [0, 0, 0, 1] }).position;
    const count = steps.length;
    this.#frames = new Float64Array(count * stride);
    this.#index = new Int32Array(count);
    this.#multiplier = new Float64Array(count);
    this.#offset = new Float64Array(count);
    this.#slides = new Uint8Array(count);
    for (const [i, { joint, after }] of steps.entries()) {
      const { position, rotation } = after;
      const columns = [rotate(rotation, [1, 0, 0]), rotate(rotation, [0, 1, 0]), rotate(rotation, [0, 0, 1])];
      const frame = this.#frames.subarray(i * stride, (i + 1) * stride);
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 3; column++) frame[row * 3 + column] = columns[column][row];
      frame.set(position, 9);
      frame.set(robot.joints[joint].axis, 12);
      const own = coordinates[joint];
      if (!own) continue;
      this.#index[i] = own.index;
      this.#multiplier[i] = own.multiplier;
      this.#offset[i] = own.offset;
      this.#slides[i] = robot.joints[joint].kind === 'prismatic' ? 1 : 0;
    }
  }

  /** Writes x, y, z (m) at coordinates `q` [D], read from `q[from]` on, to `out[offset]` and the two after it. */
  position(q: ArrayLike<number>, out: Float64Array | Float32Array | number[], offset = 0, from = 0): void {
    const frames = this.#frames;
    let x = this.#point[0];
    let y = this.#point[1];
    let z = this.#point[2];
    for (let i = 0, at = 0; i < this.#index.length; i++, at += stride) {
      const value = this.#multiplier[i] * q[from + this.#index[i]] + this.#offset[i];
      const ax = frames[at + 12];
      const ay = frames[at + 13];
      const az = frames[at + 14];
      if (this.#slides[i] === 1) {
        x += value * ax;
        y += value * ay;
        z += value * az;
      } else {
        // Rodrigues: p + sin a × p + (1 − cos) a × (a × p)
        const s = Math.sin(value);
        const half = Math.sin(value / 2);
        const c = 2 * half * half;
        const ux = ay * z - az * y;
        const uy = az * x - ax * z;
        const uz = ax * y - ay * x;
        const wx = ay * uz - az * uy;
        const wy = az * ux - ax * uz;
        const wz = ax * uy - ay * ux;
        x += s * ux + c * wx;
        y += s * uy + c * wy;
        z += s * uz + c * wz;
      }
      const px = frames[at] * x + frames[at + 1] * y + frames[at + 2] * z + frames[at + 9];
      const py = frames[at + 3] * x + frames[at + 4] * y + frames[at + 5] * z + frames[at + 10];
      const pz = frames[at + 6] * x + frames[at + 7] * y + frames[at + 8] * z + frames[at + 11];
      x = px;
      y = py;
      z = pz;
    }
    out[offset] = x;
    out[offset + 1] = y;
    out[offset + 2] = z;
  }
}
