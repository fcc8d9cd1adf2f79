import type { PrismaticImpulseJoint, RevoluteImpulseJoint, RigidBody, World } from '@dimforge/rapier3d';
import { add, axisAngle, cross, quatMultiply, rotate, scale } from '../src/core/linalg.ts';
import type { Quat, RobotModel, Vec3 } from '../src/core/robot.ts';
import type { Rapier } from './rapier.ts';
import { type Coordinate, type Skeleton, skeletonOf } from './skeleton.ts';

/** float32 values a body: position, rotation, velocity of the centre of mass, angular velocity. */
const stride = 13;
const rotationAt = 3;
const linearAt = 7;
const angularAt = 10;

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
 * Between calls the whole state is in `bodies` (float32, the engine's own numbers) and `position`. `begin` hands it to
 * the engine, so that what follows depends on nothing else.
 */
export class Articulation {
  /** [bodies × 13] */
  readonly bodies: Float32Array;
  /** Unwrapped coordinates [D], rad or m. */
  readonly position: Float64Array;
  /** [D], rad/s or m/s */
  readonly velocity: Float64Array;
  readonly #skeleton: Skeleton;
  readonly #world: World;
  readonly #timestep: number;
  readonly #rigid: readonly RigidBody[];
  /** Whether positions and linear velocities are needed in every step. */
  readonly #sliding: boolean;
  /** Net force, and torque about the centre of mass, on each body [bodies × 6]. */
  readonly #wrench: Float64Array;
  readonly #vector = { x: 0, y: 0, z: 0 };
  readonly #quaternion = { x: 0, y: 0, z: 0, w: 1 };
  readonly #a = new Float64Array(3);
  readonly #b = new Float64Array(3);
  readonly #c = new Float64Array(3);

  constructor(rapier: Rapier, robot: RobotModel, { gravity, timestep, iterations }: ArticulationOptions) {
    const skeleton = skeletonOf(robot);
    const world = new rapier.World(vector(gravity));
    live++;
    world.timestep = timestep;
    world.numSolverIterations = iterations;
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
    for (const joint of skeleton.coordinates) {
      const data = rapier.JointData[joint.prismatic ? 'prismatic' : 'revolute'](
        vector(joint.anchor),
        vector([0, 0, 0]),
        vector(joint.axis),
      );
      const parent = joint.parent < 0 ? ground : rigid[joint.parent];
      const made = world.createImpulseJoint(data, parent, rigid[joint.child], true);
      if (Number.isFinite(joint.upper - joint.lower))
        (made as PrismaticImpulseJoint | RevoluteImpulseJoint).setLimits(
          joint.lower - joint.center,
          joint.upper - joint.center,
        );
    }
    this.#skeleton = skeleton;
    this.#world = world;
    this.#timestep = timestep;
    this.#rigid = rigid;
    this.#sliding = skeleton.coordinates.some(({ prismatic }) => prismatic);
    this.#wrench = new Float64Array(6 * rigid.length);
    this.bodies = new Float32Array(stride * rigid.length);
    this.position = new Float64Array(skeleton.coordinates.length);
    this.velocity = new Float64Array(skeleton.coordinates.length);
    this.place(this.position, this.velocity);
  }

  /** Frees the world; may be called once. */
  free(): void {
    this.#world.free();
    live--;
  }

  /** Puts the robot at coordinates q [D] with rates q̇ [D]. */
  place(q: ArrayLike<number>, rate: ArrayLike<number>): void {
    interface Motion {
      position: Vec3;
      rotation: Quat;
      /** Of the frame's origin. */
      linear: Vec3;
      angular: Vec3;
    }
    const world: Motion = {
      position: [0, 0, 0],
      rotation: [0, 0, 0, 1],
      linear: [0, 0, 0],
      angular: [0, 0, 0],
    };
    const motions: Motion[] = [];
    for (const [d, joint] of this.#skeleton.coordinates.entries()) {
      const parent = joint.parent < 0 ? world : motions[joint.parent];
      const axis = rotate(parent.rotation, joint.axis);
      const slide = joint.prismatic ? scale(axis, q[d]) : ([0, 0, 0] as const);
      const arm = add(rotate(parent.rotation, joint.anchor), slide);
      const linear = add(parent.linear, cross(parent.angular, arm));
      const motion = joint.prismatic
        ? { ...parent, position: add(parent.position, arm), linear: add(linear, scale(axis, rate[d])) }
        : {
            position: add(parent.position, arm),
            rotation: quatMultiply(parent.rotation, axisAngle(joint.axis, q[d] - joint.center)),
            linear,
            angular: add(parent.angular, scale(axis, rate[d])),
          };
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

  /** Hands the state to the engine; call before the first `step` after a change of it. */
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
    this.refresh();
  }

  /** Derives `velocity` from `bodies`. */
  refresh(): void {
    for (let d = 0; d < this.velocity.length; d++)
      this.velocity[d] = this.#rate(this.#skeleton.coordinates[d]);
  }

  /** One step under the efforts [D], N m or N; `position` and `velocity` follow. */
  step(effort: Float64Array): void {
    const { coordinates } = this.#skeleton;
    this.#wrench.fill(0);
    for (let d = 0; d < coordinates.length; d++)
      this.#drive(coordinates[d], effort[d] - coordinates[d].damping * this.velocity[d]);
    this.#apply();
    this.#world.step();
    this.#fetch(this.#sliding);
    for (let d = 0; d < coordinates.length; d++) {
      const rate = this.#rate(coordinates[d]);
      const expected = this.position[d] + rate * this.#timestep;
      this.velocity[d] = rate;
      this.position[d] = this.#coordinate(coordinates[d], expected);
    }
  }

  /** Completes `bodies` after the last step. */
  end(): void {
    if (!this.#sliding) this.#fetch(true);
  }

  /** Adds a joint's effort to the wrenches of its two bodies. */
  #drive({ prismatic, parent, child, axis }: Coordinate, effort: number): void {
    const { bodies } = this;
    const wrench = this.#wrench;
    const a = turn(bodies, stride * child + rotationAt, axis, this.#a);
    const c = 6 * child;
    const p = 6 * parent;
    if (!prismatic) {
      for (let k = 0; k < 3; k++) {
        wrench[c + 3 + k] += effort * a[k];
        if (parent >= 0) wrench[p + 3 + k] -= effort * a[k];
      }
      return;
    }
    // A force along the axis at the child's frame, its reaction on the parent at the same point.
    const arm = turn(
      bodies,
      stride * child + rotationAt,
      this.#skeleton.bodies[child].inertia.center,
      this.#b,
    );
    for (let k = 0; k < 3; k++) wrench[c + k] += effort * a[k];
    addCross(wrench, c + 3, arm, a, -effort);
    if (parent < 0) return;
    const other = turn(
      bodies,
      stride * parent + rotationAt,
      this.#skeleton.bodies[parent].inertia.center,
      this.#b,
    );
    for (let k = 0; k < 3; k++) {
      wrench[p + k] -= effort * a[k];
      other[k] = bodies[stride * child + k] - bodies[stride * parent + k] - other[k];
    }
    addCross(wrench, p + 3, other, a, -effort);
  }

  #apply(): void {
    const wrench = this.#wrench;
    const v = this.#vector;
    for (let i = 0, k = 0; i < this.#rigid.length; i++, k += 6) {
      const body = this.#rigid[i];
      if (this.#sliding) {
        body.resetForces(false);
        body.addForce(load(wrench, k, v), false);
      }
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

  /** Rate of a coordinate from the two bodies' velocities. */
  #rate({ prismatic, parent, child, axis }: Coordinate): number {
    const { bodies } = this;
    const kc = stride * child;
    const kp = stride * parent;
    const a = turn(bodies, kc + rotationAt, axis, this.#a);
    const from = prismatic ? linearAt : angularAt;
    let rate = 0;
    for (let k = 0; k < 3; k++)
      rate += a[k] * (bodies[kc + from + k] - (parent < 0 ? 0 : bodies[kp + from + k]));
    if (!prismatic) return rate;
    // Both at the child's frame: v = v_com + ω × (x − x_com).
    const arm = turn(bodies, kc + rotationAt, this.#skeleton.bodies[child].inertia.center, this.#b);
    rate -= tripleProduct(bodies, kc + angularAt, arm, a);
    if (parent < 0) return rate;
    const other = turn(bodies, kp + rotationAt, this.#skeleton.bodies[parent].inertia.center, this.#c);
    for (let k = 0; k < 3; k++) other[k] = bodies[kc + k] - bodies[kp + k] - other[k];
    return rate - tripleProduct(bodies, kp + angularAt, other, a);
  }

  /** A coordinate from the two bodies' poses; of the angles equal up to whole turns, the one nearest to `expected`. */
  #coordinate({ prismatic, parent, child, axis, anchor, center }: Coordinate, expected: number): number {
    const { bodies } = this;
    const kc = stride * child;
    const kp = stride * parent;
    if (prismatic) {
      const a = turn(bodies, kc + rotationAt, axis, this.#a);
      const at = this.#b;
      if (parent < 0) at.set(anchor);
      else {
        turn(bodies, kp + rotationAt, anchor, at);
        for (let k = 0; k < 3; k++) at[k] += bodies[kp + k];
      }
      return a[0] * (bodies[kc] - at[0]) + a[1] * (bodies[kc + 1] - at[1]) + a[2] * (bodies[kc + 2] - at[2]);
    }
    const x = bodies[kc + 3];
    const y = bodies[kc + 4];
    const z = bodies[kc + 5];
    const w = bodies[kc + 6];
    let along = axis[0] * x + axis[1] * y + axis[2] * z;
    let real = w;
    if (parent >= 0) {
      // conj(parent) · child, its vector part along the axis.
      const px = bodies[kp + 3];
      const py = bodies[kp + 4];
      const pz = bodies[kp + 5];
      const pw = bodies[kp + 6];
      real = pw * w + px * x + py * y + pz * z;
      along =
        axis[0] * (pw * x - px * w - py * z + pz * y) +
        axis[1] * (pw * y + px * z - py * w - pz * x) +
        axis[2] * (pw * z - px * y + py * x - pz * w);
    }
    const angle = center + 2 * Math.atan2(along, real);
    return angle + 2 * Math.PI * Math.round((expected - angle) / (2 * Math.PI));
  }
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

/** `v` turned by the quaternion at `q[k]`. */
function turn(q: Float32Array, k: number, v: Vec3, out: Float64Array): Float64Array {
  const x = q[k];
  const y = q[k + 1];
  const z = q[k + 2];
  const w = q[k + 3];
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  out[0] = v[0] + w * tx + y * tz - z * ty;
  out[1] = v[1] + w * ty + z * tx - x * tz;
  out[2] = v[2] + w * tz + x * ty - y * tx;
  return out;
}

/** out[k …] += s · (u × v) */
function addCross(out: Float64Array, k: number, u: Float64Array, v: Float64Array, s: number): void {
  out[k] += s * (u[1] * v[2] - u[2] * v[1]);
  out[k + 1] += s * (u[2] * v[0] - u[0] * v[2]);
  out[k + 2] += s * (u[0] * v[1] - u[1] * v[0]);
}

/** a · (ω × arm), ω at `from[k]`, with arm from the centre of mass to the point. */
function tripleProduct(from: Float32Array, k: number, arm: Float64Array, a: Float64Array): number {
  const x = from[k];
  const y = from[k + 1];
  const z = from[k + 2];
  return (
    a[0] * (y * arm[2] - z * arm[1]) + a[1] * (z * arm[0] - x * arm[2]) + a[2] * (x * arm[1] - y * arm[0])
  );
}
