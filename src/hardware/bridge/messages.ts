import type { Exchange, HardwareReport, StopHow } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import type { DriverOptions, Identity } from '../driver.ts';

/** What a bridge is told once. */
export interface BridgeOptions extends DriverOptions {
  /** URL of the driver's module, where it is one of the user's own; a shipped driver goes by `hardware.driver`. */
  readonly driverModule?: string;
  /** s; every so many cycles of the bridge a reading is one that the controller acts on. */
  readonly controlPeriod: number;
  /** All but writing. */
  readonly dryRun: boolean;
  /** s without a command, or without a heartbeat of the controlling process, after which it stops; default 0.15. */
  readonly watchdog?: number;
}

/** Arrays by actuator [J], units of `Actuator`. */
export interface TickReading {
  readonly cycle: number;
  /** When it was complete, ms of the machine's monotonic clock. */
  readonly readAt: number;
  readonly position: Float64Array;
  /** NaN = not told. */
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
}

/**
 * What the controlling process says. `beat` counts what its main thread does on a timer: when it stands still the
 * process hangs, even though another of its threads still talks.
 */
export type ToBridge =
  | { readonly type: 'configure'; readonly call: number; readonly options: BridgeOptions }
  | { readonly type: 'activate'; readonly call: number; readonly exploring: boolean }
  /** Leads the joints to `target` [J] at the reset velocity, limits and checks applied; the robot is active. */
  | { readonly type: 'move'; readonly call: number; readonly target: Float64Array }
  /** `how` undefined: as the robot's policy says. */
  | { readonly type: 'stop'; readonly call: number; readonly how?: StopHow }
  /** Stops as the policy says, closes the port and ends the process. */
  | { readonly type: 'finalize'; readonly call: number }
  /** The newest wins. @property command [J], units of `Actuator`. */
  | { readonly type: 'command'; readonly command: Float64Array; readonly beat: number }
  | { readonly type: 'heartbeat'; readonly beat: number };

export type FromBridge =
  | { readonly type: 'configured'; readonly call: number; readonly identity: Identity }
  | { readonly type: 'done'; readonly call: number; readonly stop?: StopReport }
  | {
      readonly type: 'refused';
      readonly call: number;
      readonly kind: 'input' | 'fault' | 'bug';
      readonly message: string;
      readonly stack?: string;
      /** Of a fault, see `RobotFault`. */
      readonly passing?: boolean;
    }
  /** The controller acts on this reading: told at once, before its exchange is over. */
  | { readonly type: 'tick'; readonly tick: TickReading }
  | { readonly type: 'exchange'; readonly exchange: Exchange }
  /** An active robot was stopped though nobody asked for it. */
  | { readonly type: 'halted'; readonly reason: string; readonly passing: boolean }
  | { readonly type: 'report'; readonly report: HardwareReport }
  | { readonly type: 'log'; readonly level: 'info' | 'warning' | 'error'; readonly message: string };

/** What a bridge tells of its own accord; answers to calls are what its methods return. */
export type Told = Extract<FromBridge, { readonly type: 'tick' | 'exchange' | 'halted' | 'report' | 'log' }>;
