import { box, ConstraintRows, contact, unilateral } from './rows.ts';

/**
 * Constraints between a robot in joint coordinates and free bodies, at velocity level. Over the velocities v [n] (the
 * robot's D rates, then 6 per free body: linear velocity of the centre of mass, spin; world frame) it finds the v and the
 * impulses λ with M (v − v*) = Jᵀ λ, where v* is what the velocities would be without constraints, and with J v ≥ target
 * ⊥ λ ≥ 0 (`unilateral`, a contact's normal), J v = target unless |λ| is at its bound (`box`), and Coulomb's law for a
 * contact's tangents: |λ_t| ≤ μ λ_n, against the slip where there is one.
 *
 * In rounds. A round holds the bounds μ λ_n of friction (Panagiotopoulos' fixed point) and minimises
 *
 *     ½ (v − v*)ᵀ M (v − v*)  +  Σ ½ R |Π(λ₀ − (J v − target) / R)|²,
 *
 * Π the projection onto the impulses that a constraint can give, λ₀ those of the round before (the method of
 * multipliers, so that R leaves no creep), by Newton's method with an exact line search as MuJoCo does, in primal
 * coordinates: a light object between heavy fingers and contacts more than enough cost no accuracy, unlike in
 * Gauss–Seidel sweeps; unlike in a convex cone (MuJoCo's, Anitescu's) what slides does not lift off. A resting scene that
 * starts from the impulses of the last step takes one Newton step.
 *
 * No state is kept from one solve to the next, and nothing is allocated once the buffers have grown.
 */

/** R as a share of a constraint's inverse inertia. */
const softness = 1e-5;
/** Newton stops when the velocities are nearer to the minimum than this, m/s or rad/s. */
const tolerance = 1e-6;
/** Times that impulses and bounds of friction are renewed, at most; what ends it: violations, m/s or rad/s, changes of bounds. */
const rounds = 12;
const violationTolerance = 1e-6;
const roundTolerance = 1e-3;
const roundLeast = 1e-6;
const searchSteps = 30;
const searchTolerance = 0.01;

export class ConstraintSolver extends ConstraintRows {
  /** Newton steps of the last solve. */
  steps = 0;
  /** Gradient and Hessian of what is minimised, and the step. */
  readonly #gradient: Float64Array;
  readonly #H: Float64Array;
  readonly #step: Float64Array;
  /** First column of each row of H that may be other than zero. */
  readonly #first: Int32Array;
  /** J v − target, and J step [rows]. */
  #y: Float64Array = new Float64Array(0);
  #z: Float64Array = new Float64Array(0);
  /** −∂λ/∂y: normal; tangents 11, 12, 22. */
  readonly #W = new Float64Array(4);
  readonly #lambda = new Float64Array(3);

  constructor(robotSize: number, bodies: number) {
    super(robotSize, bodies);
    const n = robotSize + 6 * bodies;
    this.#gradient = new Float64Array(n);
    this.#H = new Float64Array(n * n);
    this.#step = new Float64Array(n);
    this.#first = new Int32Array(n);
  }

  /**
   * Writes the constrained velocities to `out` [n] from the free ones v* [n]; `guess` [n] is where the search starts,
   * as a rule the velocities of the last step. Takes `iterations` Newton steps at most; all three may be one array.
   */
  solve(guess: Float64Array, free: Float64Array, out: Float64Array, iterations: number): void {
    this.steps = 0;
    if (out !== free && this.rows === 0) out.set(free);
    if (this.rows === 0) return;
    this.pack(guess, free);
    if (this.#y.length < this.rows) {
      this.#y = new Float64Array(this.target.length);
      this.#z = new Float64Array(this.target.length);
    }
    this.#violation();
    for (let b = 0; b < this.blocks; b++)
      if (this.kind[b] === contact) this.bound[b] = this.friction[b] * Math.max(0, this.impulse[this.row[b]]);
    for (let round = 0; round < rounds; round++) {
      this.#minimise(iterations);
      const violated = this.#takeImpulses();
      if ((!this.#renewBounds() && !violated) || this.steps >= iterations) break;
    }
    if (out !== free) out.set(free);
    this.unpack(out);
  }

  /** J · `vector` of every row. */
  #multiply(vector: Float64Array, out: Float64Array): void {
    const D = this.robotSize;
    for (let b = 0; b < this.blocks; b++) {
      const row = this.row[b];
      const count = this.kind[b] === contact ? 3 : 1;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let p = 0; p < this.parts[b]; p++) {
          const robot = p === 0 && this.touchesRobot[row] === 1;
          const J = robot ? this.robotJacobian : this.bodyJacobian;
          const from = this.partFrom[3 * b + p] + k * (robot ? D : 12);
          const at = this.partAt[3 * b + p];
          const length = robot ? D : 6;
          for (let i = 0; i < length; i++) sum += J[from + i] * vector[at + i];
        }
        out[row + k] = sum;
      }
    }
  }

  /** y = J v − target at v. */
  #violation(): void {
    this.#multiply(this.v, this.#y);
    for (let row = 0; row < this.rows; row++) this.#y[row] -= this.target[row];
  }

  /** The impulses at v become the multipliers from which the next round goes on; true: they changed too much to end. */
  #takeImpulses(): boolean {
    let most = 0;
    for (let b = 0; b < this.blocks; b++) {
      const row = this.row[b];
      const wide = this.kind[b] === contact;
      this.#respond(b, this.#y[row], wide ? this.#y[row + 1] : 0, wide ? this.#y[row + 2] : 0);
      for (let k = 0; k < (wide ? 3 : 1); k++) {
        // R times the change is what the constraint is violated by.
        most = Math.max(most, this.inverse[b] * Math.abs(this.#lambda[k] - this.impulse[row + k]));
        this.impulse[row + k] = this.#lambda[k];
      }
    }
    return softness * most > violationTolerance;
  }

  /** Bounds of friction from the normal impulses as they are; false when none changed where it matters. */
  #renewBounds(): boolean {
    let most = 0;
    for (let b = 0; b < this.blocks; b++)
      if (this.kind[b] === contact) most = Math.max(most, this.friction[b] * this.impulse[this.row[b]]);
    let changed = false;
    for (let b = 0; b < this.blocks; b++) {
      if (this.kind[b] !== contact) continue;
      const row = this.row[b];
      const old = this.bound[b];
      const change = this.friction[b] * this.impulse[row] - old;
      // What swings to and fro takes smaller steps.
      if (change * this.change[b] < 0) this.relax[b] *= 0.5;
      this.change[b] = change;
      this.bound[b] = old + this.relax[b] * change;
      const used = Math.hypot(this.impulse[row + 1], this.impulse[row + 2]);
      // While it sticks under either bound, the bound does not matter.
      const least = roundTolerance * old + roundLeast * most;
      if (Math.abs(change) > least && used > Math.min(old, old + change) - least) changed = true;
    }
    return changed;
  }

  /** λ at violations y of one constraint, to `#lambda`: the projection of the multiplier − y / R. */
  #respond(b: number, y0: number, y1: number, y2: number): void {
    const { impulse } = this;
    const lambda = this.#lambda;
    const row = this.row[b];
    const inverse = 1 / (softness * this.inverse[b]);
    const bound = this.bound[b];
    const first = impulse[row] - y0 * inverse;
    if (this.kind[b] === box) {
      lambda[0] = Math.min(bound, Math.max(-bound, first));
      return;
    }
    lambda[0] = Math.max(0, first);
    if (this.kind[b] === unilateral) return;
    const p1 = impulse[row + 1] - y1 * inverse;
    const p2 = impulse[row + 2] - y2 * inverse;
    const wanted = Math.sqrt(p1 * p1 + p2 * p2);
    const share = wanted <= bound ? 1 : bound / wanted;
    lambda[1] = p1 * share;
    lambda[2] = p2 * share;
  }

  /** −∂λ/∂y at violations y of one constraint, to `#W`. */
  #stiffen(b: number, y0: number, y1: number, y2: number): void {
    const { impulse } = this;
    const W = this.#W;
    const row = this.row[b];
    const inverse = 1 / (softness * this.inverse[b]);
    const bound = this.bound[b];
    const first = impulse[row] - y0 * inverse;
    if (this.kind[b] === box) {
      W[0] = Math.abs(first) < bound ? inverse : 0;
      return;
    }
    W[0] = first > 0 ? inverse : 0;
    if (this.kind[b] === unilateral) return;
    const p1 = impulse[row + 1] - y1 * inverse;
    const p2 = impulse[row + 2] - y2 * inverse;
    const wanted = Math.sqrt(p1 * p1 + p2 * p2);
    if (wanted <= bound) {
      W[1] = W[3] = inverse;
      W[2] = 0;
    } else {
      // The force turns with the slip, it does not grow.
      const turn = (bound / wanted) * inverse;
      const u1 = p1 / wanted;
      const u2 = p2 / wanted;
      W[1] = turn * u2 * u2;
      W[2] = -turn * u1 * u2;
      W[3] = turn * u1 * u1;
    }
  }

  /** Newton's method from v, for the bounds as they are. */
  #minimise(iterations: number): void {
    const n = this.size;
    let lightest = Infinity;
    for (let i = 0; i < n; i++) lightest = Math.min(lightest, this.M[i * (n + 1)]);
    const enough = tolerance * tolerance * lightest;
    while (this.steps < iterations) {
      this.steps++;
      this.#assemble();
      this.#factor();
      const decrement = this.#descend();
      if (!(decrement > 0)) return;
      this.#multiply(this.#step, this.#z);
      const along = decrement <= enough ? 1 : this.#search(decrement);
      for (let i = 0; i < n; i++) this.v[i] += along * this.#step[i];
      for (let row = 0; row < this.rows; row++) this.#y[row] += along * this.#z[row];
      if (decrement <= enough) return;
    }
  }

  /** Gradient and Hessian (its lower half) at v. */
  #assemble(): void {
    const n = this.size;
    const H = this.#H;
    const M = this.M;
    const gradient = this.#gradient;
    const robot = this.robotPlace < 0 ? 0 : this.robotSize;
    for (let i = 0; i < n; i++) {
      const block = i < robot ? 0 : i - ((i - robot) % 6);
      this.#first[i] = block;
      const end = i < robot ? robot : block + 6;
      let sum = 0;
      for (let j = block; j < end; j++) sum += M[i * n + j] * (this.v[j] - this.free[j]);
      gradient[i] = sum;
      for (let j = 0; j < block; j++) H[i * n + j] = 0;
      for (let j = block; j <= i; j++) H[i * n + j] = M[i * n + j];
    }
    for (let b = 0; b < this.blocks; b++) {
      const row = this.row[b];
      const wide = this.kind[b] === contact;
      const y0 = this.#y[row];
      const y1 = wide ? this.#y[row + 1] : 0;
      const y2 = wide ? this.#y[row + 2] : 0;
      this.#stiffen(b, y0, y1, y2);
      this.#respond(b, y0, y1, y2);
      this.#addBlock(b);
    }
  }

  /** − Jᵀ λ into the gradient and Jᵀ W J into the Hessian, of one constraint. */
  #addBlock(b: number): void {
    const n = this.size;
    const H = this.#H;
    const W = this.#W;
    const row = this.row[b];
    const count = this.kind[b] === contact ? 3 : 1;
    const first = this.partAt[3 * b];
    for (let p = 0; p < this.parts[b]; p++) {
      const robot = p === 0 && this.touchesRobot[row] === 1;
      const J = robot ? this.robotJacobian : this.bodyJacobian;
      const stride = robot ? this.robotSize : 12;
      const from = this.partFrom[3 * b + p];
      const at = this.partAt[3 * b + p];
      const length = robot ? this.robotSize : 6;
      for (let i = 0; i < length; i++) {
        const a0 = J[from + i];
        const a1 = count === 3 ? J[from + stride + i] : 0;
        const a2 = count === 3 ? J[from + 2 * stride + i] : 0;
        if (a0 === 0 && a1 === 0 && a2 === 0) continue;
        const lambda = this.#lambda;
        this.#gradient[at + i] -=
          count === 3 ? a0 * lambda[0] + a1 * lambda[1] + a2 * lambda[2] : a0 * lambda[0];
        if (first < this.#first[at + i]) this.#first[at + i] = first;
        const w0 = a0 * W[0];
        const w1 = count === 3 ? a1 * W[1] + a2 * W[2] : 0;
        const w2 = count === 3 ? a1 * W[2] + a2 * W[3] : 0;
        if (w0 === 0 && w1 === 0 && w2 === 0) continue;
        const line = (at + i) * n;
        for (let q = 0; q <= p; q++) {
          const other = q === 0 && this.touchesRobot[row] === 1;
          const K = other ? this.robotJacobian : this.bodyJacobian;
          const step = other ? this.robotSize : 12;
          const source = this.partFrom[3 * b + q];
          const column = line + this.partAt[3 * b + q];
          const end = q === p ? i + 1 : other ? this.robotSize : 6;
          if (count === 3)
            for (let j = 0; j < end; j++)
              H[column + j] += w0 * K[source + j] + w1 * K[source + step + j] + w2 * K[source + 2 * step + j];
          else for (let j = 0; j < end; j++) H[column + j] += w0 * K[source + j];
        }
      }
    }
  }

  /** Cholesky's factor L of the Hessian, in its place, within its skyline. */
  #factor(): void {
    const n = this.size;
    const H = this.#H;
    const first = this.#first;
    for (let i = 0; i < n; i++) {
      const line = i * n;
      for (let j = first[i]; j < i; j++) {
        let sum = H[line + j];
        for (let k = Math.max(first[i], first[j]); k < j; k++) sum -= H[line + k] * H[j * n + k];
        H[line + j] = sum / H[j * n + j];
      }
      let sum = H[line + i];
      for (let k = first[i]; k < i; k++) sum -= H[line + k] * H[line + k];
      H[line + i] = Math.sqrt(sum);
    }
  }

  /** Newton's step −H⁻¹ g; returns −g · step, the square of its length in the metric of H. */
  #descend(): number {
    const n = this.size;
    const L = this.#H;
    const step = this.#step;
    let decrement = 0;
    for (let i = 0; i < n; i++) {
      let sum = -this.#gradient[i];
      for (let k = this.#first[i]; k < i; k++) sum -= L[i * n + k] * step[k];
      step[i] = sum / L[i * n + i];
      decrement += step[i] * step[i];
    }
    for (let i = n - 1; i >= 0; i--) {
      step[i] /= L[i * n + i];
      for (let k = this.#first[i]; k < i; k++) step[k] -= L[i * n + k] * step[i];
    }
    return decrement;
  }

  /** How far to go along the step: the root of the cost's slope, which rises; Newton's method within a bracket. */
  #search(decrement: number): number {
    const n = this.size;
    const robot = this.robotPlace < 0 ? 0 : this.robotSize;
    let linear = 0;
    let quadratic = 0;
    for (let i = 0; i < n; i++) {
      const start = i < robot ? 0 : i - ((i - robot) % 6);
      const end = i < robot ? robot : start + 6;
      let sum = 0;
      for (let j = start; j < end; j++) sum += this.M[i * n + j] * this.#step[j];
      linear += sum * (this.v[i] - this.free[i]);
      quadratic += sum * this.#step[i];
    }
    let low = 0;
    let high = Infinity;
    let along = 1;
    for (let tries = 0; tries < searchSteps; tries++) {
      let slope = linear + along * quadratic;
      let curvature = quadratic;
      for (let b = 0; b < this.blocks; b++) {
        const row = this.row[b];
        const wide = this.kind[b] === contact;
        const z0 = this.#z[row];
        const z1 = wide ? this.#z[row + 1] : 0;
        const z2 = wide ? this.#z[row + 2] : 0;
        const y0 = this.#y[row] + along * z0;
        const y1 = wide ? this.#y[row + 1] + along * z1 : 0;
        const y2 = wide ? this.#y[row + 2] + along * z2 : 0;
        this.#respond(b, y0, y1, y2);
        const lambda = this.#lambda;
        slope -= wide ? lambda[0] * z0 + lambda[1] * z1 + lambda[2] * z2 : lambda[0] * z0;
        this.#stiffen(b, y0, y1, y2);
        const W = this.#W;
        curvature += W[0] * z0 * z0;
        if (wide) curvature += z1 * (W[1] * z1 + 2 * W[2] * z2) + W[3] * z2 * z2;
      }
      if (Math.abs(slope) <= searchTolerance * decrement) break;
      if (slope < 0) low = along;
      else high = along;
      along -= slope / curvature;
      if (!(along > low && along < high)) along = high < Infinity ? 0.5 * (low + high) : 2 * low;
    }
    return along;
  }
}
