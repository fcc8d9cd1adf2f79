import type { Vec3 } from '../src/core/robot.ts';
import type { Skeleton } from './skeleton.ts';

/**
 * Accelerations that the bodies' centres of mass have because the joints turn, at constant joint rates: the products of
 * velocities J̇ q̇ (centripetal and Coriolis), world axes.
 */
export class VelocityProducts {
  readonly #skeleton: Skeleton;
  /** Of each body's frame: angular acceleration, and acceleration of the origin [bodies × 3]. */
  readonly #angular: Float64Array;
  readonly #origin: Float64Array;
  readonly #arm = new Float64Array(3);

  constructor(skeleton: Skeleton) {
    this.#skeleton = skeleton;
    this.#angular = new Float64Array(3 * skeleton.bodies.length);
    this.#origin = new Float64Array(3 * skeleton.bodies.length);
  }

  /**
   * Writes out [bodies × 3], m/s², from each body's rotation and angular velocity (at `rotationAt` and `angularAt` of
   * its `stride` values), world axes of the joints [D × 3], coordinates and rates [D].
   */
  compute(
    state: {
      readonly bodies: Float32Array;
      readonly stride: number;
      readonly rotationAt: number;
      readonly angularAt: number;
      readonly axes: Float64Array;
      readonly position: Float64Array;
      readonly velocity: Float64Array;
    },
    out: Float64Array,
  ): void {
    const { bodies, stride, axes } = state;
    const { coordinates, bodies: parts } = this.#skeleton;
    const angular = this.#angular;
    const origin = this.#origin;
    const arm = this.#arm;
    for (let d = 0; d < coordinates.length; d++) {
      const { prismatic, parent, child, anchor } = coordinates[d];
      const c = 3 * child;
      angular.fill(0, c, c + 3);
      origin.fill(0, c, c + 3);
      if (parent >= 0) {
        const p = 3 * parent;
        const spin = stride * parent + state.angularAt;
        const rate = state.velocity[d];
        turn(bodies, stride * parent + state.rotationAt, anchor, arm, 0);
        if (prismatic) for (let k = 0; k < 3; k++) arm[k] += axes[3 * d + k] * state.position[d];
        for (let k = 0; k < 3; k++) {
          angular[c + k] = angular[p + k];
          origin[c + k] = origin[p + k];
        }
        addCross(origin, c, angular, p, arm, 0, 1);
        addCentripetal(origin, c, bodies, spin, arm);
        if (prismatic) addCross(origin, c, bodies, spin, axes, 3 * d, 2 * rate);
        else addCross(angular, c, bodies, spin, axes, 3 * d, rate);
      }
      turn(bodies, stride * child + state.rotationAt, parts[child].inertia.center, arm, 0);
      for (let k = 0; k < 3; k++) out[c + k] = origin[c + k];
      addCross(out, c, angular, c, arm, 0, 1);
      addCentripetal(out, c, bodies, stride * child + state.angularAt, arm);
    }
  }
}

type Numbers = Float32Array | Float64Array;

/** out[o …] = `v` turned by the quaternion at q[k …]. */
export function turn(q: Numbers, k: number, v: Vec3, out: Float64Array, o: number): void {
  const x = q[k];
  const y = q[k + 1];
  const z = q[k + 2];
  const w = q[k + 3];
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  out[o] = v[0] + w * tx + y * tz - z * ty;
  out[o + 1] = v[1] + w * ty + z * tx - x * tz;
  out[o + 2] = v[2] + w * tz + x * ty - y * tx;
}

/** out[o …] += s · a × b */
function addCross(
  out: Float64Array,
  o: number,
  a: Numbers,
  i: number,
  b: Numbers,
  j: number,
  s: number,
): void {
  out[o] += s * (a[i + 1] * b[j + 2] - a[i + 2] * b[j + 1]);
  out[o + 1] += s * (a[i + 2] * b[j] - a[i] * b[j + 2]);
  out[o + 2] += s * (a[i] * b[j + 1] - a[i + 1] * b[j]);
}

/** out[o …] += ω × (ω × r), ω at w[i …] */
function addCentripetal(out: Float64Array, o: number, w: Numbers, i: number, r: Float64Array): void {
  const along = w[i] * r[0] + w[i + 1] * r[1] + w[i + 2] * r[2];
  const square = w[i] * w[i] + w[i + 1] * w[i + 1] + w[i + 2] * w[i + 2];
  for (let k = 0; k < 3; k++) out[o + k] += along * w[i + k] - square * r[k];
}
