import type { Vec3 } from '../../src/core/robot.ts';
import type { Tree } from './tree.ts';

/**
 * The robot's mechanics at one pose: where its bodies are, its mass matrix, its bias forces, its Jacobians. Algorithms of
 * Featherstone, Rigid Body Dynamics Algorithms (2008): composite rigid bodies (ch. 6), recursive Newton–Euler (ch. 5).
 * All spatial vectors are written in world axes at the world's origin, so that nothing is transformed along the tree; a
 * block of six is angular part, then linear part. Nothing is allocated after construction.
 */
export class Articulation {
  readonly tree: Tree;
  /** Rotation of each body's frame in the world, row-major [B × 9]. */
  readonly rotation: Float64Array;
  /** Origin of each body's frame, m [B × 3]. */
  readonly origin: Float64Array;
  /** What a body's joint adds to its velocity per unit of its coordinate's rate [B × 6]. */
  readonly axis: Float64Array;
  /** Velocity of each body [B × 6]; set by `move`. */
  readonly twist: Float64Array;
  /** Mass matrix of the coordinates, with armature, row-major [D × D]; both halves filled. */
  readonly mass: Float64Array;
  /** First moment of mass, kg m, and inertia about the world's origin: xx, xy, xz, yy, yz, zz [B × 9]. */
  readonly #inertia: Float64Array;
  readonly #composite: Float64Array;
  readonly #compositeMass: Float64Array;
  readonly #acceleration: Float64Array;
  readonly #force: Float64Array;

  /** `rotation` and `origin` may be longer: what follows is others'. */
  constructor(
    tree: Tree,
    rotation: Float64Array = new Float64Array(9 * tree.bodies),
    origin: Float64Array = new Float64Array(3 * tree.bodies),
  ) {
    const { bodies, size } = tree;
    this.tree = tree;
    this.rotation = rotation;
    this.origin = origin;
    this.axis = new Float64Array(6 * bodies);
    this.twist = new Float64Array(6 * bodies);
    this.mass = new Float64Array(size * size);
    this.#inertia = new Float64Array(9 * bodies);
    this.#composite = new Float64Array(9 * bodies);
    this.#compositeMass = new Float64Array(bodies);
    this.#acceleration = new Float64Array(6 * bodies);
    this.#force = new Float64Array(6 * bodies);
  }

  /** Places the bodies at coordinates q [D]. */
  place(q: Float64Array): void {
    const { tree, rotation, origin, axis } = this;
    const { parent, prismatic, coordinate, ratio, offset, anchor, even, cosine, sine } = tree;
    for (let b = 0; b < tree.bodies; b++) {
      const p = parent[b];
      const angle = ratio[b] * q[coordinate[b]] + offset[b];
      const slides = prismatic[b] === 1;
      const c = slides ? 0 : Math.cos(angle);
      const s = slides ? 0 : Math.sin(angle);
      const k = 9 * b;
      const e0 = even[k] + c * cosine[k] + s * sine[k];
      const e1 = even[k + 1] + c * cosine[k + 1] + s * sine[k + 1];
      const e2 = even[k + 2] + c * cosine[k + 2] + s * sine[k + 2];
      const e3 = even[k + 3] + c * cosine[k + 3] + s * sine[k + 3];
      const e4 = even[k + 4] + c * cosine[k + 4] + s * sine[k + 4];
      const e5 = even[k + 5] + c * cosine[k + 5] + s * sine[k + 5];
      const e6 = even[k + 6] + c * cosine[k + 6] + s * sine[k + 6];
      const e7 = even[k + 7] + c * cosine[k + 7] + s * sine[k + 7];
      const e8 = even[k + 8] + c * cosine[k + 8] + s * sine[k + 8];
      let x = anchor[3 * b];
      let y = anchor[3 * b + 1];
      let z = anchor[3 * b + 2];
      if (p < 0) {
        rotation[k] = e0;
        rotation[k + 1] = e1;
        rotation[k + 2] = e2;
        rotation[k + 3] = e3;
        rotation[k + 4] = e4;
        rotation[k + 5] = e5;
        rotation[k + 6] = e6;
        rotation[k + 7] = e7;
        rotation[k + 8] = e8;
      } else {
        const r = 9 * p;
        for (let row = 0; row < 9; row += 3) {
          const r0 = rotation[r + row];
          const r1 = rotation[r + row + 1];
          const r2 = rotation[r + row + 2];
          rotation[k + row] = r0 * e0 + r1 * e3 + r2 * e6;
          rotation[k + row + 1] = r0 * e1 + r1 * e4 + r2 * e7;
          rotation[k + row + 2] = r0 * e2 + r1 * e5 + r2 * e8;
        }
        const ax = x;
        const ay = y;
        const az = z;
        x = origin[3 * p] + rotation[r] * ax + rotation[r + 1] * ay + rotation[r + 2] * az;
        y = origin[3 * p + 1] + rotation[r + 3] * ax + rotation[r + 4] * ay + rotation[r + 5] * az;
        z = origin[3 * p + 2] + rotation[r + 6] * ax + rotation[r + 7] * ay + rotation[r + 8] * az;
      }
      const lx = tree.axis[3 * b];
      const ly = tree.axis[3 * b + 1];
      const lz = tree.axis[3 * b + 2];
      const ux = rotation[k] * lx + rotation[k + 1] * ly + rotation[k + 2] * lz;
      const uy = rotation[k + 3] * lx + rotation[k + 4] * ly + rotation[k + 5] * lz;
      const uz = rotation[k + 6] * lx + rotation[k + 7] * ly + rotation[k + 8] * lz;
      const g = ratio[b];
      const a = 6 * b;
      if (slides) {
        x += angle * ux;
        y += angle * uy;
        z += angle * uz;
        axis[a + 3] = g * ux;
        axis[a + 4] = g * uy;
        axis[a + 5] = g * uz;
      } else {
        axis[a] = g * ux;
        axis[a + 1] = g * uy;
        axis[a + 2] = g * uz;
        axis[a + 3] = g * (y * uz - z * uy);
        axis[a + 4] = g * (z * ux - x * uz);
        axis[a + 5] = g * (x * uy - y * ux);
      }
      origin[3 * b] = x;
      origin[3 * b + 1] = y;
      origin[3 * b + 2] = z;
      this.#turnInertia(b);
    }
  }

  /** Inertia of body `b` about the world's origin, world axes. */
  #turnInertia(b: number): void {
    const { tree, rotation, origin } = this;
    const own = tree.inertia;
    const into = this.#inertia;
    const m = tree.mass[b];
    const k = 9 * b;
    const r0 = rotation[k];
    const r1 = rotation[k + 1];
    const r2 = rotation[k + 2];
    const r3 = rotation[k + 3];
    const r4 = rotation[k + 4];
    const r5 = rotation[k + 5];
    const r6 = rotation[k + 6];
    const r7 = rotation[k + 7];
    const r8 = rotation[k + 8];
    const lx = tree.center[3 * b];
    const ly = tree.center[3 * b + 1];
    const lz = tree.center[3 * b + 2];
    const x = origin[3 * b] + r0 * lx + r1 * ly + r2 * lz;
    const y = origin[3 * b + 1] + r3 * lx + r4 * ly + r5 * lz;
    const z = origin[3 * b + 2] + r6 * lx + r7 * ly + r8 * lz;
    const i = 6 * b;
    const xx = own[i];
    const xy = own[i + 1];
    const xz = own[i + 2];
    const yy = own[i + 3];
    const yz = own[i + 4];
    const zz = own[i + 5];
    const a0 = r0 * xx + r1 * xy + r2 * xz;
    const a1 = r0 * xy + r1 * yy + r2 * yz;
    const a2 = r0 * xz + r1 * yz + r2 * zz;
    const b0 = r3 * xx + r4 * xy + r5 * xz;
    const b1 = r3 * xy + r4 * yy + r5 * yz;
    const b2 = r3 * xz + r4 * yz + r5 * zz;
    const c0 = r6 * xx + r7 * xy + r8 * xz;
    const c1 = r6 * xy + r7 * yy + r8 * yz;
    const c2 = r6 * xz + r7 * yz + r8 * zz;
    into[k] = m * x;
    into[k + 1] = m * y;
    into[k + 2] = m * z;
    into[k + 3] = a0 * r0 + a1 * r1 + a2 * r2 + m * (y * y + z * z);
    into[k + 4] = a0 * r3 + a1 * r4 + a2 * r5 - m * x * y;
    into[k + 5] = a0 * r6 + a1 * r7 + a2 * r8 - m * x * z;
    into[k + 6] = b0 * r3 + b1 * r4 + b2 * r5 + m * (x * x + z * z);
    into[k + 7] = b0 * r6 + b1 * r7 + b2 * r8 - m * y * z;
    into[k + 8] = c0 * r6 + c1 * r7 + c2 * r8 + m * (x * x + y * y);
  }

  /** Computes `mass` where the bodies are placed. */
  weigh(): void {
    const { tree, axis, mass } = this;
    const { bodies, size, parent, coordinate } = tree;
    const composite = this.#composite;
    const compositeMass = this.#compositeMass;
    composite.set(this.#inertia);
    compositeMass.set(tree.mass);
    mass.fill(0);
    for (let d = 0; d < size; d++) mass[d * size + d] = tree.armature[d];
    for (let b = bodies - 1; b >= 0; b--) {
      const k = 9 * b;
      const p = parent[b];
      if (p >= 0) {
        compositeMass[p] += compositeMass[b];
        for (let i = 0; i < 9; i++) composite[9 * p + i] += composite[k + i];
      }
      const a = 6 * b;
      const wx = axis[a];
      const wy = axis[a + 1];
      const wz = axis[a + 2];
      const ux = axis[a + 3];
      const uy = axis[a + 4];
      const uz = axis[a + 5];
      const m = compositeMass[b];
      const hx = composite[k];
      const hy = composite[k + 1];
      const hz = composite[k + 2];
      const xy = composite[k + 4];
      const xz = composite[k + 5];
      const yz = composite[k + 7];
      // Momentum of the bodies beyond the joint when it alone turns.
      const nx = composite[k + 3] * wx + xy * wy + xz * wz + hy * uz - hz * uy;
      const ny = xy * wx + composite[k + 6] * wy + yz * wz + hz * ux - hx * uz;
      const nz = xz * wx + yz * wy + composite[k + 8] * wz + hx * uy - hy * ux;
      const fx = m * ux + wy * hz - wz * hy;
      const fy = m * uy + wz * hx - wx * hz;
      const fz = m * uz + wx * hy - wy * hx;
      const row = coordinate[b];
      for (let c = b; c >= 0; c = parent[c]) {
        const e = 6 * c;
        const value =
          axis[e] * nx +
          axis[e + 1] * ny +
          axis[e + 2] * nz +
          axis[e + 3] * fx +
          axis[e + 4] * fy +
          axis[e + 5] * fz;
        const column = coordinate[c];
        mass[row * size + column] += value;
        if (c !== b) mass[column * size + row] += value;
      }
    }
  }

  /** Velocities of the bodies under rates [D]. */
  move(rate: Float64Array): void {
    const { tree, axis, twist } = this;
    const { bodies, parent, coordinate } = tree;
    for (let b = 0; b < bodies; b++) {
      const v = rate[coordinate[b]];
      const a = 6 * b;
      const p = 6 * parent[b];
      for (let i = 0; i < 6; i++) twist[a + i] = (p < 0 ? 0 : twist[p + i]) + v * axis[a + i];
    }
  }

  /**
   * Efforts [D] that hold every rate constant against gravity and against turning with rates [D]; sets `twist`.
   * @param gravity m/s²
   */
  bias(rate: Float64Array, gravity: Vec3, out: Float64Array): void {
    const { tree, axis, twist } = this;
    const { bodies, parent, coordinate } = tree;
    const acceleration = this.#acceleration;
    const force = this.#force;
    const inertia = this.#inertia;
    for (let b = 0; b < bodies; b++) {
      const a = 6 * b;
      const p = 6 * parent[b];
      const v = rate[coordinate[b]];
      const sx = v * axis[a];
      const sy = v * axis[a + 1];
      const sz = v * axis[a + 2];
      const tx = v * axis[a + 3];
      const ty = v * axis[a + 4];
      const tz = v * axis[a + 5];
      const root = p < 0;
      const wx = (root ? 0 : twist[p]) + sx;
      const wy = (root ? 0 : twist[p + 1]) + sy;
      const wz = (root ? 0 : twist[p + 2]) + sz;
      const ux = (root ? 0 : twist[p + 3]) + tx;
      const uy = (root ? 0 : twist[p + 4]) + ty;
      const uz = (root ? 0 : twist[p + 5]) + tz;
      twist[a] = wx;
      twist[a + 1] = wy;
      twist[a + 2] = wz;
      twist[a + 3] = ux;
      twist[a + 4] = uy;
      twist[a + 5] = uz;
      // The joint's own axis turns with the body; gravity as an acceleration of the base.
      const ax = (root ? 0 : acceleration[p]) + wy * sz - wz * sy;
      const ay = (root ? 0 : acceleration[p + 1]) + wz * sx - wx * sz;
      const az = (root ? 0 : acceleration[p + 2]) + wx * sy - wy * sx;
      const bx = (root ? -gravity[0] : acceleration[p + 3]) + wy * tz - wz * ty + uy * sz - uz * sy;
      const by = (root ? -gravity[1] : acceleration[p + 4]) + wz * tx - wx * tz + uz * sx - ux * sz;
      const bz = (root ? -gravity[2] : acceleration[p + 5]) + wx * ty - wy * tx + ux * sy - uy * sx;
      acceleration[a] = ax;
      acceleration[a + 1] = ay;
      acceleration[a + 2] = az;
      acceleration[a + 3] = bx;
      acceleration[a + 4] = by;
      acceleration[a + 5] = bz;
      const m = tree.mass[b];
      const k = 9 * b;
      const hx = inertia[k];
      const hy = inertia[k + 1];
      const hz = inertia[k + 2];
      const xx = inertia[k + 3];
      const xy = inertia[k + 4];
      const xz = inertia[k + 5];
      const yy = inertia[k + 6];
      const yz = inertia[k + 7];
      const zz = inertia[k + 8];
      // Momentum.
      const nx = xx * wx + xy * wy + xz * wz + hy * uz - hz * uy;
      const ny = xy * wx + yy * wy + yz * wz + hz * ux - hx * uz;
      const nz = xz * wx + yz * wy + zz * wz + hx * uy - hy * ux;
      const lx = m * ux + wy * hz - wz * hy;
      const ly = m * uy + wz * hx - wx * hz;
      const lz = m * uz + wx * hy - wy * hx;
      force[a] = xx * ax + xy * ay + xz * az + hy * bz - hz * by + wy * nz - wz * ny + uy * lz - uz * ly;
      force[a + 1] = xy * ax + yy * ay + yz * az + hz * bx - hx * bz + wz * nx - wx * nz + uz * lx - ux * lz;
      force[a + 2] = xz * ax + yz * ay + zz * az + hx * by - hy * bx + wx * ny - wy * nx + ux * ly - uy * lx;
      force[a + 3] = m * bx + ay * hz - az * hy + wy * lz - wz * ly;
      force[a + 4] = m * by + az * hx - ax * hz + wz * lx - wx * lz;
      force[a + 5] = m * bz + ax * hy - ay * hx + wx * ly - wy * lx;
    }
    out.fill(0);
    for (let b = bodies - 1; b >= 0; b--) {
      const a = 6 * b;
      const p = 6 * parent[b];
      let sum = 0;
      for (let i = 0; i < 6; i++) {
        const value = force[a + i];
        sum += axis[a + i] * value;
        if (p >= 0) force[p + i] += value;
      }
      out[coordinate[b]] += sum;
    }
  }

  /**
   * Adds `scale` times the Jacobian of the velocity along (nx, ny, nz) of body `b`'s point at (x, y, z), world frame, to
   * `out` [D] at `at`.
   */
  addJacobian(
    b: number,
    x: number,
    y: number,
    z: number,
    nx: number,
    ny: number,
    nz: number,
    scale: number,
    out: Float64Array,
    at = 0,
  ): void {
    this.addWrench(
      b,
      scale * (y * nz - z * ny),
      scale * (z * nx - x * nz),
      scale * (x * ny - y * nx),
      scale * nx,
      scale * ny,
      scale * nz,
      out,
      at,
    );
  }

  /** Adds what a wrench on body `b` (torque about the world's origin, force; world axes) does to the coordinates [D]. */
  addWrench(
    b: number,
    tx: number,
    ty: number,
    tz: number,
    fx: number,
    fy: number,
    fz: number,
    out: Float64Array,
    at = 0,
  ): void {
    const { axis } = this;
    const { parent, coordinate } = this.tree;
    for (let c = b; c >= 0; c = parent[c]) {
      const a = 6 * c;
      out[at + coordinate[c]] +=
        axis[a] * tx +
        axis[a + 1] * ty +
        axis[a + 2] * tz +
        axis[a + 3] * fx +
        axis[a + 4] * fy +
        axis[a + 5] * fz;
    }
  }
}
