import { CommandLimiter } from '#src/control/command-limiter';
import { SafetyTrips } from '#src/control/safety-trips';
import type { Exchange, HardwareSpec, MotorState, StopHow } from '#src/core/hardware';
import type { StopReport } from '#src/core/lifecycle';
import type { RobotModel } from '#src/core/robot';
import { Bridge } from '#src/hardware/bridge/bridge';
import type { BridgeOptions, TickReading, Told } from '#src/hardware/bridge/messages';
import type { Safety } from '#src/hardware/bridge/safety';
import type { Driver, Identity, Reading } from '#src/hardware/driver';
import { loadRobot } from '#src/load/robot';
import { VirtualClock } from '../virtual-clock.ts';

/** A robot whose joints go exponentially to what was written while torque is on; tells all it was asked for. */
export class StandInRobot implements Driver {
  readonly watchdog = null;
  readonly calls: string[] = [];
  readonly written: { readonly time: number; readonly command: Float64Array }[] = [];
  readonly position: Float64Array;
  torque = false;
  /** s that an exchange takes. */
  takes = 0.001;
  timeConstant = 0.03;
  temperature = 30;
  voltage = 7;
  /** What its first motor complains of. */
  error = '';
  /** No joint tells where it is. */
  silent = false;
  /** What a method does before its own work, e.g. fail. */
  before: Partial<Record<'configure' | 'read' | 'activate' | 'write' | 'stop' | 'close', () => unknown>> = {};
  /** Stops that are not verified. */
  unverified = 0;
  readonly #clock: VirtualClock;
  readonly #joints: readonly string[];
  readonly #goal: Float64Array;
  #time = 0;

  constructor(robot: RobotModel, clock: VirtualClock, position: ArrayLike<number>) {
    this.#clock = clock;
    this.#joints = robot.actuators.map(({ joint }) => joint);
    this.position = Float64Array.from(position);
    this.#goal = Float64Array.from(position);
  }

  async configure(): Promise<Identity> {
    await this.#begin('configure');
    return { description: `${this.#joints.length} joints`, serial: null, notes: [] };
  }

  async read(): Promise<Reading> {
    await this.#begin('read');
    const { temperature, voltage } = this;
    const motors: MotorState[] = this.#joints.map((joint, j) => ({
      ...{ joint, temperature, voltage, current: 0, load: 0, misses: 0 },
      error: j === 0 ? this.error : '',
    }));
    const rates = this.#goal.map((goal, j) =>
      this.torque ? (goal - this.position[j]) / this.timeConstant : 0,
    );
    const none = new Float64Array(this.#joints.length);
    const position = this.silent ? none.map(() => Number.NaN) : this.position.slice();
    return { position, velocity: rates, effort: none, age: none, motors };
  }

  async activate(command: Float64Array): Promise<void> {
    await this.#begin('activate');
    this.torque = true;
    this.#send(command);
  }

  async write(command: Float64Array): Promise<void> {
    await this.#begin('write');
    this.#send(command);
  }

  async stop(how: StopHow): Promise<StopReport> {
    this.calls.push(`stop ${how}`);
    await this.before.stop?.();
    await this.#pass();
    if (how === 'hold') this.#goal.set(this.position);
    else this.torque = false;
    const stopped = this.unverified === 0;
    if (!stopped) this.unverified--;
    return { stopped, how: stopped ? how : 'no answer' };
  }

  async close(): Promise<void> {
    this.calls.push('close');
    await this.before.close?.();
  }

  /** Joints go on to the present. */
  settle(): void {
    const passed = this.#clock.now() - this.#time;
    this.#time = this.#clock.now();
    if (!this.torque) return;
    this.position.forEach((q, j) => {
      this.position[j] = this.#goal[j] + (q - this.#goal[j]) * Math.exp(-passed / this.timeConstant);
    });
  }

  #send(command: Float64Array): void {
    this.settle();
    this.#goal.set(command);
    this.written.push({ time: this.#clock.now(), command: command.slice() });
  }

  async #begin(method: 'configure' | 'read' | 'activate' | 'write'): Promise<void> {
    this.calls.push(method);
    await this.before[method]?.();
    await this.#pass();
  }

  async #pass(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.at(this.#clock.now() + this.takes, resolve));
    this.settle();
  }
}

export interface Stage {
  readonly clock: VirtualClock;
  readonly hardware: HardwareSpec;
  readonly robot: StandInRobot;
  readonly bridge: Bridge;
  readonly told: Told[];
  readonly exchanges: () => Exchange[];
  readonly ticks: () => TickReading[];
  /** Moves the clock of day, ms. */
  shift(milliseconds: number): void;
  /** Beats and answers every tick with `command` until `until` resolves. */
  control(command: (tick: TickReading) => Float64Array | null): void;
}

export interface StageOptions {
  readonly hardware?: Partial<HardwareSpec>;
  readonly options?: Partial<BridgeOptions>;
  readonly safety?: Partial<Safety>;
  readonly start?: ArrayLike<number>;
}

/** The robot of the tests: the SO-101. */
export const model = await loadRobot('so101');
/** Its home, every joint so much on, rad. */
export const plus = (by: number) => Float64Array.from(model.home, (q) => q + by);

/** A bridge on a stand-in robot in virtual time. */
export function stage({ hardware, options, safety, start = model.home }: StageOptions = {}): Stage {
  const clock = new VirtualClock();
  const robot = new StandInRobot(model, clock, start);
  const told: Told[] = [];
  const spec = { ...model.hardware!, ...hardware };
  let shifted = 0;
  let answer: (tick: TickReading) => Float64Array | null = () => null;
  let beat = 0;
  const bridge = new Bridge(
    { robot: model, hardware: spec, port: 'test', controlPeriod: 0.02, dryRun: false, ...options },
    {
      driver: robot,
      safety: {
        limiter: new CommandLimiter(model, spec),
        trips: new SafetyTrips(model, spec),
        guard: { check: () => null },
        ...safety,
      },
      clock,
      unix: () => 1e12 + 1000 * clock.now() + shifted,
      origin: 5000,
      tell(message) {
        told.push(message);
        if (message.type !== 'tick') return;
        const command = answer(message.tick);
        if (command) bridge.command(command, ++beat);
      },
    },
  );
  return {
    ...{ clock, hardware: spec, robot, bridge, told },
    exchanges: () => told.flatMap((message) => (message.type === 'exchange' ? [message.exchange] : [])),
    ticks: () => told.flatMap((message) => (message.type === 'tick' ? [message.tick] : [])),
    shift(milliseconds) {
      shifted += milliseconds;
    },
    control(command) {
      answer = command;
      const next = () => {
        bridge.heartbeat(++beat);
        clock.at(clock.now() + 0.03, next);
      };
      next();
    },
  };
}

/** An active robot, its controller beating. */
export async function active(options?: StageOptions): Promise<Stage> {
  const it = stage(options);
  await it.clock.run(it.bridge.configure());
  it.control(() => null);
  await it.clock.run(it.bridge.activate());
  return it;
}
