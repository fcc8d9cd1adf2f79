import { type Channel, channel } from '../src/core/channel.ts';
import { checkWorld } from '../src/core/check-world.ts';
import { InputError } from '../src/core/errors.ts';
import { jointChannels } from '../src/core/joint-channels.ts';
import type { Lifecycle, StopReport } from '../src/core/lifecycle.ts';
import type { Contact, EpisodeStart, PlantSpec, PoseListener, SimulatedPlant } from '../src/core/plant.ts';
import type { Pose, RobotModel } from '../src/core/robot.ts';
import { clampToBox } from '../src/core/space.ts';
import type { WorldSpec } from '../src/core/task.ts';
import { Contacts } from './contact/contacts.ts';
import { commandBox } from './dynamics/actuators.ts';
import { CommandQueue, checkLatency } from './dynamics/command-queue.ts';
import { System } from './dynamics/system.ts';
import { checkPlaces, placeOf } from './places.ts';
import { SensorSuite } from './sensors/index.ts';
import { SimProbe } from './sim-probe.ts';

export interface SimPlantOptions {
  readonly robot: RobotModel;
  /** s; how far `advance` goes. */
  readonly controlPeriod: number;
  readonly world?: WorldSpec;
  /** Largest step, s; the control period is divided evenly. Default: the robot's own. */
  readonly timestep?: number;
  /** Iterations of the constraint solver per step, at most. Default: the robot's own. */
  readonly iterations?: number;
}

/**
 * A robot in joint coordinates, among bodies. A command, one value an actuator, is held over the control period; until
 * the first one, efforts and rates are 0 and position servos hold where the episode began.
 *
 * Channels: the joints', `tip.position`, of every free body `<body>.position`, `.rotation`, `.velocity` (of its frame's
 * origin) and `.spin`, then the sensors'.
 */
export class SimPlant implements SimulatedPlant {
  readonly spec: PlantSpec;
  readonly #controlPeriod: number;
  readonly #substeps: number;
  readonly #system: System;
  readonly #probe: SimProbe;
  readonly #sensors: SensorSuite;
  readonly #queue: CommandQueue;
  readonly #command: Float32Array;
  /** Control periods since the reset. */
  readonly #ticks = new Float64Array(1);
  /** Everything that changes but the sensors' memory and the command, in the order of a saved state. */
  readonly #state: readonly Float64Array[];
  readonly #savedLength: number;
  /** The factors that the system's masses and gains were last computed for. */
  readonly #applied: Float64Array;
  #lifecycle: Lifecycle = 'inactive';
  /** Since it was stopped nothing was commanded. */
  #stopped = false;
  #listener: PoseListener | undefined;
  #rate = 60;
  readonly #seen: Float64Array;
  readonly #bodies: Float64Array;
  readonly #frame = new Float64Array(7);

  constructor(options: SimPlantOptions) {
    const { robot, controlPeriod, world = {}, timestep = robot.simulation.timestep } = options;
    if (!(controlPeriod > 0 && timestep > 0))
      throw new InputError(`control period ${controlPeriod} s and time step ${timestep} s must be above 0`);
    this.#controlPeriod = controlPeriod;
    // The small slack keeps 0.04 / 0.001 at 40.
    this.#substeps = Math.max(1, Math.ceil(controlPeriod / timestep - 1e-9));
    const step = controlPeriod / this.#substeps;
    checkWorld(world, robot);
    const system = new System(robot, world, {
      timestep: step,
      iterations: options.iterations ?? robot.simulation.iterations,
    });
    this.#system = system;
    system.contacts = Contacts.of(system);
    const own = [...jointChannels(robot), channel('tip.position', 'm', { size: 3 }), ...bodyChannels(world)];
    this.#probe = new SimProbe(system, step, own);
    this.#sensors = new SensorSuite([...robot.sensors, ...(world.sensors ?? [])], this.#probe, controlPeriod);
    this.spec = { robot, channels: [...own, ...this.#sensors.channels], command: commandBox(robot) };
    const actuators = robot.actuators.length;
    this.#command = new Float32Array(actuators);
    this.#queue = new CommandQueue(actuators, this.#substeps, step);
    this.#state = [
      this.#ticks,
      system.variation.factors,
      system.position,
      system.velocity,
      system.free.center,
      system.free.quaternion,
      system.fixed,
      this.#queue.memory,
      ...(system.contacts ? [system.contacts.memory] : []),
    ];
    const numbers = this.#state.reduce((sum, { length }) => sum + length, 0);
    this.#savedLength = numbers + actuators + this.#sensors.saved;
    this.#applied = system.variation.factors.slice();
    this.#seen = new Float64Array(system.size);
    this.#bodies = new Float64Array(7 * system.freeOf.length);
    this.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  /** Time since the reset, s. */
  get time(): number {
    return this.#ticks[0] * this.#controlPeriod;
  }

  reset(start: EpisodeStart): void {
    this.#alive();
    const system = this.#system;
    const { position, velocity, bodies = {}, physics } = start;
    for (const values of [position, velocity])
      if (values.length !== system.size || !values.every(Number.isFinite))
        throw new InputError(
          `a state of ${this.spec.robot.name} needs ${system.size} finite positions and velocities, got [${values.join(', ')}]`,
        );
    const worldBodies = system.world.bodies ?? [];
    checkPlaces(bodies, worldBodies);
    const latency = (this.spec.robot.simulation.latency ?? 0) + (physics?.latency ?? 0);
    checkLatency(latency);
    system.variation.set(physics);
    this.#vary();
    system.position.set(position);
    system.velocity.fill(0);
    system.velocity.set(velocity);
    for (const [i, body] of worldBodies.entries()) system.placeBody(i, placeOf(body, bodies));
    system.touch();
    system.contacts?.reset();
    system.actuators.hold(position, this.#command);
    clampToBox(this.spec.command, this.#command);
    this.#queue.reset(this.#command, latency);
    this.#ticks[0] = 0;
    this.#sensors.reset(start.noise);
    this.#lifecycle = 'active';
    this.#stopped = false;
  }

  read(out: Float32Array): number {
    this.#alive();
    const system = this.#system;
    const { position, size, freeOf } = system;
    const frame = this.#frame;
    let at = 2 * size;
    for (let d = 0; d < size; d++) {
      out[d] = position[d];
      out[size + d] = system.velocity[d];
    }
    const { link, point } = this.spec.robot.tip;
    const { body, pose } = system.tree.links[link];
    this.#tip(body, pose, point, out, at);
    at += 3;
    for (let i = 0; i < freeOf.length; i++) {
      if (freeOf[i] < 0) continue;
      system.bodyPose(i, frame);
      for (let k = 0; k < 7; k++) out[at + k] = frame[k];
      system.freeMotion(freeOf[i], frame, 0);
      for (let k = 0; k < 6; k++) out[at + 7 + k] = frame[k];
      at += 13;
    }
    this.#sensors.read(out);
    return this.time;
  }

  write(command: Float32Array): void {
    this.#alive();
    if (command.length !== this.#command.length)
      throw new RangeError(
        `a command of ${this.spec.robot.name} has ${this.#command.length} values, got ${command.length}`,
      );
    this.#command.set(command);
    clampToBox(this.spec.command, this.#command);
    this.#stopped = false;
  }

  advance(): void {
    this.#alive();
    const system = this.#system;
    const first = this.#ticks[0] * this.#substeps;
    this.#queue.push(first, this.#command);
    for (let step = 0; step < this.#substeps; step++) {
      system.step(this.#queue.at(first + step));
      this.#sensors.sample();
      if (this.#listener) this.#show(step + 1);
    }
    this.#ticks[0]++;
    if (!finite(system.position) || !finite(system.velocity))
      throw new InputError(
        `the simulation of ${this.spec.robot.name} diverged at ${this.time.toFixed(3)} s; give robot.json a smaller sim.timestep, or check masses, efforts and gains`,
      );
  }

  /** Calls the listener when this step crossed a multiple of 1 / rate. */
  #show(step: number): void {
    const after = (this.#ticks[0] + step / this.#substeps) * this.#controlPeriod;
    const before = (this.#ticks[0] + (step - 1) / this.#substeps) * this.#controlPeriod;
    if (Math.floor(after * this.#rate + 1e-9) === Math.floor(before * this.#rate + 1e-9)) return;
    this.#seen.set(this.#system.position);
    for (let i = 0; i < this.#system.freeOf.length; i++) this.#system.bodyPose(i, this.#bodies, 7 * i);
    this.#listener?.(after, this.#seen, this.#bodies);
  }

  contacts(): Contact[] {
    this.#alive();
    return this.#system.contacts?.contacts() ?? [];
  }

  /** Servos hold the joints where they were when it was first called: told anew each time, they would sink under load. */
  stop(): StopReport {
    this.#alive();
    const { actuators } = this.spec.robot;
    if (!this.#stopped) {
      this.#system.actuators.hold(this.#system.position, this.#command);
      clampToBox(this.spec.command, this.#command);
    }
    this.#stopped = true;
    return {
      stopped: true,
      how: actuators.every(({ kind }) => kind === 'effort')
        ? 'every effort is zero'
        : 'servos hold the joints where they are',
    };
  }

  close(): void {
    this.#lifecycle = 'finalized';
    this.#listener = undefined;
  }

  observePoses(listener: PoseListener | undefined, rate: number): void {
    this.#alive();
    if (!(rate > 0)) throw new RangeError(`pose rate ${rate} Hz must be above 0`);
    this.#listener = listener;
    this.#rate = rate;
  }

  /** All that changes, physics included, as float64 values in the machine's byte order. */
  save(): Uint8Array {
    this.#alive();
    const out = new Float64Array(this.#savedLength);
    let at = 0;
    for (const part of this.#state) {
      out.set(part, at);
      at += part.length;
    }
    out.set(this.#command, at);
    this.#sensors.save(out, at + this.#command.length);
    return new Uint8Array(out.buffer);
  }

  restore(saved: Uint8Array): void {
    this.#alive();
    if (saved.byteLength !== 8 * this.#savedLength)
      throw new RangeError(
        `a saved state of ${this.spec.robot.name} has ${8 * this.#savedLength} bytes, got ${saved.byteLength}`,
      );
    // A copy where the view does not start at a multiple of 8.
    const bytes = saved.byteOffset % 8 === 0 ? saved : saved.slice();
    const from = new Float64Array(bytes.buffer, bytes.byteOffset, this.#savedLength);
    let at = 0;
    for (const part of this.#state) for (let i = 0; i < part.length; i++) part[i] = from[at++];
    for (let i = 0; i < this.#command.length; i++) this.#command[i] = from[at++];
    this.#sensors.restore(from, at);
    this.#vary();
    this.#system.touch();
    this.#lifecycle = 'active';
    this.#stopped = false;
  }

  /** Recomputes what hangs on the factors, where they changed. */
  #vary(): void {
    const { factors } = this.#system.variation;
    if (factors.every((value, i) => value === this.#applied[i])) return;
    this.#applied.set(factors);
    this.#system.vary();
  }

  #tip(body: number, pose: Pose, point: readonly number[], out: Float32Array, at: number): void {
    const [x, y, z, w] = pose.rotation;
    const tx = 2 * (y * point[2] - z * point[1]);
    const ty = 2 * (z * point[0] - x * point[2]);
    const tz = 2 * (x * point[1] - y * point[0]);
    const px = pose.position[0] + point[0] + w * tx + y * tz - z * ty;
    const py = pose.position[1] + point[1] + w * ty + z * tx - x * tz;
    const pz = pose.position[2] + point[2] + w * tz + x * ty - y * tx;
    if (body < 0) {
      out[at] = px;
      out[at + 1] = py;
      out[at + 2] = pz;
      return;
    }
    this.#system.refresh();
    const { rotation: r, origin } = this.#system;
    const k = 9 * body;
    for (let i = 0; i < 3; i++)
      out[at + i] = origin[3 * body + i] + r[k + 3 * i] * px + r[k + 3 * i + 1] * py + r[k + 3 * i + 2] * pz;
  }

  #alive(): void {
    if (this.#lifecycle === 'finalized') throw new Error('this plant is closed');
  }
}

function bodyChannels(world: WorldSpec): Channel[] {
  return (world.bodies ?? [])
    .filter(({ kind }) => kind === 'free')
    .flatMap(({ name }) => [
      channel(`${name}.position`, 'm', { size: 3 }),
      channel(`${name}.rotation`, '1', { size: 4, low: -1, high: 1 }),
      channel(`${name}.velocity`, 'm/s', { size: 3 }),
      channel(`${name}.spin`, 'rad/s', { size: 3 }),
    ]);
}

function finite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
