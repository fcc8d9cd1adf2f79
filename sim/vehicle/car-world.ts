import type { RobotModel } from '../../src/core/robot.ts';
import type { WorldSpec } from '../../src/core/task.ts';
import type { Rapier } from '../rapier.ts';
import { type CarState, contactCapacity, contactSize } from './car-state.ts';
import { colliderOf, shapeRadius } from './colliders.ts';
import type { VehicleLayout } from './layout.ts';
import { Tyres } from './tyres.ts';

type World = InstanceType<Rapier['World']>;
type Collider = InstanceType<Rapier['Collider']>;
type Controller = ReturnType<World['createVehicleController']>;
type Body = ReturnType<World['createRigidBody']>;

/** What a collider belongs to: a link, or a body of the world (links first), or −1 for the ground. */
interface Owner {
  readonly collider: Collider;
  readonly frame: number;
}

const defaultSurface = { friction: 1, restitution: 0 };

/**
 * The chassis among the world's fixed bodies in Rapier. Contact caches, broad phase and the vehicle controller are made
 * anew in every control period, from the state alone: what Rapier keeps between steps and no snapshot holds can then not
 * make a continued run differ from a restored one. Bodies out of reach are left out.
 */
export class CarWorld {
  readonly #rapier: Rapier;
  readonly #robot: RobotModel;
  readonly #spec: WorldSpec;
  readonly #layout: VehicleLayout;
  readonly #timestep: number;
  readonly #iterations: number;
  readonly #ground: number;
  readonly #gravity: readonly [number, number, number];
  readonly #loads: readonly number[];
  readonly #tyres: Tyres;
  /** Radius of each body and of the car about their frames. */
  readonly #radii: readonly number[];
  readonly #radius: number;
  #world: World | null = null;
  #body!: Body;
  #controller!: Controller;
  #own: Owner[] = [];
  #others: Owner[] = [];
  /** For Rapier's getters. */
  readonly #vector: { x: number; y: number; z: number };
  readonly #rotation: { x: number; y: number; z: number; w: number };
  /** Velocity before the step's contacts, and the force that they are. */
  readonly #before = new Float64Array(3);
  readonly #rest = new Float64Array(3);

  constructor(
    rapier: Rapier,
    robot: RobotModel,
    spec: WorldSpec,
    layout: VehicleLayout,
    options: {
      timestep: number;
      iterations: number;
      gravity: readonly [number, number, number];
      /** Share of the weight that each wheel carries at rest. */
      loads: readonly number[];
    },
  ) {
    this.#rapier = rapier;
    this.#robot = robot;
    this.#spec = spec;
    this.#layout = layout;
    this.#timestep = options.timestep;
    this.#iterations = options.iterations;
    this.#gravity = options.gravity;
    this.#loads = options.loads;
    this.#ground = spec.ground?.height ?? 0;
    this.#tyres = new Tyres(layout, options.timestep);
    const reach = (shapes: RobotModel['links'][number]['collisions']) =>
      shapes.reduce(
        (most, { geometry, pose }) => Math.max(most, Math.hypot(...pose.position) + shapeRadius(geometry)),
        0,
      );
    this.#radii = (spec.bodies ?? []).map(({ shapes }) => reach(shapes));
    this.#radius = robot.links.reduce((most, link, i) => {
      const pose = layout.attached[i];
      return pose ? Math.max(most, Math.hypot(...pose.position) + reach(link.collisions)) : most;
    }, 0);
    this.#vector = new rapier.Vector3(0, 0, 0);
    this.#rotation = new rapier.Quaternion(0, 0, 0, 1);
  }

  /** Builds the world as `state` has it, for steps over `period` seconds. */
  begin(state: CarState, period: number): void {
    this.end();
    const { World, RigidBodyDesc, ColliderDesc, HalfSpace } = this.#rapier;
    const [gx, gy, gz] = this.#gravity;
    const world = new World({ x: gx, y: gy, z: gz });
    this.#world = world;
    world.timestep = this.#timestep;
    // One sub-step: more would take gravity in parts, while the wheels' impulses come at once.
    world.numSolverIterations = 1;
    world.numInternalPgsIterations = this.#iterations;
    world.maxCcdSubsteps = 0;
    this.#own = [];
    this.#others = [];
    const rub = state.physics[0];
    const surface = ({ friction, restitution } = defaultSurface) => ({
      friction: friction * rub,
      restitution,
    });

    const ground = new ColliderDesc(new HalfSpace({ x: 0, y: 0, z: 1 }))
      .setTranslation(0, 0, this.#ground)
      .setFriction(surface(this.#spec.ground?.surface).friction)
      .setFrictionCombineRule(this.#rapier.CoefficientCombineRule.Max)
      .setRestitution(surface(this.#spec.ground?.surface).restitution)
      .setRestitutionCombineRule(this.#rapier.CoefficientCombineRule.Max);
    this.#others.push({ collider: world.createCollider(ground), frame: -1 });
    const { vehicle, wheels } = this.#layout;
    const [px, py, pz, qx, qy, qz, qw] = state.pose;
    const [vx, vy, vz, wx, wy, wz] = state.motion;
    const speed = Math.hypot(vx, vy, vz) + Math.max(vehicle.maxAcceleration, 10) * period;
    const far = this.#radius + speed * period + 0.1;
    for (const [b, body] of (this.#spec.bodies ?? []).entries()) {
      const [bx, by, bz, bi, bj, bk, bw] = state.bodies.subarray(7 * b, 7 * b + 7);
      if (Math.hypot(bx - px, by - py, bz - pz) > far + this.#radii[b]) continue;
      const frame = { position: [bx, by, bz], rotation: [bi, bj, bk, bw] } as const;
      for (const shape of body.shapes) {
        const desc = colliderOf(this.#rapier, shape, frame, surface(body.surface));
        if (desc)
          this.#others.push({ collider: world.createCollider(desc), frame: this.#robot.links.length + b });
      }
    }
    // Rays see only what a step has sorted in; nothing moves yet.
    world.step();

    const [mass, cx, cy, cz, ix, iy, iz, ai, aj, ak, aw] = state.inertia;
    const body = world.createRigidBody(
      RigidBodyDesc.dynamic()
        .setTranslation(px, py, pz)
        .setRotation({ x: qx, y: qy, z: qz, w: qw })
        .setLinvel(vx, vy, vz)
        .setAngvel({ x: wx, y: wy, z: wz })
        .setCanSleep(false)
        .setAdditionalMassProperties(
          mass,
          { x: cx, y: cy, z: cz },
          { x: ix, y: iy, z: iz },
          { x: ai, y: aj, z: ak, w: aw },
        ),
    );
    this.#body = body;
    for (const [l, link] of this.#robot.links.entries()) {
      const pose = this.#layout.attached[l];
      if (!pose) continue;
      for (const shape of link.collisions) {
        const desc = colliderOf(this.#rapier, shape, pose, surface(link.surface));
        if (desc) this.#own.push({ collider: world.createCollider(desc, body), frame: l });
      }
    }
    // Impulses before the first step would find no mass else.
    body.recomputeMassPropertiesFromColliders();
    this.#controller = this.#makeController(world, body, wheels, mass);
  }

  #makeController(world: World, body: Body, wheels: VehicleLayout['wheels'], mass: number): Controller {
    const { stiffness, damping, restLength, travel } = this.#layout.vehicle.suspension;
    const controller = world.createVehicleController(body);
    controller.indexUpAxis = 2;
    controller.setIndexForwardAxis = 0;
    for (const [i, { center, radius }] of wheels.entries()) {
      // The spring's length under the car's own weight puts the wheel where the URDF has it.
      const length = restLength - (this.#loads[i] * -this.#gravity[2]) / stiffness;
      controller.addWheel(
        { x: center[0], y: center[1], z: center[2] + length },
        { x: 0, y: 0, z: -1 },
        { x: 0, y: -1, z: 0 },
        restLength,
        radius,
      );
      controller.setWheelSuspensionStiffness(i, stiffness);
      controller.setWheelSuspensionCompression(i, damping);
      controller.setWheelSuspensionRelaxation(i, damping);
      controller.setWheelMaxSuspensionTravel(i, travel);
      controller.setWheelMaxSuspensionForce(i, 100 * mass * -this.#gravity[2]);
    }
    return controller;
  }

  /** One step under a wanted acceleration, m/s²; the state gets the new pose, motion, loads and contacts. */
  step(state: CarState, acceleration: number): void {
    const world = this.#world as World;
    const { pose, motion, wheels } = state;
    const controller = this.#controller;
    const [qx, qy, qz, qw] = [pose[3], pose[4], pose[5], pose[6]];
    const forward =
      (1 - 2 * (qy * qy + qz * qz)) * motion[0] +
      2 * (qx * qy + qw * qz) * motion[1] +
      2 * (qx * qz - qw * qy) * motion[2];
    const height = pose[2] - this.#ground;
    this.#tyres.update(state, acceleration, forward, motion[5], height);
    const { commands } = this.#tyres;
    for (let i = 0; i < commands.length; i++) {
      const { steering, force, stiffness, slip } = commands[i];
      controller.setWheelSteering(i, steering);
      controller.setWheelEngineForce(i, force);
      controller.setWheelSideFrictionStiffness(i, stiffness);
      controller.setWheelFrictionSlip(i, slip);
    }
    controller.updateVehicle(this.#timestep);
    for (let i = 0; i < commands.length; i++) wheels[3 * i + 2] = controller.wheelSuspensionForce(i) ?? 0;
    const before = this.#body.linvel(this.#vector);
    this.#before[0] = before.x;
    this.#before[1] = before.y;
    this.#before[2] = before.z;
    world.step();
    const position = this.#body.translation(this.#vector);
    pose[0] = position.x;
    pose[1] = position.y;
    pose[2] = position.z;
    const rotation = this.#body.rotation(this.#rotation);
    pose[3] = rotation.x;
    pose[4] = rotation.y;
    pose[5] = rotation.z;
    pose[6] = rotation.w;
    const linear = this.#body.linvel(this.#vector);
    motion[0] = linear.x;
    motion[1] = linear.y;
    motion[2] = linear.z;
    const angular = this.#body.angvel(this.#vector);
    motion[3] = angular.x;
    motion[4] = angular.y;
    motion[5] = angular.z;
    this.#recordContacts(state);
  }

  /** Frees what `begin` built. */
  end(): void {
    this.#world?.free();
    this.#world = null;
  }

  /**
   * What touches the chassis, one entry a pair of colliders. Rapier tells impulses along the normals; what else changed
   * the chassis' momentum is friction, shared out by the normal impulses.
   */
  #recordContacts(state: CarState): void {
    state.counts[1] = 0;
    const { contacts, motion, inertia } = state;
    const mass = inertia[0];
    let total = 0;
    const rest = this.#rest;
    for (let k = 0; k < 3; k++)
      rest[k] = mass * ((motion[k] - this.#before[k]) / this.#timestep - this.#gravity[k]);
    // Less is rounding: nothing pushes.
    if (Math.hypot(rest[0], rest[1], rest[2]) < 1e-2) return;
    for (const own of this.#own) {
      for (const other of this.#others) {
        this.#world?.contactPair(own.collider, other.collider, (manifold, flipped) => {
          const n = state.counts[1];
          if (n === contactCapacity || manifold.numContacts() === 0) return;
          let impulse = 0;
          let gap = Infinity;
          for (let i = 0; i < manifold.numContacts(); i++) {
            impulse += manifold.contactImpulse(i);
            gap = Math.min(gap, manifold.contactDist(i));
          }
          if (impulse === 0 && gap > 0) return;
          const normal = manifold.normal();
          // From the chassis to what it touches.
          const sign = flipped ? -1 : 1;
          const force = impulse / this.#timestep;
          const at = n * contactSize;
          contacts[at] = own.frame;
          contacts[at + 1] = other.frame;
          const point = manifold.numSolverContacts() > 0 ? manifold.solverContactPoint(0) : null;
          contacts[at + 2] = point?.x ?? state.pose[0];
          contacts[at + 3] = point?.y ?? state.pose[1];
          contacts[at + 4] = point?.z ?? state.pose[2];
          const push = [normal.x, normal.y, normal.z].map((value) => sign * force * value);
          for (let k = 0; k < 3; k++) {
            contacts[at + 5 + k] = push[k];
            rest[k] += push[k];
          }
          contacts[at + 8] = gap;
          total += force;
          state.counts[1] = n + 1;
        });
      }
    }
    if (total === 0) return;
    for (let n = 0; n < state.counts[1]; n++) {
      const at = n * contactSize;
      const share = Math.hypot(contacts[at + 5], contacts[at + 6], contacts[at + 7]) / total;
      for (let k = 0; k < 3; k++) contacts[at + 5 + k] -= share * rest[k];
    }
  }
}
