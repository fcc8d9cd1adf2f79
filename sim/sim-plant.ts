import { InputError } from '../src/core/errors.ts';
import { jointChannels } from '../src/core/joint-channels.ts';
import type {
  Contact,
  Lifecycle,
  PlantSpec,
  PlantState,
  PoseListener,
  SimulatedPlant,
  StopReport,
} from '../src/core/plant.ts';
import type { Pose, RobotModel } from '../src/core/robot.ts';
import { box, clampToBox } from '../src/core/space.ts';
import type { WorldSpec } from '../src/core/task.ts';
import { Articulation } from './articulation.ts';
import type { Rapier } from './rapier.ts';
import { skeletonOf, stableTimestep } from './skeleton.ts';

export interface SimPlantOptions {
  readonly robot: RobotModel;
  /** s; how far `advance` goes. */
  readonly controlPeriod: number;
  readonly world?: WorldSpec;
  /** Largest step, s; the control period is divided evenly. Default: the robot's own. */
  readonly timestep?: number;
  /** Solver iterations per step. Default: the robot's own. */
  readonly iterations?: number;
}

const earth = [0, 0, -9.81] as const;
/** s */
const leastTimestep = 1e-5;

/** A robot in the physics engine. Commands are efforts, held over the control period. */
export class SimPlant implements SimulatedPlant {
  readonly spec: PlantSpec;
  readonly #controlPeriod: number;
  readonly #substeps: number;
  readonly #articulation: Articulation;
  readonly #command: Float32Array;
  /** Coordinate that each actuator drives. */
  readonly #driven: readonly number[];
  readonly #effort: Float64Array;
  /** Control periods since the reset. */
  #ticks = 0;
  #lifecycle: Lifecycle = 'inactive';
  #listener: PoseListener | undefined;
  #rate = 60;
  readonly #seen: Float64Array;

  constructor(rapier: Rapier, options: SimPlantOptions) {
    const { robot, controlPeriod, world, timestep = robot.simulation.timestep } = options;
    if (!(controlPeriod > 0 && timestep > 0))
      throw new InputError(`control period ${controlPeriod} s and time step ${timestep} s must be above 0`);
    this.spec = {
      robot,
      channels: jointChannels(robot),
      command: box(
        robot.actuators.map(({ maxEffort }) => -maxEffort),
        robot.actuators.map(({ maxEffort }) => maxEffort),
      ),
    };
    this.#controlPeriod = controlPeriod;
    const skeleton = skeletonOf(robot);
    const stable = stableTimestep(skeleton);
    if (stable < leastTimestep)
      throw new InputError(
        `robot ${robot.name}: joint damping is too strong for the inertia of its links (would need a step of ${stable.toExponential(1)} s); check <dynamics damping> and <inertial>`,
      );
    // The small slack keeps 0.04 / 0.001 at 40.
    this.#substeps = Math.max(1, Math.ceil(controlPeriod / Math.min(timestep, stable) - 1e-9));
    this.#articulation = new Articulation(rapier, skeleton, {
      gravity: world?.gravity ?? earth,
      timestep: controlPeriod / this.#substeps,
      iterations: options.iterations ?? robot.simulation.iterations,
    });
    const names = robot.movable.map((j) => robot.joints[j].name);
    this.#driven = robot.actuators.map(({ joint }) => names.indexOf(joint));
    this.#command = new Float32Array(robot.actuators.length);
    this.#effort = new Float64Array(names.length);
    this.#seen = new Float64Array(names.length);
    this.reset({ position: robot.home, velocity: new Array<number>(names.length).fill(0) });
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Time since the reset, s. */
  get time(): number {
    return this.#ticks * this.#controlPeriod;
  }

  reset(state: PlantState): void {
    this.#alive();
    const size = this.#effort.length;
    for (const values of [state.position, state.velocity])
      if (values.length !== size || !values.every(Number.isFinite))
        throw new InputError(
          `a state of ${this.spec.robot.name} needs ${size} finite positions and velocities, got [${values.join(', ')}]`,
        );
    this.#articulation.place(state.position, state.velocity);
    this.#command.fill(0);
    this.#ticks = 0;
    this.#lifecycle = 'active';
  }

  read(out: Float32Array): number {
    this.#alive();
    const { position, velocity } = this.#articulation;
    out.set(position);
    out.set(velocity, position.length);
    return this.time;
  }

  write(command: Float32Array): void {
    this.#alive();
    if (command.length !== this.#command.length)
      throw new RangeError(
        `a command of ${this.spec.robot.name} has ${this.#command.length} efforts, got ${command.length}`,
      );
    this.#command.set(command);
    clampToBox(this.spec.command, this.#command);
  }

  advance(): void {
    this.#alive();
    const articulation = this.#articulation;
    this.#effort.fill(0);
    for (let i = 0; i < this.#driven.length; i++) this.#effort[this.#driven[i]] += this.#command[i];
    articulation.begin();
    for (let step = 1; step <= this.#substeps; step++) {
      articulation.step(this.#effort);
      if (this.#listener) this.#show(step);
    }
    articulation.end();
    this.#ticks++;
    if (!articulation.position.every(Number.isFinite))
      throw new InputError(
        `the simulation of ${this.spec.robot.name} diverged at ${this.time.toFixed(3)} s; give robot.json a smaller sim.timestep, or check masses and efforts`,
      );
  }

  /** Calls the listener when this step crossed a multiple of 1 / rate. */
  #show(step: number): void {
    const after = (this.#ticks + step / this.#substeps) * this.#controlPeriod;
    const before = (this.#ticks + (step - 1) / this.#substeps) * this.#controlPeriod;
    if (Math.floor(after * this.#rate + 1e-9) === Math.floor(before * this.#rate + 1e-9)) return;
    this.#seen.set(this.#articulation.position);
    this.#listener?.(after, this.#seen, new Float64Array());
  }

  contacts(): Contact[] {
    return [];
  }

  stop(): StopReport {
    this.#alive();
    this.#command.fill(0);
    return { stopped: this.#command.every((effort) => effort === 0), how: 'every effort is zero' };
  }

  close(): void {
    if (this.#lifecycle === 'finalized') return;
    this.#lifecycle = 'finalized';
    this.#listener = undefined;
    this.#articulation.free();
  }

  observePoses(listener: PoseListener | undefined, rate: number): void {
    this.#alive();
    if (!(rate > 0)) throw new RangeError(`pose rate ${rate} Hz must be above 0`);
    this.#listener = listener;
    this.#rate = rate;
  }

  /**
   * World pose of every link, by link index, as the engine holds it: half a sub-step ahead of what `read` delivers
   * (see Articulation), so equal to the kinematics of it only at rest.
   */
  linkPoses(): Pose[] {
    this.#alive();
    return this.#articulation.linkPoses();
  }

  /** Ticks and what the articulation calls its state, then the held command, in the machine's byte order. */
  save(): Uint8Array {
    this.#alive();
    const out = new Uint8Array(this.#savedBytes());
    const { doubles, floats } = this.#views(out);
    const { position, velocity, products, bodies } = this.#articulation;
    doubles[0] = this.#ticks;
    doubles.set(position, 1);
    doubles.set(velocity, 1 + position.length);
    doubles.set(products, 1 + 2 * position.length);
    floats.set(bodies);
    floats.set(this.#command, bodies.length);
    return out;
  }

  restore(saved: Uint8Array): void {
    this.#alive();
    if (saved.byteLength !== this.#savedBytes())
      throw new RangeError(
        `a saved state of ${this.spec.robot.name} has ${this.#savedBytes()} bytes, got ${saved.byteLength}`,
      );
    // A copy where the view does not start at a multiple of 8.
    const { doubles, floats } = this.#views(saved.byteOffset % 8 === 0 ? saved : saved.slice());
    const { position, velocity, products, bodies } = this.#articulation;
    this.#ticks = doubles[0];
    position.set(doubles.subarray(1, 1 + position.length));
    velocity.set(doubles.subarray(1 + position.length, 1 + 2 * position.length));
    products.set(doubles.subarray(1 + 2 * position.length));
    bodies.set(floats.subarray(0, bodies.length));
    this.#command.set(floats.subarray(bodies.length));
    this.#lifecycle = 'active';
  }

  #views(saved: Uint8Array): { doubles: Float64Array; floats: Float32Array } {
    const { position, products, bodies } = this.#articulation;
    const count = 1 + 2 * position.length + products.length;
    return {
      doubles: new Float64Array(saved.buffer, saved.byteOffset, count),
      floats: new Float32Array(
        saved.buffer,
        saved.byteOffset + 8 * count,
        bodies.length + this.#command.length,
      ),
    };
  }

  #savedBytes(): number {
    const { position, products, bodies } = this.#articulation;
    return 8 * (1 + 2 * position.length + products.length) + 4 * (bodies.length + this.#command.length);
  }

  #alive(): void {
    if (this.#lifecycle === 'finalized') throw new Error('this plant is closed');
  }
}
