/**
 * Constraints between a robot in joint coordinates and free bodies, as rows of a Jacobian J over the velocities v [n]: the
 * robot's D rates, then 6 per free body (linear velocity of the centre of mass, spin; world frame). A constraint (a block)
 * is one row, or a contact's three. `pack` gathers what the rows touch into small dense arrays.
 *
 * Nothing is allocated once the buffers have grown.
 */

export const unilateral = 0;
export const box = 1;
export const contact = 2;

/** Share of a contact's inverse inertia along its normal up to which it is locked that way. */
const immovable = 1e-12;

export class ConstraintRows {
  /** Rates of the robot D, and free bodies. */
  readonly robotSize: number;
  readonly bodies: number;
  /** Rows since `begin`. */
  rows = 0;
  /**
   * Along each row, N s or N m s; positive pushes along the row's Jacobian. Before solving where to begin, 0 unless set, as
   * a rule the impulses of the last step; after it the solution.
   */
  impulse: Float64Array = new Float64Array(0);
  /** What J v should be (at least), m/s or rad/s [rows]. */
  target: Float64Array = new Float64Array(0);
  /** Rows of J over the robot's rates [rows, D] and over up to two bodies [rows, 2, 6]; see `onRobot`, `onBody`. */
  robotJacobian: Float64Array = new Float64Array(0);
  bodyJacobian: Float64Array = new Float64Array(0);

  /** Constraints: kind, first row, coefficient of friction, bound of friction, its last change and how far to follow it. */
  protected blocks = 0;
  protected kind: Uint8Array = new Uint8Array(0);
  protected row: Int32Array = new Int32Array(0);
  protected friction: Float64Array = new Float64Array(0);
  protected bound: Float64Array = new Float64Array(0);
  protected change: Float64Array = new Float64Array(0);
  protected relax: Float64Array = new Float64Array(0);
  /** 1 where a row touches the robot [rows]. */
  protected touchesRobot: Uint8Array = new Uint8Array(0);
  /** −1: none [rows, 2]. */
  #touchesBody: Int32Array = new Int32Array(0);

  /** Packed: numbers of v that constraints touch, robot, then bodies; where they begin, −1: untouched. */
  protected size = 0;
  protected robotPlace = -1;
  protected readonly bodyPlace: Int32Array;
  /** Mass matrix [size, size], velocities where the search begins, and the free ones [size]. */
  protected readonly M: Float64Array;
  protected readonly v: Float64Array;
  protected readonly free: Float64Array;
  /** Per constraint: inverse inertia; up to three parts of v that it touches [blocks, 3]: where in v, where in its Jacobian. */
  protected inverse: Float64Array = new Float64Array(0);
  protected parts: Uint8Array = new Uint8Array(0);
  protected partAt: Int32Array = new Int32Array(0);
  protected partFrom: Int32Array = new Int32Array(0);

  readonly #robotMass: Float64Array;
  readonly #bodyMass: Float64Array;
  readonly #bodyInertia: Float64Array;
  readonly #locked: Uint8Array;

  constructor(robotSize: number, bodies: number) {
    this.robotSize = robotSize;
    this.bodies = bodies;
    const n = robotSize + 6 * bodies;
    this.#robotMass = new Float64Array(robotSize * robotSize);
    this.#bodyMass = new Float64Array(bodies).fill(1);
    this.#bodyInertia = new Float64Array(9 * bodies);
    this.#locked = new Uint8Array(6 * bodies);
    this.bodyPlace = new Int32Array(bodies);
    this.M = new Float64Array(n * n);
    this.v = new Float64Array(n);
    this.free = new Float64Array(n);
  }

  /** Forgets all rows. */
  begin(): void {
    this.rows = 0;
    this.blocks = 0;
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
    this.touchesRobot[row] = 1;
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
    if (this.touchesRobot[row]) for (let d = 0; d < D; d++) sum += this.robotJacobian[row * D + d] * v[d];
    for (let slot = 2 * row; slot < 2 * row + 2; slot++) {
      const body = this.#touchesBody[slot];
      if (body < 0) continue;
      for (let k = 0; k < 6; k++) sum += this.bodyJacobian[6 * slot + k] * v[D + 6 * body + k];
    }
    return sum;
  }

  #add(kind: number, count: number, target: number, friction: number, bound: number): number {
    const row = this.rows;
    const block = this.blocks;
    if (row + count > this.impulse.length || block >= this.kind.length) this.#grow(2 * (row + count) + 16);
    for (let r = row; r < row + count; r++) {
      this.target[r] = 0;
      this.impulse[r] = 0;
      this.touchesRobot[r] = 0;
      this.#touchesBody[2 * r] = this.#touchesBody[2 * r + 1] = -1;
    }
    this.robotJacobian.fill(0, row * this.robotSize, (row + count) * this.robotSize);
    this.bodyJacobian.fill(0, 12 * row, 12 * (row + count));
    this.target[row] = target;
    this.kind[block] = kind;
    this.row[block] = row;
    this.friction[block] = friction;
    this.bound[block] = bound;
    this.change[block] = 0;
    this.relax[block] = 1;
    this.blocks++;
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
    this.touchesRobot = bytes(this.touchesRobot, rows);
    this.#touchesBody = integers(this.#touchesBody, 2 * rows);
    this.kind = bytes(this.kind, rows);
    this.row = integers(this.row, rows);
    this.bound = floats(this.bound, rows);
    this.inverse = floats(this.inverse, rows);
    this.change = floats(this.change, rows);
    this.relax = floats(this.relax, rows);
    this.friction = floats(this.friction, rows);
    this.parts = bytes(this.parts, rows);
    this.partAt = integers(this.partAt, 3 * rows);
    this.partFrom = integers(this.partFrom, 3 * rows);
  }

  /** Gathers what is touched into small dense arrays. */
  protected pack(guess: Float64Array, free: Float64Array): void {
    const D = this.robotSize;
    this.robotPlace = -1;
    this.bodyPlace.fill(-1);
    for (let row = 0; row < this.rows; row++) {
      if (this.touchesRobot[row]) this.robotPlace = 0;
      for (let slot = 2 * row; slot < 2 * row + 2; slot++) {
        const body = this.#touchesBody[slot];
        if (body < 0) continue;
        this.bodyPlace[body] = 0;
        for (let k = 0; k < 6; k++) if (this.#locked[6 * body + k]) this.bodyJacobian[6 * slot + k] = 0;
      }
    }
    let size = this.robotPlace < 0 ? 0 : D;
    for (let i = 0; i < this.bodies; i++) {
      if (this.bodyPlace[i] < 0) continue;
      this.bodyPlace[i] = size;
      size += 6;
    }
    this.size = size;
    const M = this.M.fill(0, 0, size * size);
    if (this.robotPlace === 0) {
      for (let i = 0; i < D; i++) {
        for (let j = 0; j < D; j++) M[i * size + j] = this.#robotMass[i * D + j];
        this.v[i] = guess[i];
        this.free[i] = free[i];
      }
    }
    for (let body = 0; body < this.bodies; body++) {
      const at = this.bodyPlace[body];
      if (at < 0) continue;
      for (let k = 0; k < 6; k++) {
        const i = at + k;
        const from = D + 6 * body + k;
        const locked = this.#locked[6 * body + k];
        M[i * size + i] = k < 3 || locked ? this.#bodyMass[body] : this.#bodyInertia[9 * body + 4 * (k - 3)];
        this.v[i] = locked ? 0 : guess[from];
        this.free[i] = locked ? 0 : free[from];
        if (k < 3 || locked) continue;
        for (let l = 3; l < k; l++)
          if (this.#locked[6 * body + l] === 0)
            M[i * size + at + l] = M[(at + l) * size + i] = this.#bodyInertia[9 * body + 3 * (k - 3) + l - 3];
      }
    }
    for (let b = 0; b < this.blocks; b++) this.#packBlock(b);
  }

  /** Parts and R of one constraint. */
  #packBlock(b: number): void {
    const row = this.row[b];
    let parts = 0;
    if (this.touchesRobot[row]) {
      this.partAt[3 * b] = 0;
      this.partFrom[3 * b] = row * this.robotSize;
      parts = 1;
    }
    for (let slot = 2 * row; slot < 2 * row + 2; slot++) {
      const body = this.#touchesBody[slot];
      if (body < 0) continue;
      this.partAt[3 * b + parts] = this.bodyPlace[body];
      this.partFrom[3 * b + parts] = 6 * slot;
      parts++;
    }
    this.parts[b] = parts;
    const last = 3 * b + parts - 1;
    if (parts > 1 && this.partAt[last] < this.partAt[last - 1]) {
      // In the order of v, which the lower half of H needs.
      const [at, from] = [this.partAt[last], this.partFrom[last]];
      this.partAt[last] = this.partAt[last - 1];
      this.partFrom[last] = this.partFrom[last - 1];
      this.partAt[last - 1] = at;
      this.partFrom[last - 1] = from;
    }
    // By the diagonal of M alone: only the scale matters.
    const count = this.kind[b] === contact ? 3 : 1;
    let inverse = 0;
    let normal = 0;
    for (let p = 0; p < parts; p++) {
      const robot = p === 0 && this.touchesRobot[row];
      const J = robot ? this.robotJacobian : this.bodyJacobian;
      const stride = robot ? this.robotSize : 12;
      const at = this.partAt[3 * b + p];
      for (let k = 0; k < count; k++) {
        const from = this.partFrom[3 * b + p] + k * stride;
        const before = inverse;
        for (let i = 0; i < (robot ? this.robotSize : 6); i++)
          inverse += J[from + i] ** 2 / this.M[(at + i) * (this.size + 1)];
        if (k === 0) normal += inverse - before;
      }
    }
    // Nothing can move along it: a push would grow without end and move nothing, but friction would take it for load.
    if (this.kind[b] !== box && normal <= immovable * inverse) {
      this.target[row] = Math.min(0, this.target[row]);
      this.impulse.fill(0, row, row + count);
    }
    this.inverse[b] = Math.max(inverse / count, 1e-300);
  }

  /** Writes the packed v, but for what is locked, to `out` [n]. */
  protected unpack(out: Float64Array): void {
    if (this.robotPlace >= 0) for (let d = 0; d < this.robotSize; d++) out[d] = this.v[d];
    for (let i = 0; i < this.bodies; i++) {
      const from = this.bodyPlace[i];
      const at = this.robotSize + 6 * i;
      if (from >= 0)
        for (let k = 0; k < 6; k++) if (this.#locked[6 * i + k] === 0) out[at + k] = this.v[from + k];
    }
  }
}
