import type { Exchange, HardwareSpec, MotorState, StopHow } from '../core/hardware.ts';
import type { StopReport } from '../core/lifecycle.ts';
import type { RobotModel } from '../core/robot.ts';
import type { Calibration } from './calibration.ts';

/** What a driver is made with. Plain data: it crosses to the bridge's process. */
export interface DriverOptions {
  readonly robot: RobotModel;
  readonly hardware: HardwareSpec;
  /** A serial device, `tcp://host:port`, `ws://host:port`, `mock`: what the driver takes. */
  readonly port: string;
  /** Of robots whose motors know ticks alone; undefined where there is none. */
  readonly calibration?: Calibration;
  /** The user named its file, which may be of another adapter. */
  readonly calibrationNamed?: boolean;
  /** Nothing is written to the motors; `configure` notes what would be set. */
  readonly dryRun?: boolean;
}

/** A reading of all joints. Arrays by actuator [J], reused; units of `Actuator`; NaN = not told. */
export interface Reading {
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  /** s since each joint's value was fresh; 0 = in this reading. */
  readonly age: Float64Array;
  /** Why a joint's value is not fresh [J]: motor, register, cause; undefined = it is, or the driver cannot say. */
  readonly silence?: readonly (string | undefined)[];
  readonly motors: readonly MotorState[];
  /** The robot's own clock, ms, where it has one. */
  readonly robotTime?: number;
}

/** What was found when a robot was configured; `serial` names this one among its like, null where nothing does. */
export interface Identity {
  /** e.g. `6 × sts3215 on /dev/ttyACM0`. */
  readonly description: string;
  readonly serial: string | null;
  /** Things a person should know, e.g. a motor's firmware that differs. */
  readonly notes: readonly string[];
}

/**
 * What a driver read and sent within `activate` or `stop`, arrays by actuator [J]. `began`, `readAt` and `sentAt` are in s
 * of the bridge's clock; `sentAt` is NaN where no goals went out.
 */
export type SideExchange = Omit<Exchange, 'cycle' | 'count' | 'asked' | 'limited'>;

/**
 * A kind of robot hardware. The bridge calls one method at a time, `stop` excepted: it may come at any moment and goes
 * before whatever waits. Errors are `RobotFault`s that name motor, register and cause; `InputError`s where the user can
 * mend it (no such port, no calibration).
 *
 * Lifecycle: `configure` (unconfigured → inactive), `activate` (→ active), `stop` (→ inactive), `close` (→ finalized).
 * `read` is allowed when inactive, `write` only when active.
 */
export interface Driver {
  /** The motors' own watchdog, s: they stop by themselves when nothing was written for so long; null = they have none. */
  readonly watchdog: number | null;
  /** Opens the port, checks who is there against the robot and its calibration, and sets the motors up. Moves nothing. May be called again after a fault: it begins anew. */
  configure(): Promise<Identity>;
  /** One exchange. Joints that did not answer and are forgiven keep their value and age. */
  read(): Promise<Reading>;
  /**
   * Torque on, holding `command` [J]: where the robot stands, as the bridge read it. Nothing moves.
   * @param effort share of each joint's largest effort, of motors that have a limit of their own; default 1
   */
  activate(command: Float64Array, effort?: number): Promise<void>;
  /** @param command [J], units of `Actuator`. */
  write(command: Float64Array): Promise<void>;
  /** `listener` hears what is read and sent within `activate` and `stop`, for recordings; left out: that is not told. */
  observe?(listener: (exchange: SideExchange) => void): void;
  /** Reports only what it read back: torque off, or at rest with torque on. */
  stop(how: StopHow): Promise<StopReport>;
  /** Leaves the motors as they are and releases the port. May be called twice. */
  close(): Promise<void>;
}

/** What a driver's module exports as default. */
export interface DriverModule {
  readonly name: string;
  /** Whether joints need a calibration file. */
  readonly calibrated: boolean;
  create(options: DriverOptions): Driver;
}
