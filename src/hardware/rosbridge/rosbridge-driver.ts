import { InputError, RobotFault } from '../../core/errors.ts';
import type { MotorState, StopHow } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import { type BusClock, wallClock } from '../clock.ts';
import type { Driver, DriverOptions, Identity, Reading } from '../driver.ts';
import { portName } from '../port.ts';
import type { Commander } from './commander.ts';
import type { Connection } from './connection.ts';
import { switchControllers } from './controllers.ts';
import { JointStates } from './joint-states.ts';
import { messageType } from './messages.ts';
import { type RosbridgeConfig, readOptions } from './options.ts';

/** A joint is watched so long before it counts as at rest, s. */
const REST_TIME = 0.1;
/** A joint is told to hold where it was so long ago at most, s, and a state of it is waited for so long. */
const FRESH = 0.05;
const FRESH_WAIT = 0.2;

export interface RosbridgeStatistics {
  /** Joint states that came; of these late: again, or after a newer one. */
  readonly messages: number;
  readonly late: number;
  /** Messages that were none, and that nobody had asked for. */
  readonly malformed: number;
  readonly unexpected: number;
  /** Times that the connection was opened again. */
  readonly reopened: number;
}

/** A robot behind ROS: joint states in, positions out, by the controllers of ros2_control, through rosbridge. */
export class RosbridgeDriver implements Driver {
  /** A controller of trajectories stops at the end of the last one; the others keep their last goal. */
  readonly watchdog: number | null;
  readonly #options: DriverOptions;
  readonly #config: RosbridgeConfig;
  readonly #clock: BusClock;
  readonly #joints: readonly string[];
  readonly #maxEffort: readonly number[];
  #connection: Connection | undefined;
  #commander: Commander | undefined;
  #states: JointStates;
  #lifecycle: 'unconfigured' | 'inactive' | 'active' | 'finalized' = 'unconfigured';
  /** An activation that may be under way. */
  #activating: Promise<void> = Promise.resolve();
  /** Grows with every stop, so that what was under way when it came knows. */
  #stops = 0;
  readonly #age: Float64Array;

  /** @throws InputError when the robot's options are wrong. */
  constructor(options: DriverOptions, clock: BusClock = wallClock) {
    this.#options = options;
    this.#clock = clock;
    this.#config = readOptions(options.robot, options.hardware);
    const { actuators } = options.robot;
    this.#joints = actuators.map(({ joint }) => joint);
    this.#maxEffort = actuators.map(({ maxEffort }) => maxEffort);
    this.#states = new JointStates(this.#config.joints);
    this.#age = new Float64Array(actuators.length);
    const trajectories = this.#config.groups.every(({ command }) => command !== 'positions');
    const longest = this.#config.groups.some(({ command }) => command === 'action')
      ? this.#config.goalPeriod
      : 0;
    this.watchdog = trajectories ? Math.max(this.#config.lead, longest) : null;
  }

  /** What came over the connection that is open, since it was configured. */
  get statistics(): RosbridgeStatistics {
    const { messages, malformed, late } = this.#states;
    const connection = this.#connection;
    return {
      ...{ messages, malformed: malformed + (connection?.malformed ?? 0), late },
      ...{ unexpected: connection?.unexpected ?? 0, reopened: connection?.reopened ?? 0 },
    };
  }

  async configure(): Promise<Identity> {
    this.#disconnect();
    const { ros, states, stamps, throttle, compression, maxMessage, startTimeout, groups } = this.#config;
    const { Connection } = await import('./connection.ts');
    const { Commander } = await import('./commander.ts');
    const connection = await Connection.open({
      ...{ url: this.#options.port, maxMessage, png: compression === 'png', clock: this.#clock },
    });
    try {
      const heard = new JointStates(this.#config.joints, stamps);
      connection.subscribe(
        states,
        messageType(ros, 'sensor_msgs/JointState'),
        { throttle, compression },
        (message) => heard.take(message, this.#clock.now()),
      );
      const commander = new Commander(this.#config, connection, this.#clock);
      await this.#until(() => heard.complete || connection.lost !== undefined, startTimeout);
      if (connection.lost !== undefined) throw this.#fault(connection.lost, true);
      if (!heard.complete) throw this.#incomplete(heard, connection);
      const notes = await this.#listeners(connection);
      connection.onLost = () => {
        if (this.#lifecycle === 'active') this.#lifecycle = 'inactive';
      };
      this.#connection = connection;
      this.#commander = commander;
      this.#states = heard;
      this.#lifecycle = 'inactive';
      const how = groups.map(({ name, command, joints }) => `${name} (${command}, ${count(joints.length)})`);
      return {
        description: `${count(this.#joints.length)} from ${states}, commands to ${how.join(', ')} on ${connection.name}`,
        serial: null,
        notes,
      };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async read(): Promise<Reading> {
    const connection = this.#connected();
    if (connection.lost !== undefined) throw this.#fault(connection.lost, true);
    if (this.#lifecycle === 'active') this.#commander!.check();
    const states = this.#states;
    const now = this.#clock.now();
    for (let j = 0; j < this.#joints.length; j++) this.#age[j] = Math.max(0, now - states.told[j]);
    const oldest = this.#age.indexOf(Math.max(...this.#age));
    if (this.#age[oldest] > this.#config.stateTimeout) throw this.#stale(oldest);
    const { offset } = states.clock;
    return {
      position: states.position,
      velocity: states.velocity,
      effort: states.effort,
      age: this.#age,
      motors: this.#joints.map((joint, j) => this.#motor(joint, j)),
      ...(offset === undefined ? {} : { robotTime: (now + offset) * 1000 }),
    };
  }

  activate(command: Float64Array): Promise<void> {
    const activating = this.#activate(command);
    this.#activating = activating.catch(() => {});
    return activating;
  }

  async #activate(command: Float64Array): Promise<void> {
    const connection = this.#connected();
    const stops = this.#stops;
    if (this.#config.switch) await switchControllers(connection, this.#config, 'active');
    if (stops !== this.#stops) throw this.#fault('it was stopped while it was being activated', true);
    this.#commander!.begin();
    this.#commander!.send(this.#finite(command));
    this.#lifecycle = 'active';
  }

  async write(command: Float64Array): Promise<void> {
    const connection = this.#connected();
    if (connection.lost !== undefined) throw this.#fault(connection.lost, true);
    if (this.#lifecycle !== 'active') throw this.#fault('a command while it is not active', false);
    this.#commander!.check();
    this.#commander!.send(this.#finite(command));
  }

  async stop(how: StopHow): Promise<StopReport> {
    this.#stops++;
    if (this.#lifecycle === 'active') this.#lifecycle = 'inactive';
    const connection = this.#connection;
    if (!connection)
      return { stopped: false, how: 'the port is not open; nothing was sent and nothing read' };
    const deadline = this.#clock.now() + this.#config.stopTimeout;
    const left = () => deadline - this.#clock.now();
    // What was sent into a connection that then turns out to be dead is sent again.
    for (;;) {
      await this.#until(() => connection.lost === undefined, left());
      const { reopened } = connection;
      const cut = () => connection.lost !== undefined || connection.reopened !== reopened;
      let report: StopReport;
      try {
        report = await this.#atRest(await this.#sendStop(how, connection), cut, left);
      } catch (error) {
        report = { stopped: false, how: (error as Error).message };
      }
      if (report.stopped || left() <= 0 || !cut()) return report;
    }
  }

  async close(): Promise<void> {
    this.#disconnect();
    this.#lifecycle = 'finalized';
  }

  #disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#commander = undefined;
    this.#lifecycle = 'unconfigured';
  }

  #connected(): Connection {
    if (!this.#connection) throw this.#fault('it is not configured', false);
    return this.#connection;
  }

  /**
   * A place of long ago would throw the arm back to it: who has none that is fresh is told nothing, and ends at the last
   * goal. @returns what was told to the robot. @throws RobotFault when it could not be told.
   */
  async #sendStop(how: StopHow, connection: Connection): Promise<string> {
    const { told, position } = this.#states;
    const fresh = (j: number) => this.#clock.now() - told[j] < FRESH;
    this.#commander!.cancel();
    await this.#until(
      () => connection.lost !== undefined || this.#joints.every((_, j) => fresh(j)),
      FRESH_WAIT,
    );
    const untold = this.#commander!.hold(position, fresh);
    const hold =
      untold.length === 0
        ? 'told to hold'
        : `${untold.join(', ')} not told to hold, as ${this.#config.states} tells nothing new: the last goal stays`;
    if (how === 'hold') return hold;
    if (!this.#config.switch)
      return `${hold}; nothing here can take its torque off (see options.switch in docs/ros.md)`;
    // What was being activated is, or has given up.
    await this.#activating;
    await switchControllers(connection, this.#config, 'inactive');
    return 'controllers are inactive; whether the motors hold is up to the robot';
  }

  #finite(command: Float64Array): Float64Array {
    const odd = command.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) throw new RangeError(`a command for ${this.#joints[odd]} of ${command[odd]}`);
    return command;
  }

  /** Waits for states that were made after now, and tells whether they show joints that stand. */
  async #atRest(what: string, cut: () => boolean, left: () => number): Promise<StopReport> {
    const states = this.#states;
    const { rest } = this.#config;
    const from = Float64Array.from(states.position);
    const since = new Float64Array(from.length).fill(this.#clock.now());
    const speed = new Float64Array(from.length).fill(Number.NaN);
    const stands = () => {
      for (let j = 0; j < from.length; j++) {
        const passed = states.told[j] - since[j];
        if (passed < REST_TIME) continue;
        // A told velocity may be a constant zero, so positions count as well.
        speed[j] = Math.max(Math.abs(states.position[j] - from[j]) / passed, Math.abs(states.velocity[j]));
        from[j] = states.position[j];
        since[j] = states.told[j];
      }
      return speed.every((value) => value <= rest);
    };
    await this.#until(() => cut() || stands(), left());
    if (cut())
      return { stopped: false, how: `${what}, but ${this.#connection?.lost ?? 'the connection was lost'}` };
    const stopped = stands();
    const untold = speed.findIndex(Number.isNaN);
    if (untold >= 0)
      return {
        stopped: false,
        how: `${what}; ${this.#config.states} told nothing of ${this.#joints[untold]} since`,
      };
    const fastest = speed.indexOf(Math.max(...speed));
    const seen = `${this.#joints[fastest]} at ${speed[fastest].toFixed(4)}/s`;
    return stopped
      ? { stopped, how: `${what}; at rest as ${this.#config.states} tells it (fastest: ${seen})` }
      : { stopped, how: `${what}; still moving as ${this.#config.states} tells it (${seen})` };
  }

  /** Whether anyone listens where commands go, as far as rosapi can tell. */
  async #listeners(connection: Connection): Promise<string[]> {
    const notes: string[] = [];
    for (const { command, topic, name } of this.#config.groups) {
      if (command === 'action') continue;
      const type = this.#config.ros === 1 ? 'rosapi/Subscribers' : 'rosapi_msgs/srv/Subscribers';
      let subscribers: unknown;
      try {
        ({ subscribers } = await connection.call('/rosapi/subscribers', type, { topic }, 1));
      } catch {
        notes.push(`rosapi does not answer: not checked whether ${name} listens to ${topic}`);
        continue;
      }
      if (Array.isArray(subscribers) && subscribers.length === 0)
        throw new InputError(
          `port ${connection.name}: nobody listens to ${topic}; start the controller ${name}, or name yours in hardware.options.controllers`,
        );
    }
    return notes;
  }

  #incomplete(heard: JointStates, connection: Connection): Error {
    const { states, startTimeout } = this.#config;
    const said = connection.complaint ? `; the server says: ${connection.complaint}` : '';
    if (heard.messages === 0)
      return this.#fault(
        `nothing came on ${states} within ${startTimeout} s; is joint_state_broadcaster active?${said}`,
        true,
        connection,
      );
    const missing = heard.missing();
    if (missing.length === 0 || heard.named.length === 0)
      return this.#fault(
        `${states}: no usable state within ${startTimeout} s (${heard.malformed} of ${heard.messages} messages malformed)${said}`,
        false,
        connection,
      );
    const named = heard.named.slice(0, 16).join(', ');
    return new InputError(
      `port ${connection.name}: ${states} tells nothing of ${missing.join(', ')}; it names ${named}: map names by hardware.options.names`,
    );
  }

  #stale(j: number): RobotFault {
    const { states, joints, stateTimeout } = this.#config;
    const { malformed, late } = this.statistics;
    const name = joints[j] === this.#joints[j] ? joints[j] : `${this.#joints[j]} (${joints[j]})`;
    const since = this.#clock.now() - this.#states.arrived[j];
    if (since <= stateTimeout)
      return this.#fault(
        `${states}: the state of ${name} is ${this.#age[j].toFixed(2)} s old by its stamp (${stateTimeout} s allowed), though it came ${since.toFixed(2)} s ago; a robot whose clock runs slower than time needs hardware.options.stamps false`,
        true,
      );
    const odd = malformed + late > 0 ? `; ${malformed} messages malformed, ${late} late` : '';
    return this.#fault(
      `${states}: no state of ${name} for ${this.#age[j].toFixed(2)} s (${stateTimeout} s allowed)${odd}`,
      true,
    );
  }

  #fault(what: string, passing: boolean, connection = this.#connection): RobotFault {
    return new RobotFault(`port ${connection?.name ?? portName(this.#options.port)}: ${what}`, {
      passing,
    });
  }

  #motor(joint: string, j: number): MotorState {
    return {
      ...{ joint, temperature: Number.NaN, voltage: Number.NaN, current: Number.NaN },
      load: Math.max(-1, Math.min(1, this.#states.effort[j] / this.#maxEffort[j])),
      ...{ error: '', misses: this.#states.blanks[j] },
    };
  }

  /** @returns whether it came true within `timeout`, s. */
  #until(condition: () => boolean, timeout: number): Promise<boolean> {
    const end = this.#clock.now() + timeout;
    return new Promise((resolve) => {
      const look = () => {
        if (condition()) resolve(true);
        else if (this.#clock.now() >= end) resolve(false);
        else this.#clock.at(this.#clock.now() + 0.005, look);
      };
      look();
    });
  }
}

const count = (joints: number) => (joints === 1 ? '1 joint' : `${joints} joints`);
