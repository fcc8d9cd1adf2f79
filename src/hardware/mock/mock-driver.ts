import { RobotFault } from '../../core/errors.ts';
import { type MotorState, type StopHow, tripsOf } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import { homeOfActuators } from '../../robot/actuated-joints.ts';
import { jointCoordinates } from '../../robot/index.ts';
import { type BusClock, wallClock } from '../clock.ts';
import type { Driver, DriverModule, DriverOptions, Identity, Reading } from '../driver.ts';
import { FirstOrderMotors } from '../emulator/motors.ts';
import { checkFault, type MockFault, readMockOptions } from './mock-options.ts';

/** A joint that was silent for so long is a fault, s. */
const SILENT = 0.5;
/** °C, V */
const usual = { temperature: 30, voltage: 12 };

/**
 * A robot that is not there, after ros2_control's GenericSystem: what is commanded is what is read back, at once or as a
 * lag of first order; on demand off by an offset, deaf to commands, stuck in what it tells, or faulty. It depends on nothing but its clock.
 */
export class MockDriver implements Driver {
  readonly watchdog = null;
  readonly #options: DriverOptions;
  readonly #mock: ReturnType<typeof readMockOptions>;
  readonly #clock: Pick<BusClock, 'now'>;
  readonly #began: number;
  readonly #motors: FirstOrderMotors;
  /** By actuator: takes commands and stays where it is; goes, and tells where it was. */
  readonly #deaf: readonly boolean[];
  readonly #stuck: readonly boolean[];
  readonly #faults: ReturnType<typeof checkFault>[];
  readonly #command: Float64Array;
  readonly #reading: Pick<Reading, 'position' | 'velocity' | 'effort' | 'age'>;
  readonly #freshAt: Float64Array;
  readonly #misses: Float64Array;
  #state: 'closed' | 'inactive' | 'active' = 'closed';
  #torque = false;
  /** Counts stops: what was begun before one must not go on after it. */
  #epoch = 0;

  /** @throws InputError */
  constructor(options: DriverOptions, clock: Pick<BusClock, 'now'> = wallClock) {
    const { robot, hardware } = options;
    this.#options = options;
    this.#clock = clock;
    this.#began = clock.now();
    this.#mock = readMockOptions(hardware, robot);
    this.#faults = [...this.#mock.faults];
    const { start, disableCommands, stuckFeedback, timeConstant } = this.#mock;
    const names = robot.actuators.map(({ joint }) => joint);
    const among = (list: boolean | readonly string[]) =>
      names.map((name) => (typeof list === 'boolean' ? list : list.includes(name)));
    this.#deaf = among(disableCommands);
    this.#stuck = among(stuckFeedback);
    const home = homeOfActuators(robot);
    const at = names.map((name, j) => start[name] ?? home[j]);
    const maxVelocity = Math.max(...names.map((name) => hardware.limits[name].velocity));
    this.#motors = new FirstOrderMotors(at, { timeConstant, maxVelocity });
    this.#motors.advance(this.#began);
    const values = () => new Float64Array(names.length);
    this.#command = values();
    this.#freshAt = values().fill(this.#began);
    this.#misses = values();
    this.#reading = {
      position: Float64Array.from(at),
      ...{ velocity: values(), effort: values(), age: values() },
    };
  }

  async configure(): Promise<Identity> {
    this.#fail('configure');
    this.#state = 'inactive';
    return {
      description: `${this.#command.length} joints of ${this.#options.robot.name}, mocked`,
      serial: null,
      notes: [],
    };
  }

  async read(): Promise<Reading> {
    this.#needs('inactive');
    this.#fail('read');
    const now = this.#clock.now();
    this.#motors.advance(now);
    const { actuators } = this.#options.robot;
    const motors = actuators.map((_, j) => this.#readJoint(j, now));
    const { age } = this.#reading;
    const gone = age.findIndex((seconds) => seconds > SILENT);
    if (gone >= 0)
      throw new RobotFault(`${actuators[gone].joint}: no answer for ${age[gone].toFixed(2)} s (mocked)`);
    return { ...this.#reading, motors };
  }

  async activate(command: Float64Array): Promise<void> {
    this.#needs('inactive');
    this.#fail('activate');
    const epoch = this.#epoch;
    await Promise.resolve();
    if (epoch !== this.#epoch)
      throw new RobotFault('it was stopped while it was being activated', { passing: true });
    this.#drive(command);
    this.#torque = true;
    this.#state = 'active';
  }

  async write(command: Float64Array): Promise<void> {
    this.#needs('active');
    this.#fail('write');
    this.#drive(command);
  }

  async stop(how: StopHow): Promise<StopReport> {
    this.#epoch++;
    if (this.#state === 'closed') return { stopped: false, how: 'it is not configured' };
    this.#state = 'inactive';
    if (this.#faulty('stop')) return { stopped: false, how: 'no stop was confirmed (mocked)' };
    this.#motors.advance(this.#clock.now());
    this.#torque = how === 'hold';
    for (const [j, { joint, kind }] of this.#options.robot.actuators.entries()) {
      const goal = this.#motors.position(j);
      this.#command[j] = kind === 'position' ? goal : 0;
      const held = this.#torque && !this.#faulty('silent', joint);
      this.#motors.drive(j, held ? toward(goal) : { kind: 'free' });
    }
    const silent = this.#options.robot.actuators.filter(({ joint }) => this.#faulty('silent', joint));
    if (silent.length > 0)
      return {
        stopped: false,
        how: `no answer from ${silent.map(({ joint }) => joint).join(', ')} (mocked)`,
      };
    return { stopped: true, how: this.#torque ? 'at rest, torque on (mocked)' : 'torque off (mocked)' };
  }

  async close(): Promise<void> {
    this.#epoch++;
    this.#state = 'closed';
  }

  /** Whether the joints hold by themselves. */
  get powered(): boolean {
    return this.#torque;
  }

  /** Moves joints by hand [J]; those with torque go back. */
  place(position: ArrayLike<number>): void {
    this.#motors.advance(this.#clock.now());
    for (let j = 0; j < position.length; j++) this.#motors.place(j, position[j]);
  }

  /** From now on this goes wrong too; its `from` counts from now. @throws InputError */
  inject(fault: MockFault): void {
    const checked = checkFault(fault);
    this.#faults.push({ ...checked, from: checked.from + this.#clock.now() - this.#began });
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#faults.length = 0;
  }

  /** True coordinate of any joint, rad or m; joints that mimic others follow them. */
  coordinateOf(joint: string): number {
    const { robot } = this.#options;
    this.#motors.advance(this.#clock.now());
    const j = robot.joints.findIndex(({ name }) => name === joint);
    const own = jointCoordinates(robot)[j];
    if (!own) return 0;
    const { name } = robot.joints[robot.movable[own.index]];
    const motor = robot.actuators.findIndex((actuator) => actuator.joint === name);
    return own.multiplier * (motor < 0 ? robot.home[own.index] : this.#motors.position(motor)) + own.offset;
  }

  #drive(command: Float64Array): void {
    const { calculateDynamics, positionOffset } = this.#mock;
    if (!Array.from(command).every(Number.isFinite))
      throw new RobotFault(`a command of [${Array.from(command).join(', ')}] is refused`);
    this.#motors.advance(this.#clock.now());
    this.#command.set(command);
    for (const [j, { joint, kind, maxEffort }] of this.#options.robot.actuators.entries()) {
      const value = command[j];
      if (this.#deaf[j] || this.#faulty('silent', joint)) continue;
      if (kind === 'position') {
        this.#motors.drive(j, toward(value + positionOffset));
        if (!calculateDynamics) this.#motors.place(j, value + positionOffset);
      } else if (calculateDynamics)
        this.#motors.drive(
          j,
          kind === 'velocity'
            ? { kind, velocity: value, effort: 1 }
            : { kind, share: Math.max(-1, Math.min(1, value / maxEffort)) },
        );
    }
  }

  #readJoint(j: number, now: number): MotorState {
    const { joint, kind } = this.#options.robot.actuators[j];
    const { position, velocity, effort, age } = this.#reading;
    const silent = this.#faulty('silent', joint);
    if (silent) {
      this.#misses[j]++;
      this.#motors.drive(j, { kind: 'free' });
    } else if (this.#stuck[j]) this.#freshAt[j] = now;
    else {
      this.#freshAt[j] = now;
      position[j] = this.#faulty('not a number', joint) ? Number.NaN : this.#motors.position(j);
      const mirrored = !this.#mock.calculateDynamics && kind === 'velocity' && !this.#deaf[j];
      velocity[j] = mirrored ? this.#command[j] : this.#motors.velocity(j);
      effort[j] = kind === 'effort' ? this.#command[j] : Number.NaN;
    }
    age[j] = now - this.#freshAt[j];
    const told = (what: 'temperature' | 'voltage' | 'load', otherwise: number) =>
      Number(this.#faulty(what, joint)?.value ?? otherwise);
    const complaint = this.#faulty('error', joint);
    const { minVoltage = usual.voltage, maxVoltage = usual.voltage } = tripsOf(this.#options.hardware, joint);
    return {
      joint,
      temperature: told('temperature', usual.temperature),
      voltage: told('voltage', Math.min(Math.max(usual.voltage, minVoltage), maxVoltage)),
      current: Number.NaN,
      load: told('load', this.#motors.load(j)),
      error: complaint ? String(complaint.value ?? 'overload') : '',
      misses: this.#misses[j],
    };
  }

  #faulty(kind: MockFault['kind'], joint?: string): ReturnType<typeof checkFault> | undefined {
    const time = this.#clock.now() - this.#began;
    return this.#faults.find(
      (fault) =>
        fault.kind === kind &&
        (fault.joint === undefined || joint === undefined || fault.joint === joint) &&
        time >= fault.from &&
        time < fault.from + (fault.for ?? Infinity),
    );
  }

  #fail(call: 'configure' | 'activate' | 'read' | 'write'): void {
    const fault = this.#faulty(call);
    if (!fault) return;
    const cause = fault.value === undefined ? 'it was told to fail' : String(fault.value);
    throw new RobotFault(`${fault.joint ?? 'the mocked robot'}: ${call}: ${cause}`);
  }

  #needs(state: 'inactive' | 'active'): void {
    if (this.#state === 'closed') throw new RobotFault('the mocked robot is not configured');
    if (state === 'active' && this.#state !== 'active')
      throw new RobotFault('nothing is written to a robot that is not active');
  }
}

/** As a servo with torque. */
function toward(goal: number) {
  return { kind: 'position', goal, maxVelocity: Infinity, effort: 1 } as const;
}

/** Stands in for any robot: `--port mock`. */
export const mock: DriverModule = {
  name: 'mock',
  calibrated: false,
  create: (options) => new MockDriver(options),
};
