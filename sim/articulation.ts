import type { PrismaticImpulseJoint, RevoluteImpulseJoint, RigidBody, World } from '@dimforge/rapier3d';
import { add, axisAngle, compose, cross, quatMultiply, rotate, scale } from '../src/core/linalg.ts';
import type { Pose, Quat, Vec3 } from '../src/core/robot.ts';
import type { Rapier } from './rapier.ts';
import type { Coordinate, Skeleton } from './skeleton.ts';
import { turn, VelocityProducts } from './velocity-products.ts';

/** float32 values a body: position, rotation, velocity of the centre of mass, angular velocity. */
const stride = 13;
const rotationAt = 3;
const linearAt = 7;
const angularAt = 10;

/** How far a joint may run past its limit in one sub-step of the engine, rad or m. */
const limitTolerance = 0.003;
const maxRefinement = 64;
/** A joint that will stay within this of its limit over the steps looked ahead needs no special care, rad or m. */
const limitSlack = 0.001;
const stepsAhead = 4;
/** Sweeps over the constraints in each sub-step: fewer let the joints of a chain drift apart, most of all at an impact. */
const sweeps = 10;
/** Half of the window in which the engine, which knows angles only up to whole turns, is told a wide joint's limits. */
const window = 2;

let live = 0;

/** Physics worlds of this thread that are not freed yet. */
export function liveWorlds(): number {
  return live;
}

export interface ArticulationOptions {
  /** m/s² */
  readonly gravity: Vec3;
  /** s */
  readonly timestep: number;
  readonly iterations: number;
}

/**
 * A robot as rigid bodies and impulse joints, driven by equal and opposite torques (forces, where a joint slides) on
 * the two bodies of each joint. No colliders.
 *
 * The engine is first order; three corrections leave little of its first-order error (τ: its sub-step, timestep /
 * iterations):
 * - It is symplectic Euler: read as leapfrog, its positions run ahead of its velocities by τ/2. So bodies are placed at
 *   q + q̇ τ/2, and q is read back as the engine's coordinate minus q̇ τ/2.
 * - It projects velocities onto the constraints at the new position, and so loses the second-order part of their
 *   turning (a pendulum would lose energy at the rate ω² τ). Expanding the projection of J q̇ gives what is missing: the
 *   force −(τ/2) m d(J̇ q̇)/dt on each centre of mass. Of the angular part the engine has its own approximation.
 * - Damping is extrapolated to the middle of the step (Adams–Bashforth 2).
 *
 * The whole state is in `bodies`, `position`, `velocity` and `products`; `begin` hands it to the engine, so that what
 * follows depends on nothing else.
 */
export class Articulation {
  /** The engine's own numbers [bodies × 13]. */
  readonly bodies: Float32Array;
  /** Unwrapped coordinates [D], rad or m. */
  readonly position: Float64Array;
  /** [D], rad/s or m/s */
  readonly velocity: Float64Array;
  /** J̇ q̇ of the centres of mass one step ago [bodies × 3]; NaN where the step before is no guide. */
  readonly products: Float64Array;
  readonly #skeleton: Skeleton;
  readonly #world: World;
  readonly #timestep: number;
  /** τ/2 */
  readonly #lead: number;
  readonly #rigid: readonly RigidBody[];
  readonly #joints: readonly (PrismaticImpulseJoint | RevoluteImpulseJoint)[];
  /** Whether positions and linear velocities are needed in every step. */
  readonly #sliding: boolean;
  /** The engine's coordinates, ahead of `position` [D]. */
  readonly #ahead: Float64Array;
  /** Velocities one step ago [D]. */
  readonly #before: Float64Array;
  #hasBefore = false;
  /** World axis of each joint [D × 3]. */
  readonly #axes: Float64Array;
  readonly #velocityProducts: VelocityProducts;
  /** J̇ q̇ now [bodies × 3]. */
  readonly #productsNow: Float64Array;
  /** Net force, and torque about the centre of mass, on each body [bodies × 6]. */
  readonly #wrench: Float64Array;
  readonly #vector = { x: 0, y: 0, z: 0 };
  readonly #quaternion = { x: 0, y: 0, z: 0, w: 1 };
  readonly #arm = new Float64Array(3);

  constructor(rapier: Rapier, skeleton: Skeleton, { gravity, timestep, iterations }: ArticulationOptions) {
    const world = new rapier.World(vector(gravity));
    live++;
    world.timestep = timestep;
    world.numSolverIterations = iterations;
    world.numInternalPgsIterations = sweeps;
    world.maxCcdSubsteps = 0;
    const ground = world.createRigidBody(rapier.RigidBodyDesc.fixed());
    const rigid = skeleton.bodies.map(({ rest, inertia }) =>
      world.createRigidBody(
        rapier.RigidBodyDesc.dynamic()
          .setTranslation(...rest)
          .setAdditionalMassProperties(
            inertia.mass,
            vector(inertia.center),
            vector(inertia.moments),
            quaternion(inertia.axes),
          )
          .setCanSleep(false),
      ),
    );
    this.#joints = skeleton.coordinates.map((joint) => {
      const data = rapier.JointData[joint.prismatic ? 'prismatic' : 'revolute'](
        vector(joint.anchor),
        vector([0, 0, 0]),
        vector(joint.axis),
      );
      const parent = joint.parent < 0 ? ground : rigid[joint.parent];
      const made = world.createImpulseJoint(data, parent, rigid[joint.child], true);
      const limited = made as PrismaticImpulseJoint | RevoluteImpulseJoint;
      if (hasLimit(joint) && !isWide(joint)) limited.setLimits(finite(joint.lower), finite(joint.upper));
      return limited;
    });
    this.#skeleton = skeleton;
    this.#world = world;
    this.#timestep = timestep;
    this.#lead = timestep / iterations / 2;
    this.#rigid = rigid;
    this.#sliding = skeleton.coordinates.some(({ prismatic }) => prismatic);
    const size = skeleton.coordinates.length;
    this.#ahead = new Float64Array(size);
    this.#before = new Float64Array(size);
    this.#axes = new Float64Array(3 * size);
    this.#wrench = new Float64Array(6 * rigid.length);
    this.bodies = new Float32Array(stride * rigid.length);
    this.position = new Float64Array(size);
    this.velocity = new Float64Array(size);
    this.products = new Float64Array(3 * rigid.length);
    this.#velocityProducts = new VelocityProducts(skeleton);
    this.#productsNow = new Float64Array(3 * rigid.length);
  }

  /** Frees the world; call once. */
  free(): void {
    this.#world.free();
    live--;
  }

  /** Puts the robot at coordinates q [D] with rates q̇ [D]. */
  place(q: ArrayLike<number>, rate: ArrayLike<number>): void {
    const motions: Motion[] = [];
    this.products.fill(Number.NaN);
    for (const [d, joint] of this.#skeleton.coordinates.entries()) {
      const parent = joint.parent < 0 ? still : motions[joint.parent];
      const motion = moved(parent, joint, q[d] + rate[d] * this.#lead, rate[d]);
      motions[joint.child] = motion;
      const center = rotate(motion.rotation, this.#skeleton.bodies[joint.child].inertia.center);
      const base = stride * joint.child;
      this.bodies.set(motion.position, base);
      this.bodies.set(motion.rotation, base + rotationAt);
      this.bodies.set(add(motion.linear, cross(motion.angular, center)), base + linearAt);
      this.bodies.set(motion.angular, base + angularAt);
      this.position[d] = q[d];
      this.velocity[d] = rate[d];
    }
  }

  /** Hands the state to the engine; call before the first `step` after `place` or a change of the state. */
  begin(): void {
    const { bodies } = this;
    const v = this.#vector;
    const r = this.#quaternion;
    for (let i = 0, k = 0; i < this.#rigid.length; i++, k += stride) {
      const body = this.#rigid[i];
      body.setTranslation(load(bodies, k, v), false);
      r.x = bodies[k + rotationAt];
      r.y = bodies[k + rotationAt + 1];
      r.z = bodies[k + rotationAt + 2];
      r.w = bodies[k + rotationAt + 3];
      body.setRotation(r, false);
      body.setLinvel(load(bodies, k + linearAt, v), false);
      body.setAngvel(load(bodies, k + angularAt, v), false);
    }
    for (let d = 0; d < this.position.length; d++) {
      this.#ahead[d] = this.position[d] + this.velocity[d] * this.#lead;
      this.#turnAxis(d);
    }
    this.#hasBefore = false;
  }

  /** One step under the efforts [D], N m or N; `position` and `velocity` follow. */
  step(effort: Float64Array): void {
    const parts = this.#partsForLimits();
    if (parts === 0) {
      this.#integrate(effort, this.#timestep);
      this.#hasBefore = true;
    } else {
      this.#world.timestep = this.#timestep / parts;
      for (let i = 0; i < parts; i++) {
        this.#hasBefore = false;
        this.products.fill(Number.NaN);
        this.#integrate(effort, this.#timestep / parts);
      }
      this.products.fill(Number.NaN);
      this.#world.timestep = this.#timestep;
      this.#hasBefore = false;
    }
    for (let d = 0; d < this.position.length; d++)
      this.position[d] = this.#ahead[d] - this.velocity[d] * this.#lead;
  }

  /** World pose of every link as the engine holds it: at q + q̇ τ/2. */
  linkPoses(): Pose[] {
    return this.#skeleton.links.map(({ body, pose }) => {
      if (body < 0) return pose;
      const k = stride * body;
      const [x, y, z, rx, ry, rz, rw] = this.bodies.subarray(k, k + linearAt);
      return compose({ position: [x, y, z], rotation: [rx, ry, rz, rw] }, pose);
    });
  }

  /** Completes `bodies` after the last step. */
  end(): void {
    if (!this.#sliding) this.#fetch(true);
  }

  /**
   * 0 while no joint is about to hit its limit; else into how many parts the step is cut, so that the engine, which
   * sees a limit only when it is passed, sees it in time.
   */
  #partsForLimits(): number {
    const { coordinates } = this.#skeleton;
    let parts = 0;
    for (let d = 0; d < coordinates.length; d++) {
      const joint = coordinates[d];
      if (!hasLimit(joint)) continue;
      const rate = this.velocity[d];
      const soon = this.#ahead[d] + stepsAhead * rate * this.#timestep;
      if (soon < joint.upper + limitSlack && soon > joint.lower - limitSlack) continue;
      const run = 2 * Math.abs(rate) * this.#lead;
      parts = Math.max(parts, 1, Math.min(maxRefinement, Math.ceil(run / limitTolerance)));
    }
    return parts;
  }

  #integrate(effort: Float64Array, timestep: number): void {
    const { coordinates } = this.#skeleton;
    this.#wrench.fill(0);
    this.#straighten();
    for (let d = 0; d < coordinates.length; d++) {
      const joint = coordinates[d];
      const rate = this.velocity[d];
      const middle = this.#hasBefore ? 1.5 * rate - 0.5 * this.#before[d] : rate;
      this.#before[d] = rate;
      this.#drive(d, joint, effort[d] - joint.damping * middle);
      if (isWide(joint) && hasLimit(joint)) {
        const at = this.#ahead[d];
        this.#joints[d].setLimits(Math.max(joint.lower, at - window), Math.min(joint.upper, at + window));
      }
    }
    this.#apply();
    this.#world.step();
    this.#fetch(this.#sliding);
    for (let d = 0; d < coordinates.length; d++) {
      this.#turnAxis(d);
      const rate = this.#rate(d);
      this.velocity[d] = rate;
      this.#ahead[d] = this.#coordinate(d, this.#ahead[d] + rate * timestep);
    }
  }

  /** Adds what the projection onto the constraints loses. */
  #straighten(): void {
    const now = this.#productsNow;
    const { products: before, bodies, velocity } = this;
    this.#velocityProducts.compute(
      { bodies, stride, rotationAt, angularAt, axes: this.#axes, position: this.#ahead, velocity },
      now,
    );
    const parts = this.#skeleton.bodies;
    for (let i = 0; i < parts.length; i++) {
      const factor = (-parts[i].inertia.mass * this.#lead) / this.#timestep;
      for (let k = 0; k < 3; k++) {
        const change = now[3 * i + k] - before[3 * i + k];
        if (!Number.isNaN(change)) this.#wrench[6 * i + k] += factor * change;
      }
    }
    before.set(now);
  }

  /** Adds a joint's effort to the wrenches of its two bodies. */
  #drive(d: number, { prismatic, parent, child }: Coordinate, effort: number): void {
    const wrench = this.#wrench;
    const axes = this.#axes;
    const c = 6 * child;
    const p = 6 * parent;
    const part = prismatic ? 0 : 3;
    for (let k = 0; k < 3; k++) {
      wrench[c + part + k] += effort * axes[3 * d + k];
      if (parent >= 0) wrench[p + part + k] -= effort * axes[3 * d + k];
    }
    if (!prismatic) return;
    // The force and its reaction act at the child's frame.
    this.#addMoment(child, child, d, effort);
    if (parent >= 0) this.#addMoment(parent, child, d, -effort);
  }

  /** Torque on `body` of a force along joint `d`'s axis at the origin of `at`'s frame. */
  #addMoment(body: number, at: number, d: number, force: number): void {
    const [x, y, z] = this.#armTo(body, at);
    const k = 6 * body + 3;
    const ax = force * this.#axes[3 * d];
    const ay = force * this.#axes[3 * d + 1];
    const az = force * this.#axes[3 * d + 2];
    this.#wrench[k] += y * az - z * ay;
    this.#wrench[k + 1] += z * ax - x * az;
    this.#wrench[k + 2] += x * ay - y * ax;
  }

  /** From a body's centre of mass to the origin of another's frame, world axes. */
  #armTo(body: number, at: number): Float64Array {
    const { bodies } = this;
    const arm = this.#arm;
    turn(bodies, stride * body + rotationAt, this.#skeleton.bodies[body].inertia.center, arm, 0);
    for (let k = 0; k < 3; k++) arm[k] = bodies[stride * at + k] - bodies[stride * body + k] - arm[k];
    return arm;
  }

  #apply(): void {
    const wrench = this.#wrench;
    const v = this.#vector;
    for (let i = 0, k = 0; i < this.#rigid.length; i++, k += 6) {
      const body = this.#rigid[i];
      body.resetForces(false);
      body.addForce(load(wrench, k, v), false);
      body.resetTorques(false);
      body.addTorque(load(wrench, k + 3, v), false);
    }
  }

  #fetch(all: boolean): void {
    const { bodies } = this;
    const v = this.#vector;
    const r = this.#quaternion;
    for (let i = 0, k = 0; i < this.#rigid.length; i++, k += stride) {
      const body = this.#rigid[i];
      body.rotation(r);
      bodies[k + rotationAt] = r.x;
      bodies[k + rotationAt + 1] = r.y;
      bodies[k + rotationAt + 2] = r.z;
      bodies[k + rotationAt + 3] = r.w;
      store(bodies, k + angularAt, body.angvel(v));
      if (!all) continue;
      store(bodies, k, body.translation(v));
      store(bodies, k + linearAt, body.linvel(v));
    }
  }

  #turnAxis(d: number): void {
    const { child, axis } = this.#skeleton.coordinates[d];
    turn(this.bodies, stride * child + rotationAt, axis, this.#axes, 3 * d);
  }

  /** Rate of a coordinate from the velocities of its two bodies. */
  #rate(d: number): number {
    const { prismatic, parent, child } = this.#skeleton.coordinates[d];
    if (prismatic) return this.#speed(d, child, child) - (parent < 0 ? 0 : this.#speed(d, parent, child));
    const { bodies } = this;
    const c = stride * child + angularAt;
    const p = stride * parent + angularAt;
    let rate = 0;
    for (let k = 0; k < 3; k++)
      rate += this.#axes[3 * d + k] * (bodies[c + k] - (parent < 0 ? 0 : bodies[p + k]));
    return rate;
  }

  /** Speed along joint `d`'s axis of the point of `body` that is at the origin of `at`'s frame. */
  #speed(d: number, body: number, at: number): number {
    const { bodies } = this;
    const [x, y, z] = this.#armTo(body, at);
    const v = stride * body + linearAt;
    const w = stride * body + angularAt;
    return (
      this.#axes[3 * d] * (bodies[v] + bodies[w + 1] * z - bodies[w + 2] * y) +
      this.#axes[3 * d + 1] * (bodies[v + 1] + bodies[w + 2] * x - bodies[w] * z) +
      this.#axes[3 * d + 2] * (bodies[v + 2] + bodies[w] * y - bodies[w + 1] * x)
    );
  }

  /** A coordinate from the poses of its two bodies; of angles equal up to whole turns the nearest to `expected`. */
  #coordinate(d: number, expected: number): number {
    const { prismatic, parent, child, axis, anchor } = this.#skeleton.coordinates[d];
    const { bodies } = this;
    const c = stride * child;
    const p = stride * parent;
    if (prismatic) {
      const from = this.#arm;
      if (parent < 0) from.set(anchor);
      else {
        turn(bodies, p + rotationAt, anchor, from, 0);
        for (let k = 0; k < 3; k++) from[k] += bodies[p + k];
      }
      let along = 0;
      for (let k = 0; k < 3; k++) along += this.#axes[3 * d + k] * (bodies[c + k] - from[k]);
      return along;
    }
    const x = bodies[c + 3];
    const y = bodies[c + 4];
    const z = bodies[c + 5];
    const w = bodies[c + 6];
    let along = axis[0] * x + axis[1] * y + axis[2] * z;
    let real = w;
    if (parent >= 0) {
      // conj(parent) · child
      const px = bodies[p + 3];
      const py = bodies[p + 4];
      const pz = bodies[p + 5];
      const pw = bodies[p + 6];
      real = pw * w + px * x + py * y + pz * z;
      along =
        axis[0] * (pw * x - px * w - py * z + pz * y) +
        axis[1] * (pw * y + px * z - py * w - pz * x) +
        axis[2] * (pw * z - px * y + py * x - pz * w);
    }
    const angle = 2 * Math.atan2(along, real);
    return angle + 2 * Math.PI * Math.round((expected - angle) / (2 * Math.PI));
  }
}

/** How a body's frame is and moves. */
interface Motion {
  readonly position: Vec3;
  readonly rotation: Quat;
  /** Of the frame's origin. */
  readonly linear: Vec3;
  readonly angular: Vec3;
}

const still: Motion = {
  position: [0, 0, 0],
  rotation: [0, 0, 0, 1],
  linear: [0, 0, 0],
  angular: [0, 0, 0],
};

/** The motion of a joint's child from that of its parent. */
function moved(parent: Motion, joint: Coordinate, q: number, rate: number): Motion {
  const axis = rotate(parent.rotation, joint.axis);
  let arm = rotate(parent.rotation, joint.anchor);
  if (joint.prismatic) arm = add(arm, scale(axis, q));
  const position = add(parent.position, arm);
  const carried = add(parent.linear, cross(parent.angular, arm));
  if (joint.prismatic) return { ...parent, position, linear: add(carried, scale(axis, rate)) };
  return {
    position,
    rotation: quatMultiply(parent.rotation, axisAngle(joint.axis, q)),
    linear: carried,
    angular: add(parent.angular, scale(axis, rate)),
  };
}

function hasLimit({ lower, upper }: Coordinate): boolean {
  return lower > -Infinity || upper < Infinity;
}

/** A turning joint whose range the engine cannot tell from a smaller one. */
function isWide({ prismatic, lower, upper }: Coordinate): boolean {
  return !prismatic && upper - lower > 2 * Math.PI - 0.1;
}

/** An unlimited side as the engine's largest number. */
function finite(limit: number): number {
  return Math.max(-1e30, Math.min(1e30, limit));
}

function vector([x, y, z]: Vec3) {
  return { x, y, z };
}

function quaternion([x, y, z, w]: Quat) {
  return { x, y, z, w };
}

function load(from: Float32Array | Float64Array, k: number, out: { x: number; y: number; z: number }) {
  out.x = from[k];
  out.y = from[k + 1];
  out.z = from[k + 2];
  return out;
}

function store(into: Float32Array, k: number, from: { x: number; y: number; z: number }): void {
  into[k] = from.x;
  into[k + 1] = from.y;
  into[k + 2] = from.z;
}
