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

const unilateral = 0;
const box = 1;
const contact = 2;

/** R as a share of a constraint's inverse inertia. */
const softness = 1e-5;
/** Share of a contact's inverse inertia along its normal up to which it is locked that way. */
const immovable = 1e-12;
/** Newton stops when the velocities are nearer to the minimum than this, m/s or rad/s. */
const tolerance = 1e-6;
/** Times that impulses and bounds of friction are renewed, at most; what ends it: violations, m/s or rad/s, changes of bounds. */
const rounds = 12;
const violationTolerance = 1e-6;
const roundTolerance = 1e-3;
const roundLeast = 1e-6;
const searchSteps = 30;
const searchTolerance = 0.01;

export class ConstraintSolver {
  /** Rates of the robot D, and free bodies. */
  readonly robotSize: number;
  readonly bodies: number;
  /** Rows since `begin`. */
  rows = 0;
  /**
   * Along each row, N s or N m s; positive pushes along the row's Jacobian. Before `solve` where to begin, 0 unless set,
   * as a rule the impulses of the last step; after it the solution.
   */
  impulse: Float64Array = new Float64Array(0);
  /** What J v should be (at least), m/s or rad/s [rows]. */
  target: Float64Array = new Float64Array(0);
  /** Rows of J over the robot's rates [rows, D] and over up to two bodies [rows, 2, 6]; see `onRobot`, `onBody`. */
  robotJacobian: Float64Array = new Float64Array(0);
  bodyJacobian: Float64Array = new Float64Array(0);
  /** Newton steps of the last solve. */
  steps = 0;

  /** Constraints: kind, first row, inverse inertia, coefficient of friction, bound of friction and its last change. */
  #blocks = 0;
  #kind: Uint8Array = new Uint8Array(0);
  #row: Int32Array = new Int32Array(0);
  #friction: Float64Array = new Float64Array(0);
  #bound: Float64Array = new Float64Array(0);
  #change: Float64Array = new Float64Array(0);
  #relax: Float64Array = new Float64Array(0);
  #inverse: Float64Array = new Float64Array(0);
  /** Up to three parts of v that a constraint touches [blocks, 3]: where in v, where in its Jacobian's array. */
  #parts: Uint8Array = new Uint8Array(0);
  #partAt: Int32Array = new Int32Array(0);
  #partFrom: Int32Array = new Int32Array(0);
  #touchesRobot: Uint8Array = new Uint8Array(0);
  /** −1: none [rows, 2]. */
  #touchesBody: Int32Array = new Int32Array(0);

  readonly #robotMass: Float64Array;
  readonly #bodyMass: Float64Array;
  readonly #bodyInertia: Float64Array;
  readonly #locked: Uint8Array;

  /** What constraints touch, packed: robot, then bodies. −1: untouched. */
  #robotPlace = -1;
  readonly #bodyPlace: Int32Array;
  #size = 0;
  #M: Float64Array;
  #H: Float64Array;
  /** First column of each row of H that may be other than zero. */
  #first: Int32Array;
  #v: Float64Array;
  #free: Float64Array;
  #gradient: Float64Array;
  #step: Float64Array;
  /** J v − target, and J step [rows]. */
  #y: Float64Array = new Float64Array(0);
  #z: Float64Array = new Float64Array(0);
  /** −∂λ/∂y: normal; tangents 11, 12, 22. */
  readonly #W = new Float64Array(4);
  readonly #lambda = new Float64Array(3);

  constructor(robotSize: number, bodies: number) {
    this.robotSize = robotSize;
    this.bodies = bodies;
    const n = robotSize + 6 * bodies;
    this.#robotMass = new Float64Array(robotSize * robotSize);
    this.#bodyMass = new Float64Array(bodies).fill(1);
    this.#bodyInertia = new Float64Array(9 * bodies);
    this.#locked = new Uint8Array(6 * bodies);
    this.#bodyPlace = new Int32Array(bodies);
    this.#M = new Float64Array(n * n);
    this.#H = new Float64Array(n * n);
    this.#first = new Int32Array(n);
    this.#v = new Float64Array(n);
    this.#free = new Float64Array(n);
    this.#gradient = new Float64Array(n);
    this.#step = new Float64Array(n);
  }

  /** Forgets all rows. */
  begin(): void {
    this.rows = 0;
    this.#blocks = 0;
  }

  /** M̂ of the robot [D, D], symmetric; copied. */
  setRobotMass(mass: Float64Array): void {
    this.#robotMass.set(mass);
  }

  /** kg; inertia about the centre of mass [3, 3], kg m², world frame; 1 for each of the 6 axes that is locked. */
  setBody(body: number, mass: number, inertia: Float64Array, locked: Uint8Array): void {
    this.#bodyMass[body] = mass;
    this.#bodyInertia.set(inertia, 9 * body);
    this.#locked.set(locked, 6 * body);
  }

  /** J v ≥ target: a limit, a contact without friction. Returns its row. */
  addUnilateral(target: number): number {
    return this.#add(unilateral, 1, target, 0, 0);
  }

  /** J v = target as far as |impulse| ≤ bound, N s or N m s: dry friction of a joint. Returns its row. */
  addBox(target: number, bound: number): number {
    return this.#add(box, 1, target, 0, bound);
  }

  /** A contact with friction: a row along the normal, J v ≥ target, then two along tangents. Returns the first. */
  addContact(target: number, friction: number): number {
    return this.#add(contact, 3, target, friction, 0);
  }

  /** Where in `robotJacobian` the D entries of a row lie; they are zero at first. */
  onRobot(row: number): number {
    this.#touchesRobot[row] = 1;
    return row * this.robotSize;
  }

  /** Where in `bodyJacobian` the 6 entries of a row for a body lie; they are zero at first. Two bodies at most. */
  onBody(row: number, body: number): number {
    const slot = 2 * row + (this.#touchesBody[2 * row] < 0 ? 0 : 1);
    this.#touchesBody[slot] = body;
    return 6 * slot;
  }

  /** The body in slot 0 or 1 of a row; −1: none. */
  bodyOf(row: number, slot: number): number {
    return this.#touchesBody[2 * row + slot];
  }

  /** J v of a row, for velocities [n]. */
  rate(row: number, v: Float64Array): number {
    const D = this.robotSize;
    let sum = 0;
    if (this.#touchesRobot[row]) for (let d = 0; d < D; d++) sum += this.robotJacobian[row * D + d] * v[d];
    for (let slot = 2 * row; slot < 2 * row + 2; slot++) {
      const body = this.#touchesBody[slot];
      if (body < 0) continue;
      for (let k = 0; k < 6; k++) sum += this.bodyJacobian[6 * slot + k] * v[D + 6 * body + k];
    }
    return sum;
  }

  /**
   * Writes the constrained velocities to `out` [n] from the free ones v* [n]; `guess` [n] is where the search starts,
   * as a rule the velocities of the last step. Takes `iterations` Newton steps at most; all three may be one array.
   */
  solve(guess: Float64Array, free: Float64Array, out: Float64Array, iterations: number): void {
    this.steps = 0;
    if (out !== free && this.rows === 0) out.set(free);
    if (this.rows === 0) return;
    this.#pack(guess, free);
    this.#violation();
    for (let b = 0; b < this.#blocks; b++)
      if (this.#kind[b] === contact)
        this.#bound[b] = this.#friction[b] * Math.max(0, this.impulse[this.#row[b]]);
    for (let round = 0; round < rounds; round++) {
      this.#minimise(iterations);
      const violated = this.#takeImpulses();
      if ((!this.#renewBounds() && !violated) || this.steps >= iterations) break;
    }
    if (out !== free) out.set(free);
    if (this.#robotPlace >= 0) for (let d = 0; d < this.robotSize; d++) out[d] = this.#v[d];
    for (let i = 0; i < this.bodies; i++) {
      const from = this.#bodyPlace[i];
      const at = this.robotSize + 6 * i;
      if (from >= 0)
        for (let k = 0; k < 6; k++) if (this.#locked[6 * i + k] === 0) out[at + k] = this.#v[from + k];
    }
  }

  #add(kind: number, count: number, target: number, friction: number, bound: number): number {
    const row = this.rows;
    const block = this.#blocks;
    if (row + count > this.impulse.length || block >= this.#kind.length) this.#grow(2 * (row + count) + 16);
    for (let r = row; r < row + count; r++) {
      this.target[r] = 0;
      this.impulse[r] = 0;
      this.#touchesRobot[r] = 0;
      this.#touchesBody[2 * r] = this.#touchesBody[2 * r + 1] = -1;
    }
    this.robotJacobian.fill(0, row * this.robotSize, (row + count) * this.robotSize);
    this.bodyJacobian.fill(0, 12 * row, 12 * (row + count));
    this.target[row] = target;
    this.#kind[block] = kind;
    this.#row[block] = row;
    this.#friction[block] = friction;
    this.#bound[block] = bound;
    this.#change[block] = 0;
    this.#relax[block] = 1;
    this.#blocks++;
    this.rows += count;
    return row;
  }

  #grow(rows: number): void {
    const floats = (old: Float64Array, size: number): Float64Array => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    const integers = (old: Int32Array, size: number): Int32Array => {
      const grown = new Int32Array(size);
      grown.set(old);
      return grown;
    };
    const bytes = (old: Uint8Array, size: number): Uint8Array => {
      const grown = new Uint8Array(size);
      grown.set(old);
      return grown;
    };
    this.impulse = floats(this.impulse, rows);
    this.target = floats(this.target, rows);
    this.robotJacobian = floats(this.robotJacobian, rows * this.robotSize);
    this.bodyJacobian = floats(this.bodyJacobian, rows * 12);
    this.#y = floats(this.#y, rows);
    this.#z = floats(this.#z, rows);
    this.#touchesRobot = bytes(this.#touchesRobot, rows);
    this.#touchesBody = integers(this.#touchesBody, 2 * rows);
    this.#kind = bytes(this.#kind, rows);
    this.#row = integers(this.#row, rows);
    this.#bound = floats(this.#bound, rows);
    this.#inverse = floats(this.#inverse, rows);
    this.#change = floats(this.#change, rows);
    this.#relax = floats(this.#relax, rows);
    this.#friction = floats(this.#friction, rows);
    this.#parts = bytes(this.#parts, rows);
    this.#partAt = integers(this.#partAt, 3 * rows);
    this.#partFrom = integers(this.#partFrom, 3 * rows);
  }

  /** Gathers what is touched into small dense arrays. */
  #pack(guess: Float64Array, free: Float64Array): void {
    const D = this.robotSize;
    this.#robotPlace = -1;
    this.#bodyPlace.fill(-1);
    for (let row = 0; row < this.rows; row++) {
      if (this.#touchesRobot[row]) this.#robotPlace = 0;
      for (let slot = 2 * row; slot < 2 * row + 2; slot++) {
        const body = this.#touchesBody[slot];
        if (body < 0) continue;
        this.#bodyPlace[body] = 0;
        for (let k = 0; k < 6; k++) if (this.#locked[6 * body + k]) this.bodyJacobian[6 * slot + k] = 0;
      }
    }
    let size = this.#robotPlace < 0 ? 0 : D;
    for (let i = 0; i < this.bodies; i++) {
      if (this.#bodyPlace[i] < 0) continue;
      this.#bodyPlace[i] = size;
      size += 6;
    }
    this.#size = size;
    const M = this.#M.fill(0, 0, size * size);
    if (this.#robotPlace === 0) {
      for (let i = 0; i < D; i++) {
        for (let j = 0; j < D; j++) M[i * size + j] = this.#robotMass[i * D + j];
        this.#v[i] = guess[i];
        this.#free[i] = free[i];
      }
    }
    for (let body = 0; body < this.bodies; body++) {
      const at = this.#bodyPlace[body];
      if (at < 0) continue;
      for (let k = 0; k < 6; k++) {
        const i = at + k;
        const from = D + 6 * body + k;
        const locked = this.#locked[6 * body + k];
        M[i * size + i] = k < 3 || locked ? this.#bodyMass[body] : this.#bodyInertia[9 * body + 4 * (k - 3)];
        this.#v[i] = locked ? 0 : guess[from];
        this.#free[i] = locked ? 0 : free[from];
        if (k < 3 || locked) continue;
        for (let l = 3; l < k; l++)
          if (this.#locked[6 * body + l] === 0)
            M[i * size + at + l] = M[(at + l) * size + i] = this.#bodyInertia[9 * body + 3 * (k - 3) + l - 3];
      }
    }
    for (let b = 0; b < this.#blocks; b++) this.#packBlock(b);
  }

  /** Parts and R of one constraint. */
  #packBlock(b: number): void {
    const row = this.#row[b];
    let parts = 0;
    if (this.#touchesRobot[row]) {
      this.#partAt[3 * b] = 0;
      this.#partFrom[3 * b] = row * this.robotSize;
      parts = 1;
    }
    for (let slot = 2 * row; slot < 2 * row + 2; slot++) {
      const body = this.#touchesBody[slot];
      if (body < 0) continue;
      this.#partAt[3 * b + parts] = this.#bodyPlace[body];
      this.#partFrom[3 * b + parts] = 6 * slot;
      parts++;
    }
    this.#parts[b] = parts;
    const last = 3 * b + parts - 1;
    if (parts > 1 && this.#partAt[last] < this.#partAt[last - 1]) {
      // In the order of v, which the lower half of H needs.
      const [at, from] = [this.#partAt[last], this.#partFrom[last]];
      this.#partAt[last] = this.#partAt[last - 1];
      this.#partFrom[last] = this.#partFrom[last - 1];
      this.#partAt[last - 1] = at;
      this.#partFrom[last - 1] = from;
    }
    // By the diagonal of M alone: only the scale matters.
    const count = this.#kind[b] === contact ? 3 : 1;
    let inverse = 0;
    let normal = 0;
    for (let p = 0; p < parts; p++) {
      const robot = p === 0 && this.#touchesRobot[row];
      const J = robot ? this.robotJacobian : this.bodyJacobian;
      const stride = robot ? this.robotSize : 12;
      const at = this.#partAt[3 * b + p];
      for (let k = 0; k < count; k++) {
        const from = this.#partFrom[3 * b + p] + k * stride;
        const before = inverse;
        for (let i = 0; i < (robot ? this.robotSize : 6); i++)
          inverse += J[from + i] ** 2 / this.#M[(at + i) * (this.#size + 1)];
        if (k === 0) normal += inverse - before;
      }
    }
    // Nothing can move along it: a push would grow without end and move nothing, but friction would take it for load.
    if (this.#kind[b] !== box && normal <= immovable * inverse) {
      this.target[row] = Math.min(0, this.target[row]);
      this.impulse.fill(0, row, row + count);
    }
    this.#inverse[b] = Math.max(inverse / count, 1e-300);
  }

  /** J · `vector` of every row. */
  #multiply(vector: Float64Array, out: Float64Array): void {
    const D = this.robotSize;
    for (let b = 0; b < this.#blocks; b++) {
      const row = this.#row[b];
      const count = this.#kind[b] === contact ? 3 : 1;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let p = 0; p < this.#parts[b]; p++) {
          const robot = p === 0 && this.#touchesRobot[row] === 1;
          const J = robot ? this.robotJacobian : this.bodyJacobian;
          const from = this.#partFrom[3 * b + p] + k * (robot ? D : 12);
          const at = this.#partAt[3 * b + p];
          const length = robot ? D : 6;
          for (let i = 0; i < length; i++) sum += J[from + i] * vector[at + i];
        }
        out[row + k] = sum;
      }
    }
  }

  /** y = J v − target at v. */
  #violation(): void {
    this.#multiply(this.#v, this.#y);
    for (let row = 0; row < this.rows; row++) this.#y[row] -= this.target[row];
  }

  /** The impulses at v become the multipliers from which the next round goes on; true: they changed too much to end. */
  #takeImpulses(): boolean {
    let most = 0;
    for (let b = 0; b < this.#blocks; b++) {
      const row = this.#row[b];
      const wide = this.#kind[b] === contact;
      this.#respond(b, this.#y[row], wide ? this.#y[row + 1] : 0, wide ? this.#y[row + 2] : 0);
      for (let k = 0; k < (wide ? 3 : 1); k++) {
        // R times the change is what the constraint is violated by.
        most = Math.max(most, this.#inverse[b] * Math.abs(this.#lambda[k] - this.impulse[row + k]));
        this.impulse[row + k] = this.#lambda[k];
      }
    }
    return softness * most > violationTolerance;
  }

  /** Bounds of friction from the normal impulses as they are; false when none changed where it matters. */
  #renewBounds(): boolean {
    let most = 0;
    for (let b = 0; b < this.#blocks; b++)
      if (this.#kind[b] === contact) most = Math.max(most, this.#friction[b] * this.impulse[this.#row[b]]);
    let changed = false;
    for (let b = 0; b < this.#blocks; b++) {
      if (this.#kind[b] !== contact) continue;
      const row = this.#row[b];
      const old = this.#bound[b];
      const change = this.#friction[b] * this.impulse[row] - old;
      // What swings to and fro takes smaller steps.
      if (change * this.#change[b] < 0) this.#relax[b] *= 0.5;
      this.#change[b] = change;
      this.#bound[b] = old + this.#relax[b] * change;
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
    const row = this.#row[b];
    const inverse = 1 / (softness * this.#inverse[b]);
    const bound = this.#bound[b];
    const first = impulse[row] - y0 * inverse;
    if (this.#kind[b] === box) {
      lambda[0] = Math.min(bound, Math.max(-bound, first));
      return;
    }
    lambda[0] = Math.max(0, first);
    if (this.#kind[b] === unilateral) return;
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
    const row = this.#row[b];
    const inverse = 1 / (softness * this.#inverse[b]);
    const bound = this.#bound[b];
    const first = impulse[row] - y0 * inverse;
    if (this.#kind[b] === box) {
      W[0] = Math.abs(first) < bound ? inverse : 0;
      return;
    }
    W[0] = first > 0 ? inverse : 0;
    if (this.#kind[b] === unilateral) return;
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
    const n = this.#size;
    let lightest = Infinity;
    for (let i = 0; i < n; i++) lightest = Math.min(lightest, this.#M[i * (n + 1)]);
    const enough = tolerance * tolerance * lightest;
    while (this.steps < iterations) {
      this.steps++;
      this.#assemble();
      this.#factor();
      const decrement = this.#descend();
      if (!(decrement > 0)) return;
      this.#multiply(this.#step, this.#z);
      const along = decrement <= enough ? 1 : this.#search(decrement);
      for (let i = 0; i < n; i++) this.#v[i] += along * this.#step[i];
      for (let row = 0; row < this.rows; row++) this.#y[row] += along * this.#z[row];
      if (decrement <= enough) return;
    }
  }

  /** Gradient and Hessian (its lower half) at v. */
  #assemble(): void {
    const n = this.#size;
    const H = this.#H;
    const M = this.#M;
    const gradient = this.#gradient;
    const robot = this.#robotPlace < 0 ? 0 : this.robotSize;
    for (let i = 0; i < n; i++) {
      const block = i < robot ? 0 : i - ((i - robot) % 6);
      this.#first[i] = block;
      const end = i < robot ? robot : block + 6;
      let sum = 0;
      for (let j = block; j < end; j++) sum += M[i * n + j] * (this.#v[j] - this.#free[j]);
      gradient[i] = sum;
      for (let j = 0; j < block; j++) H[i * n + j] = 0;
      for (let j = block; j <= i; j++) H[i * n + j] = M[i * n + j];
    }
    for (let b = 0; b < this.#blocks; b++) {
      const row = this.#row[b];
      const wide = this.#kind[b] === contact;
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
    const n = this.#size;
    const H = this.#H;
    const W = this.#W;
    const row = this.#row[b];
    const count = this.#kind[b] === contact ? 3 : 1;
    const first = this.#partAt[3 * b];
    for (let p = 0; p < this.#parts[b]; p++) {
      const robot = p === 0 && this.#touchesRobot[row] === 1;
      const J = robot ? this.robotJacobian : this.bodyJacobian;
      const stride = robot ? this.robotSize : 12;
      const from = this.#partFrom[3 * b + p];
      const at = this.#partAt[3 * b + p];
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
          const other = q === 0 && this.#touchesRobot[row] === 1;
          const K = other ? this.robotJacobian : this.bodyJacobian;
          const step = other ? this.robotSize : 12;
          const source = this.#partFrom[3 * b + q];
          const column = line + this.#partAt[3 * b + q];
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
    const n = this.#size;
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
    const n = this.#size;
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
    const n = this.#size;
    const robot = this.#robotPlace < 0 ? 0 : this.robotSize;
    let linear = 0;
    let quadratic = 0;
    for (let i = 0; i < n; i++) {
      const start = i < robot ? 0 : i - ((i - robot) % 6);
      const end = i < robot ? robot : start + 6;
      let sum = 0;
      for (let j = start; j < end; j++) sum += this.#M[i * n + j] * this.#step[j];
      linear += sum * (this.#v[i] - this.#free[i]);
      quadratic += sum * this.#step[i];
    }
    let low = 0;
    let high = Infinity;
    let along = 1;
    for (let tries = 0; tries < searchSteps; tries++) {
      let slope = linear + along * quadratic;
      let curvature = quadratic;
      for (let b = 0; b < this.#blocks; b++) {
        const row = this.#row[b];
        const wide = this.#kind[b] === contact;
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
