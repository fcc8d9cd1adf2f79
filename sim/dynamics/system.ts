import { InputError } from '../../src/core/errors.ts';
import type { Contact } from '../../src/core/plant.ts';
import type { Pose, RobotModel, Vec3 } from '../../src/core/robot.ts';
import type { WorldSpec } from '../../src/core/task.ts';
import { ConstraintSolver } from '../contact/solver.ts';
import { Actuators } from './actuators.ts';
import { Articulation } from './articulation.ts';
import { Factor } from './factor.ts';
import { FreeBodies, type FreeBody, freeBodyOf } from './free-bodies.ts';
import { type Tree, treeOf } from './tree.ts';
import { Variation } from './variation.ts';

/** Finds what touches and turns it into rows of the solver. */
export interface ContactSource {
  /** All that changes from step to step. */
  readonly memory: Float64Array;
  /** Begins an episode: nothing has touched yet. */
  reset(): void;
  /**
   * Adds the rows of a step of `time` s. Bodies stand in `system.rotation` and `system.origin`, half a step ahead of the
   * state; `free` [D + 6 F] are the velocities that they would have without constraints.
   */
  collect(system: System, solver: ConstraintSolver, free: Float64Array, time: number): void;
  /** Takes the impulses of the rows that it added. Called after every step, also where nothing touched. */
  settle(system: System, solver: ConstraintSolver, time: number): void;
  /** Visits what touched in the last step: numbers as `Frame` has them, and the force of `a` on `b`, N, world axes. */
  eachContact(visit: (a: number, b: number, fx: number, fy: number, fz: number) => void): void;
  /** The same, told to people. */
  contacts(): Contact[];
}

const earth = [0, 0, -9.81] as const;
/** A joint beyond its limit is driven back no faster than this, rad/s or m/s. */
const recovery = 0.01;
/** Limits nearer than this, rad or m, and what two steps' motion adds, are watched by the solver. */
const reach = 0.01;
/** Least share of a pivot of the mass matrix in its diagonal. */
const singular = 1e-10;
/** Times that the bounds of servos are judged in a step, at most. */
const passes = 5;

/**
 * A robot and free bodies, and how they move. The state is `position`, `velocity` and the free bodies' centres and
 * rotations; every step depends on nothing else.
 *
 * A step of h goes half its way with the old rates, changes the rates there, and goes the other half with the new ones:
 * symmetric, so second order, and without drift of energy. At the middle q½ the change Δ of the robot's rates solves
 *   (M(q½) + h S) Δ = h (e₀ − c(q½, v̄)),   v̄ = v + Δ / 2,
 * in two passes: the first takes v for v̄. e₀ − S Δ are the efforts, implicit in damping and servo stiffness. Of damping
 * the share θ acts on the new rate, 1 − θ on the old: θ = 1/(1 − e⁻ˣ) − 1/x for x = h · damping / inertia, exact for one
 * joint alone (exponential fitting): ½ where damping is weak, 1 where it is stiff. Limits, dry friction and contacts
 * then act as impulses that make the new rates obey.
 */
export class System {
  readonly robot: RobotModel;
  readonly world: WorldSpec;
  readonly tree: Tree;
  readonly articulation: Articulation;
  readonly actuators: Actuators;
  readonly free: FreeBodies;
  readonly solver: ConstraintSolver;
  readonly gravity: Vec3;
  /** The robot's moving bodies, B; body B + f is free body f. */
  readonly bodies: number;
  /** The robot's coordinates, D. */
  readonly size: number;
  /** Rotations, row-major [(B + F) × 9], and origins, m [(B + F) × 3], of the bodies' frames; see `refresh`. */
  readonly rotation: Float64Array;
  readonly origin: Float64Array;
  /** Coordinates [D], and rates of the robot, then six of each free body [D + 6 F]. */
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  /** What touches; none unless set. */
  contacts: ContactSource | undefined;
  /** The world's bodies, K: which free body each is, −1 for fixed ones [K]; position and rotation of the fixed [K × 7]. */
  readonly freeOf: readonly number[];
  readonly fixed: Float64Array;
  /** How this episode's physics differs; `vary` makes it so. */
  readonly variation: Variation;
  readonly #iterations: number;
  readonly #timestep: number;
  readonly #factor: Factor;
  readonly #damping: Float64Array;
  readonly #friction: Float64Array;
  /** θ [D] */
  readonly #implicit: Float64Array;
  /** Inertia that each joint feels when all others are free [D]. */
  readonly #least: Float64Array;
  readonly #force: Float64Array;
  readonly #slope: Float64Array;
  readonly #extra: Float64Array;
  readonly #bias: Float64Array;
  readonly #mean: Float64Array;
  readonly #change: Float64Array;
  readonly #held: Float64Array;
  /** Rates before the step, and without constraints after it [D + 6 F]. */
  readonly #before: Float64Array;
  readonly #next: Float64Array;
  readonly #slowed: Float64Array;
  #rubs = false;
  #fresh = false;

  constructor(
    robot: RobotModel,
    world: WorldSpec,
    options: {
      /** s */
      readonly timestep: number;
      readonly iterations: number;
    },
  ) {
    this.robot = robot;
    this.world = world;
    this.tree = treeOf(robot);
    const { bodies, size } = this.tree;
    this.bodies = bodies;
    this.size = size;
    this.gravity = world.gravity ?? earth;
    this.#timestep = options.timestep;
    this.#iterations = options.iterations;
    const worldBodies = world.bodies ?? [];
    const free: FreeBody[] = [];
    this.freeOf = worldBodies.map((body) => (body.kind === 'free' ? free.push(freeBodyOf(body)) - 1 : -1));
    this.fixed = new Float64Array(7 * worldBodies.length);
    this.variation = new Variation([...robot.links, ...worldBodies].map(({ name }) => name));
    const count = bodies + free.length;
    this.rotation = new Float64Array(9 * count);
    this.origin = new Float64Array(3 * count);
    this.articulation = new Articulation(this.tree, this.rotation, this.origin);
    this.actuators = new Actuators(robot, this.tree);
    this.free = new FreeBodies(free, bodies, this.rotation, this.origin);
    this.solver = new ConstraintSolver(size, free.length);
    const rates = size + 6 * free.length;
    this.position = new Float64Array(size);
    this.velocity = new Float64Array(rates);
    this.#factor = new Factor(size);
    this.#damping = new Float64Array(size);
    this.#friction = new Float64Array(size);
    this.#implicit = new Float64Array(size);
    this.#least = new Float64Array(size);
    this.#force = new Float64Array(size);
    this.#slope = new Float64Array(size);
    this.#extra = new Float64Array(size);
    this.#bias = new Float64Array(size);
    this.#mean = new Float64Array(size);
    this.#change = new Float64Array(size);
    this.#held = new Float64Array(size * size);
    this.#slowed = new Float64Array(size);
    this.#before = new Float64Array(rates);
    this.#next = new Float64Array(rates);
    this.vary();
  }

  /** Puts a body of the world at a pose; a free one keeps its rates. */
  placeBody(index: number, { position, rotation }: Pose): void {
    const f = this.freeOf[index];
    this.#fresh = false;
    if (f >= 0) this.free.place(f, { position, rotation });
    else {
      this.fixed.set(position, 7 * index);
      this.fixed.set(rotation, 7 * index + 3);
    }
  }

  /** Position and rotation of a body of the world into `out` at `at`. */
  bodyPose(index: number, out: Float64Array, at = 0): void {
    const f = this.freeOf[index];
    if (f >= 0) this.free.pose(f, out, at);
    else for (let k = 0; k < 7; k++) out[at + k] = this.fixed[7 * index + k];
  }

  /** Velocity of free body `f`'s origin, then its angular velocity, world axes, into `out` at `at`. */
  freeMotion(f: number, out: Float64Array, at: number): void {
    this.refresh();
    const v = this.size + 6 * f;
    const { velocity, origin } = this;
    const { center } = this.free;
    const o = 3 * (this.bodies + f);
    const rx = origin[o] - center[3 * f];
    const ry = origin[o + 1] - center[3 * f + 1];
    const rz = origin[o + 2] - center[3 * f + 2];
    const wx = velocity[v + 3];
    const wy = velocity[v + 4];
    const wz = velocity[v + 5];
    out[at] = velocity[v] + wy * rz - wz * ry;
    out[at + 1] = velocity[v + 1] + wz * rx - wx * rz;
    out[at + 2] = velocity[v + 2] + wx * ry - wy * rx;
    out[at + 3] = wx;
    out[at + 4] = wy;
    out[at + 5] = wz;
  }

  /** Takes `variation` over. */
  vary(): void {
    this.#fresh = false;
    const { robot, tree, variation, world } = this;
    const { jointFriction, jointDamping, gain } = variation;
    const links = new Map(robot.links.map(({ name }, i) => [name, variation.mass(i)]));
    const { mass, center, inertia } = treeOf(robot, (link) => links.get(link) ?? 1);
    tree.mass.set(mass);
    tree.center.set(center);
    tree.inertia.set(inertia);
    for (const [i, body] of (world.bodies ?? []).entries())
      if (this.freeOf[i] >= 0)
        this.free.weigh(this.freeOf[i], freeBodyOf(body).inertial, variation.mass(robot.links.length + i));
    this.actuators.gain = gain;
    this.#weighLeast();
    this.#rubs = false;
    for (let d = 0; d < this.size; d++) {
      this.#damping[d] = tree.damping[d] * jointDamping;
      this.#friction[d] = tree.friction[d] * jointFriction;
      if (this.#friction[d] > 0) this.#rubs = true;
      const damping = this.#damping[d] + this.actuators.damping[d];
      this.#implicit[d] = implicitShare((damping * this.#timestep) / this.#least[d]);
    }
  }

  /** Says that the state was changed from outside. */
  touch(): void {
    this.#fresh = false;
  }

  /** Makes `rotation`, `origin` and the articulation's twists those of the state, as of the end of a step. */
  refresh(): void {
    if (this.#fresh) return;
    this.#fresh = true;
    this.articulation.place(this.position);
    this.articulation.move(this.velocity);
    this.free.update(this.#timestep);
  }

  /** Where a body's rates are in a vector of all: robot bodies share the D at 0. */
  blockAt(body: number): number {
    return body < this.bodies ? 0 : this.size + 6 * (body - this.bodies);
  }

  /**
   * Adds `scale` times the Jacobian of the velocity along (nx, ny, nz) of `body`'s point at (x, y, z), world frame, to
   * `out` at `at`: D values for a body of the robot, 6 for a free one.
   */
  addJacobian(
    body: number,
    x: number,
    y: number,
    z: number,
    nx: number,
    ny: number,
    nz: number,
    scale: number,
    out: Float64Array,
    at: number,
  ): void {
    if (body < this.bodies) {
      this.articulation.addJacobian(body, x, y, z, nx, ny, nz, scale, out, at);
      return;
    }
    const { center } = this.free;
    const c = 3 * (body - this.bodies);
    const rx = x - center[c];
    const ry = y - center[c + 1];
    const rz = z - center[c + 2];
    out[at] += scale * nx;
    out[at + 1] += scale * ny;
    out[at + 2] += scale * nz;
    out[at + 3] += scale * (ry * nz - rz * ny);
    out[at + 4] += scale * (rz * nx - rx * nz);
    out[at + 5] += scale * (rx * ny - ry * nx);
  }

  /** Goes one step under a command, one value an actuator. */
  step(command: Float32Array): void {
    const { position, velocity, free, size, actuators, contacts, solver } = this;
    const before = this.#before;
    const change = this.#change;
    const h = this.#timestep;
    this.#fresh = false;
    before.set(velocity);
    for (let d = 0; d < size; d++) position[d] += 0.5 * h * before[d];
    this.articulation.place(position);
    this.articulation.weigh();
    this.#accelerate(command);
    if (free.count > 0) {
      free.drift(before, size, 0.5 * h);
      free.update(h);
      free.kick(before, this.#next, size, this.gravity, h);
    }
    // A servo whose joint is held gives more than it would if the joint gave way: its bound is judged again.
    for (let pass = 0; this.#constrain() && pass < passes; pass++) {
      for (let d = 0; d < size; d++) change[d] = velocity[d] - before[d];
      if (!actuators.review(change)) break;
      // Contacts ask how fast they came in.
      velocity.set(before);
      this.#drive();
      this.#push(false);
    }
    contacts?.settle(this, solver, h);
    for (let d = 0; d < size; d++) position[d] += 0.5 * h * velocity[d];
    if (free.count > 0) free.drift(velocity, size, 0.5 * h);
  }

  /** The robot's rates without constraints into `next`. */
  #accelerate(command: Float32Array): void {
    const { position, articulation, actuators, size } = this;
    const before = this.#before;
    const mean = this.#mean;
    const change = this.#change;
    actuators.begin(command, position, before, this.#implicit, this.#timestep);
    for (let d = 0; d < size; d++) mean[d] = before[d];
    let stale = true;
    for (let pass = 0; pass < passes; pass++) {
      if (stale) this.#drive();
      if (pass < 2) articulation.bias(mean, this.gravity, this.#bias);
      this.#push(pass === 0);
      if (pass === 0) for (let d = 0; d < size; d++) mean[d] += 0.5 * change[d];
      stale = actuators.review(change);
      if (pass > 0 && !stale) break;
    }
  }

  /** Efforts and the matrix to be solved, with the bounds that are thought to hold. */
  #drive(): void {
    const force = this.#force;
    const slope = this.#slope;
    for (let d = 0; d < this.size; d++) {
      force[d] = -this.#damping[d] * this.#before[d];
      slope[d] = this.#damping[d] * this.#implicit[d];
    }
    this.actuators.add(force, slope);
    for (let d = 0; d < this.size; d++) this.#extra[d] = this.#timestep * slope[d];
    this.#factor.factor(this.articulation.mass, this.#extra);
  }

  /** Δ into `change` and new rates into `next`. @param rub whether to take off a guess of what dry friction will take. */
  #push(rub: boolean): void {
    const change = this.#change;
    for (let d = 0; d < this.size; d++) {
      const push = this.#timestep * (this.#force[d] - this.#bias[d]);
      change[d] = rub && this.#rubs ? push - this.#guessRub(d, push) : push;
    }
    this.#factor.solve(change);
    for (let d = 0; d < this.size; d++) this.#next[d] = this.#before[d] + change[d];
  }

  /** About what dry friction will take of coordinate `d`'s momentum, so that v̄ is right to first order. */
  #guessRub(d: number, push: number): number {
    const bound = this.#friction[d] * this.#timestep;
    const wanted = this.articulation.mass[d * this.size + d] * this.#before[d] + push;
    return Math.max(-bound, Math.min(bound, wanted));
  }

  /** The rates that obey limits, dry friction and contacts, of those in `next`, into `velocity`; false: the same ones. */
  #constrain(): boolean {
    const { solver, velocity } = this;
    const next = this.#next;
    solver.begin();
    this.contacts?.collect(this, solver, next, this.#timestep);
    if (solver.rows === 0 && this.#coast()) {
      velocity.set(next);
      return false;
    }
    this.#hold();
    this.#addJointRows(false);
    solver.solve(this.#before, next, velocity, this.#iterations);
    // What a contact or another joint's limit pushed into a limit that seemed out of reach.
    if (this.#hitsLimit(velocity, 1e-3)) {
      this.#addJointRows(true);
      solver.solve(velocity, next, velocity, this.#iterations);
    }
    return true;
  }

  /** Does a joint pass a limit with rates `rate`, by more than `slack`, rad/s or m/s? */
  #hitsLimit(rate: Float64Array, slack: number): boolean {
    const { lower, upper } = this.tree;
    const h = this.#timestep;
    for (let d = 0; d < this.size; d++) {
      const q = this.position[d];
      if (rate[d] > ceiling(upper[d] - q, h) + slack || -rate[d] > ceiling(q - lower[d], h) + slack)
        return true;
    }
    return false;
  }

  /** Rubs every joint in `next` as though it slid on; false, and nothing done, when one would stop or meet a limit. */
  #coast(): boolean {
    const { size } = this;
    const before = this.#before;
    const next = this.#next;
    if (!this.#rubs) return !this.#hitsLimit(next, 0);
    const h = this.#timestep;
    const slowed = this.#slowed;
    for (let d = 0; d < size; d++) {
      const bound = this.#friction[d] * h;
      if (bound > 0 && next[d] * before[d] <= 0) return false;
      slowed[d] = next[d] > 0 ? -bound : bound;
    }
    this.#factor.solve(slowed);
    for (let d = 0; d < size; d++) {
      slowed[d] += next[d];
      if (this.#friction[d] > 0 && slowed[d] * next[d] <= 0) return false;
    }
    if (this.#hitsLimit(slowed, 0)) return false;
    for (let d = 0; d < size; d++) next[d] = slowed[d];
    return true;
  }

  /** Hands the masses of this step to the solver. */
  #hold(): void {
    const { articulation, free, solver, size } = this;
    const held = this.#held;
    held.set(articulation.mass);
    for (let d = 0; d < size; d++) held[d * size + d] += this.#extra[d];
    solver.setRobotMass(held);
    for (let f = 0; f < free.count; f++)
      solver.setBody(
        f,
        free.heldMass[f],
        free.heldInertia.subarray(9 * f, 9 * f + 9),
        free.locked.subarray(6 * f, 6 * f + 6),
      );
  }

  /** Dry friction, and limits: those within reach, or all. */
  #addJointRows(all: boolean): void {
    const { solver, tree, size } = this;
    const h = this.#timestep;
    for (let d = 0; d < size; d++) {
      if (!all && this.#friction[d] > 0) this.#setUnit(solver.addBox(0, this.#friction[d] * h), d, 1);
      const near = reach + 2 * h * Math.max(Math.abs(this.#next[d]), Math.abs(this.#before[d]));
      for (let side = -1; side <= 1; side += 2) {
        const room = side > 0 ? tree.upper[d] - this.position[d] : this.position[d] - tree.lower[d];
        if (room === Infinity || (all ? room < near : room >= near)) continue;
        this.#setUnit(solver.addUnilateral(-ceiling(room, h)), d, -side);
      }
    }
  }

  #setUnit(row: number, d: number, value: number): void {
    const at = this.solver.onRobot(row);
    this.solver.robotJacobian[at + d] = value;
  }

  /** Weighs at two poses, so that θ does not depend on where an episode begins. */
  #weighLeast(): void {
    const { articulation, robot, size } = this;
    const q = Float64Array.from(robot.home);
    const unit = new Float64Array(size);
    this.#least.fill(Infinity);
    this.#extra.fill(0);
    for (let pose = 0; pose < 2; pose++) {
      articulation.place(q);
      articulation.weigh();
      const at = this.#factor.factor(articulation.mass, this.#extra, singular);
      if (at >= 0)
        throw new InputError(
          `robot ${robot.name}: nothing resists joint ${robot.joints[robot.movable[at]].name}: what it moves has no inertia of its own about its axis; give the links an <inertial>, or the joint an armature`,
        );
      for (let d = 0; d < size; d++) {
        unit.fill(0);
        unit[d] = 1;
        this.#factor.solve(unit);
        this.#least[d] = Math.min(this.#least[d], 1 / unit[d]);
      }
      // Away from poses of symmetry.
      for (let d = 0; d < size; d++) q[d] += 0.3 + 0.1 * d;
    }
  }
}

/** Largest rate towards a limit that is `room` away. */
function ceiling(room: number, time: number): number {
  return Math.max(room / time, -recovery);
}

/** θ for x = h · damping / inertia. */
function implicitShare(x: number): number {
  // The series where the difference would lose digits.
  return x < 1e-3 ? 0.5 + x / 12 : 1 / -Math.expm1(-x) - 1 / x;
}
