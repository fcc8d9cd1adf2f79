import { channel } from '../../src/core/channel.ts';
import { checkWorld } from '../../src/core/check-world.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Lifecycle, StopReport } from '../../src/core/lifecycle.ts';
import { fromRollPitchYaw, rotate } from '../../src/core/linalg.ts';
import type { Contact, EpisodeStart, PlantSpec, PoseListener, SimulatedPlant } from '../../src/core/plant.ts';
import type { RobotModel, Vec3 } from '../../src/core/robot.ts';
import { box, clampToBox } from '../../src/core/space.ts';
import type { WorldSpec } from '../../src/core/task.ts';
import { combineInertials, Kinematics, principalInertia } from '../../src/robot/index.ts';
import { checkLatency, longestLatency } from '../dynamics/command-queue.ts';
import { Variation } from '../dynamics/variation.ts';
import { checkPlaces, placeOf } from '../places.ts';
import type { Rapier } from '../rapier.ts';
import { SensorSuite } from '../sensors/index.ts';
import { CarProbe } from './car-probe.ts';
import { CarState, contactSize } from './car-state.ts';
import { CarWorld } from './car-world.ts';
import { ackermann, middleAngle, restingLoads, type VehicleLayout, vehicleLayout } from './layout.ts';

export interface VehiclePlantOptions {
  readonly robot: RobotModel;
  /** s; how far `advance` goes. */
  readonly controlPeriod: number;
  /** Bodies must be fixed ones. The ground lies at height 0 unless the world says otherwise. */
  readonly world?: WorldSpec;
  /** Largest step, s; the control period is divided evenly. Default: the robot's own. */
  readonly timestep?: number;
  /** Iterations of Rapier's solver per step. Default: the robot's own. */
  readonly iterations?: number;
}

const earth = [0, 0, -9.81] as const;

/**
 * A car on Rapier's ray-cast vehicle. A command is [steering angle, rad, acceleration, m/s²], held over the control
 * period: the steering servo turns a wheel in the middle of the steered axle towards the angle (the wheels themselves
 * by Ackermann) at its limited rate; the acceleration is against the motion limited by `maxBraking` and spread over all
 * wheels, else by `maxAcceleration` over the driven ones, and by `maxSpeed`; the tyres limit both.
 *
 * Channels: `pose` (x, y, unwrapped yaw of the chassis), `velocity` (forwards, left, in the chassis' heading),
 * `yaw_rate`, `steering`, then the sensors'. Contacts are those of the chassis; wheels stand on rays.
 */
export class VehiclePlant implements SimulatedPlant {
  readonly spec: PlantSpec;
  readonly #robot: RobotModel;
  readonly #layout: VehicleLayout;
  readonly #world: WorldSpec;
  readonly #controlPeriod: number;
  readonly #substeps: number;
  readonly #state: CarState;
  readonly #simulation: CarWorld;
  readonly #sensors: SensorSuite;
  readonly #variation: Variation;
  readonly #loads: readonly number[];
  readonly #coordinates: Float64Array;
  #lifecycle: Lifecycle = 'inactive';
  /** Since it was stopped nothing was commanded. */
  #stopping = false;
  #listener: PoseListener | undefined;
  #rate = 60;

  constructor(rapier: Rapier, options: VehiclePlantOptions) {
    const { robot, controlPeriod, timestep = robot.simulation.timestep } = options;
    const world: WorldSpec = { ...options.world, ground: options.world?.ground ?? { height: 0 } };
    if (!(controlPeriod > 0 && timestep > 0))
      throw new InputError(`control period ${controlPeriod} s and time step ${timestep} s must be above 0`);
    checkWorld(world, robot);
    const free = world.bodies?.find(({ kind }) => kind === 'free');
    if (free)
      throw new InputError(`body ${free.name}: the world of a car holds fixed bodies only; make it fixed`);
    const layout = vehicleLayout(robot);
    this.#robot = robot;
    this.#layout = layout;
    this.#world = world;
    this.#controlPeriod = controlPeriod;
    // The small slack keeps 0.1 / 0.005 at 20.
    this.#substeps = Math.max(1, Math.ceil(controlPeriod / timestep - 1e-9));
    const step = controlPeriod / this.#substeps;
    const gravity = world.gravity ?? earth;
    const { maxSteer, maxAcceleration, maxBraking } = layout.vehicle;
    const strongest = Math.max(maxAcceleration, maxBraking);
    const wheels = layout.wheels.length;
    const periods = 1 + Math.ceil(longestLatency / controlPeriod);
    this.#state = new CarState(wheels, world.bodies?.length ?? 0, periods);
    this.#coordinates = new Float64Array(robot.movable.length);
    this.#variation = new Variation(robot.links.map(({ name }) => name));
    this.#writeInertia();
    this.#loads = restingLoads(layout, this.#state.inertia[1]);
    this.#simulation = new CarWorld(rapier, robot, world, layout, {
      timestep: step,
      iterations: options.iterations ?? robot.simulation.iterations,
      gravity,
      loads: this.#loads,
    });
    const own = [
      channel('pose', 'm, m, rad', { kind: 'pose2', size: 3 }),
      channel('velocity', 'm/s', { size: 2 }),
      channel('yaw_rate', 'rad/s'),
      channel('steering', 'rad', { low: -maxSteer, high: maxSteer }),
    ];
    this.#place({ position: robot.home, velocity: robot.home.map(() => 0) });
    const probe = new CarProbe({
      robot,
      world,
      layout,
      gravity,
      timestep: step,
      channels: own,
      state: this.#state,
      coordinates: () => this.#writeCoordinates(),
    });
    this.#sensors = new SensorSuite([...robot.sensors, ...(world.sensors ?? [])], probe, controlPeriod);
    this.spec = {
      robot,
      channels: [...own, ...this.#sensors.channels],
      command: box([-maxSteer, -strongest], [maxSteer, strongest]),
    };
    this.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Time since the reset, s. */
  get time(): number {
    return this.#state.counts[0] * this.#controlPeriod;
  }

  reset(start: EpisodeStart): void {
    this.#alive();
    this.#place(start);
    this.#sensors.reset(start.noise);
    this.#lifecycle = 'active';
    this.#stopping = false;
  }

  #place({ position, velocity, bodies = {}, physics = {} }: EpisodeStart): void {
    const robot = this.#robot;
    const size = robot.movable.length;
    for (const values of [position, velocity])
      if (values.length !== size || !values.every(Number.isFinite))
        throw new InputError(
          `a state of ${robot.name} needs ${size} finite positions and velocities, got [${values.join(', ')}]`,
        );
    const latency = (robot.simulation.latency ?? 0) + (physics.latency ?? 0);
    checkLatency(latency);
    checkPlaces(bodies, this.#world.bodies ?? []);
    this.#variation.set(physics);
    for (const key of ['jointFriction', 'jointDamping'] as const)
      if ((physics[key] ?? 1) !== 1)
        throw new InputError(
          `physics.${key} ${physics[key]}: a car's wheels and steering have none; vary contactFriction, gain, mass or latency`,
        );
    const state = this.#state;
    state.all.fill(0);
    this.#placeBodies(bodies);
    this.#writeInertia();
    state.physics[0] = this.#variation.contactFriction;
    state.physics[1] = this.#variation.gain;
    state.physics[2] = Math.round((latency * this.#substeps) / this.#controlPeriod);
    this.#placeChassis(position, velocity);

    const { wheels, vehicle } = this.#layout;
    const steered = wheels.find(({ steer }) => steer >= 0) ?? wheels[0];
    const angle = middleAngle(this.#layout, steered.center, position[steered.steer]);
    state.angles[1] = Math.max(-vehicle.maxSteer, Math.min(vehicle.maxSteer, angle));
    const gravity = this.#world.gravity ?? earth;
    for (const [i, { spin }] of wheels.entries()) {
      state.wheels[3 * i] = position[spin];
      state.wheels[3 * i + 1] = velocity[spin];
      state.wheels[3 * i + 2] = this.#loads[i] * state.inertia[0] * Math.max(0, -gravity[2]);
    }
  }

  #placeChassis(position: ArrayLike<number>, velocity: ArrayLike<number>): void {
    const { pose, motion, angles, inertia } = this.#state;
    const [x, y, z, yaw, pitch, roll] = this.#layout.base.map((d) => position[d]);
    const [vx, vy, vz, yawRate, pitchRate, rollRate] = this.#layout.base.map((d) => velocity[d]);
    const rotation = fromRollPitchYaw(roll, pitch, yaw);
    for (const [k, value] of [x, y, z, ...rotation].entries()) pose[k] = Math.fround(value);
    const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
    const turning: Vec3 = [
      -s * pitchRate + c * Math.cos(pitch) * rollRate,
      c * pitchRate + s * Math.cos(pitch) * rollRate,
      yawRate - Math.sin(pitch) * rollRate,
    ];
    const arm = rotate(rotation, [inertia[1], inertia[2], inertia[3]]);
    const linear = [
      vx + turning[1] * arm[2] - turning[2] * arm[1],
      vy + turning[2] * arm[0] - turning[0] * arm[2],
      vz + turning[0] * arm[1] - turning[1] * arm[0],
    ];
    for (const [k, value] of [...linear, ...turning].entries()) motion[k] = Math.fround(value);
    angles[0] = yaw;
  }

  #placeBodies(places: NonNullable<EpisodeStart['bodies']>): void {
    for (const [b, body] of (this.#world.bodies ?? []).entries()) {
      const { position, rotation } = placeOf(body, places);
      this.#state.bodies.set([...position, ...rotation], 7 * b);
    }
  }

  #writeInertia(): void {
    const robot = this.#robot;
    const poses = new Kinematics(robot).linkPoses(new Float64Array(robot.movable.length));
    const parts = robot.links.flatMap(({ inertial }, l) => {
      if (!inertial) return [];
      const factor = this.#variation.mass(l);
      const scaled = {
        mass: inertial.mass * factor,
        pose: inertial.pose,
        inertia: inertial.inertia.map((value) => value * factor) as unknown as typeof inertial.inertia,
      };
      return [{ inertial: scaled, pose: poses[l] }];
    });
    const whole = combineInertials(parts);
    if (!whole) throw new InputError(`robot ${robot.name}: a car needs mass; give its links <inertial>`);
    const { mass, center, moments, axes } = principalInertia(whole);
    this.#state.inertia.set([mass, ...center, ...moments, ...axes]);
  }

  read(out: Float32Array): number {
    this.#alive();
    const { pose, motion, angles, inertia } = this.#state;
    const c = Math.cos(angles[0]);
    const s = Math.sin(angles[0]);
    const center = rotate([pose[3], pose[4], pose[5], pose[6]], [inertia[1], inertia[2], inertia[3]]);
    const vx = motion[0] - motion[4] * center[2] + motion[5] * center[1];
    const vy = motion[1] - motion[5] * center[0] + motion[3] * center[2];
    out[0] = pose[0];
    out[1] = pose[1];
    out[2] = angles[0];
    out[3] = c * vx + s * vy;
    out[4] = c * vy - s * vx;
    out[5] = motion[5];
    out[6] = angles[1];
    this.#sensors.read(out);
    return this.time;
  }

  write(command: Float32Array): void {
    this.#alive();
    if (command.length !== 2)
      throw new RangeError(
        `a command of ${this.#robot.name} is [steering angle, acceleration], got ${command.length} values`,
      );
    const held = Float32Array.from(command);
    clampToBox(this.spec.command, held);
    this.#state.commands[0] = held[0];
    this.#state.commands[1] = held[1];
    this.#stopping = false;
  }

  advance(): void {
    this.#alive();
    const state = this.#state;
    const step = this.#controlPeriod / this.#substeps;
    if (this.#stopping) this.#brake();
    this.#simulation.begin(state, this.#controlPeriod);
    for (let k = 0; k < this.#substeps; k++) {
      const age = Math.max(0, Math.ceil((state.physics[2] - k) / this.#substeps));
      this.#steer(state.commands[2 * age], step);
      this.#simulation.step(state, state.commands[2 * age + 1]);
      this.#follow(step);
      if (!state.pose.every(Number.isFinite))
        throw new InputError(
          `the simulation of ${this.#robot.name} diverged at ${this.time.toFixed(3)} s; give robot.json a smaller sim.timestep or softer suspension`,
        );
      this.#sensors.sample();
      if (this.#listener) this.#show(k + 1);
    }
    this.#simulation.end();
    state.counts[0]++;
    // What was written stays in force until something newer is.
    state.commands.copyWithin(2, 0, state.commands.length - 2);
  }

  #steer(target: number, step: number): void {
    const { angles, physics } = this.#state;
    const most = this.#layout.vehicle.maxSteerRate * physics[1] * step;
    const change = Math.max(-most, Math.min(most, target - angles[1]));
    angles[1] += change;
    angles[2] = change / step;
  }

  /** Unwraps the yaw and rolls the wheels. */
  #follow(step: number): void {
    const { pose, motion, angles, wheels } = this.#state;
    const [x, y, z, w] = [pose[3], pose[4], pose[5], pose[6]];
    const yaw = Math.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z));
    const turn = yaw - angles[0];
    angles[0] += turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    const c = Math.cos(angles[0]);
    const s = Math.sin(angles[0]);
    const forward = c * motion[0] + s * motion[1];
    const left = c * motion[1] - s * motion[0];
    for (const [i, wheel] of this.#layout.wheels.entries()) {
      const angle = wheel.steer < 0 ? 0 : ackermann(this.#layout, wheel.center, angles[1]);
      const along =
        Math.cos(angle) * (forward - motion[5] * wheel.center[1]) +
        Math.sin(angle) * (left + motion[5] * wheel.center[0]);
      wheels[3 * i + 1] = along / wheel.radius;
      wheels[3 * i] += wheels[3 * i + 1] * step;
    }
  }

  /** Coordinates [D] of the joints, for views and sensors. */
  #writeCoordinates(): Float64Array {
    const { pose, angles, wheels } = this.#state;
    const q = this.#coordinates;
    const { base } = this.#layout;
    const [x, y, z, w] = [pose[3], pose[4], pose[5], pose[6]];
    for (let k = 0; k < 3; k++) q[base[k]] = pose[k];
    q[base[3]] = angles[0];
    q[base[4]] = Math.asin(Math.max(-1, Math.min(1, 2 * (w * y - z * x))));
    q[base[5]] = Math.atan2(2 * (y * z + w * x), 1 - 2 * (x * x + y * y));
    for (const [i, wheel] of this.#layout.wheels.entries()) {
      q[wheel.spin] = wheels[3 * i];
      if (wheel.steer >= 0) q[wheel.steer] = ackermann(this.#layout, wheel.center, angles[1]);
    }
    return q;
  }

  /** Calls the listener when this step crossed a multiple of 1 / rate. */
  #show(step: number): void {
    const ticks = this.#state.counts[0];
    const after = (ticks + step / this.#substeps) * this.#controlPeriod;
    const before = (ticks + (step - 1) / this.#substeps) * this.#controlPeriod;
    if (Math.floor(after * this.#rate + 1e-9) === Math.floor(before * this.#rate + 1e-9)) return;
    this.#listener?.(after, this.#writeCoordinates(), this.#state.bodies);
  }

  contacts(): Contact[] {
    this.#alive();
    const { counts, contacts } = this.#state;
    const { links } = this.#robot;
    const nameOf = (frame: number) =>
      frame < 0
        ? 'ground'
        : frame < links.length
          ? links[frame].name
          : (this.#world.bodies?.[frame - links.length].name ?? '');
    return Array.from({ length: counts[1] }, (_, n) => {
      const [a, b, x, y, z, fx, fy, fz, gap] = contacts.subarray(n * contactSize, (n + 1) * contactSize);
      return { a: nameOf(a), b: nameOf(b), point: [x, y, z], force: [fx, fy, fz], gap };
    });
  }

  /** A car cannot be stopped at once: it brakes until something else is commanded, and `stopped` tells whether it stands. */
  stop(): StopReport {
    this.#alive();
    const { motion } = this.#state;
    const standing = Math.hypot(motion[0], motion[1], motion[5]) < 1e-3;
    this.#stopping = true;
    this.#brake();
    return { stopped: standing, how: standing ? 'it stands and nothing drives it' : 'it brakes' };
  }

  /** With straight wheels, and no harder than brings it to a stand within a control period: more would drive it back. */
  #brake(): void {
    const { commands, motion, angles } = this.#state;
    const forward = Math.cos(angles[0]) * motion[0] + Math.sin(angles[0]) * motion[1];
    commands[0] = 0;
    commands[1] =
      -Math.sign(forward) *
      Math.min(this.#layout.vehicle.maxBraking, Math.abs(forward) / this.#controlPeriod);
  }

  close(): void {
    if (this.#lifecycle === 'finalized') return;
    this.#lifecycle = 'finalized';
    this.#listener = undefined;
    this.#simulation.end();
  }

  observePoses(listener: PoseListener | undefined, rate: number): void {
    this.#alive();
    if (!(rate > 0)) throw new RangeError(`pose rate ${rate} Hz must be above 0`);
    this.#listener = listener;
    this.#rate = rate;
  }

  /** The whole state, the sensors' and the episode's physics included, in the machine's byte order. */
  save(): Uint8Array {
    this.#alive();
    const { all } = this.#state;
    const out = new Float64Array(all.length + this.#sensors.saved);
    out.set(all);
    this.#sensors.save(out, all.length);
    return new Uint8Array(out.buffer);
  }

  restore(saved: Uint8Array): void {
    this.#alive();
    const { all } = this.#state;
    const size = 8 * (all.length + this.#sensors.saved);
    if (saved.byteLength !== size)
      throw new RangeError(`a saved state of ${this.#robot.name} has ${size} bytes, got ${saved.byteLength}`);
    // A copy where the view does not start at a multiple of 8.
    const bytes = saved.byteOffset % 8 === 0 ? saved : saved.slice();
    const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, size / 8);
    all.set(numbers.subarray(0, all.length));
    this.#sensors.restore(numbers, all.length);
    this.#lifecycle = 'active';
    this.#stopping = false;
  }

  #alive(): void {
    if (this.#lifecycle === 'finalized') throw new Error('this plant is closed');
  }
}
