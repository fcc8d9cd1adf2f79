import type { Lifecycle, StopReport } from './lifecycle.ts';

/** A servo and the joint it moves: joint = sign · motor angle + what calibration says. */
export interface MotorSpec {
  readonly joint: string;
  /** On its bus. */
  readonly id: number;
  /** e.g. `sts3215`, `xl430-w250`. */
  readonly model: string;
  readonly sign: 1 | -1;
}

/** What a command for one joint may do. Units of the joint: rad or m. */
export interface JointSafety {
  /** The step clamp: a position command lies no farther from where the joint is. */
  readonly step: number;
  /** Fastest change of a position command; largest rate commanded. Per s. */
  readonly velocity: number;
  /** Fastest change of that rate. Per s². */
  readonly acceleration: number;
  /** Largest effort, N m or N; set in the motor where it has a limit of its own. */
  readonly effort: number;
  /** Kept from the joint's own limits. */
  readonly margin: number;
}

/** What lowers the limits of all joints while actions are random; undefined = it does not. */
export interface ExplorationLimits {
  /** rad/s or m/s */
  readonly velocity?: number;
  /** rad/s² or m/s² */
  readonly acceleration?: number;
  /** Share of each joint's largest. */
  readonly effort?: number;
}

/** Readings beyond which a robot is stopped; undefined = as `HardwareSpec.jointTrips` says, else not watched. */
export interface SafetyTrips {
  /** °C */
  readonly temperature?: number;
  /** V */
  readonly minVoltage?: number;
  readonly maxVoltage?: number;
  /** Effort as a share of the joint's largest, for longer than `loadTime`, s. */
  readonly load?: number;
  readonly loadTime: number;
  /** Distance of joint and command, rad or m, for longer than `trackingTime`, s. */
  readonly tracking?: number;
  readonly trackingTime: number;
  /** Rate of a joint as a factor on its limit `maxVelocity`. */
  readonly overspeed?: number;
  /** Farther outside of its range than it stood at first, rad or m. */
  readonly beyond?: number;
  /** Since a joint's value was fresh, s. */
  readonly age?: number;
}

/** What is done when a robot must not go on: it holds where it is, then its torque goes off after so many s; null = never. */
export interface StopPolicy {
  readonly release: number | null;
}

/** The part `hardware` of a robot.json: the real robot. */
export interface HardwareSpec {
  /** A shipped driver's name, or a module of one's own: a path relative to the robot.json. */
  readonly driver: string;
  readonly motors: readonly MotorSpec[];
  /** bits/s */
  readonly baud: number;
  /** Hz at which the bridge reads, checks and writes. */
  readonly rate: number;
  /** By joint name; every actuated joint has an entry. */
  readonly limits: Readonly<Record<string, JointSafety>>;
  readonly exploration?: ExplorationLimits;
  /** The tip stays in this box, m, world frame; null = anywhere, undefined = nobody said. */
  readonly workspace?: {
    readonly min: readonly [number, number, number];
    readonly max: readonly [number, number, number];
  } | null;
  /** Nothing but what stands on it comes nearer to this height, m; null = no floor, undefined = nobody said. */
  readonly floor?: number | null;
  /** Least distance of links that are not neighbours, m; null or undefined = not checked. */
  readonly clearance?: number | null;
  readonly trips: SafetyTrips;
  /** By joint name: what follows from its limits and its motor where robot.json does not say it. */
  readonly jointTrips?: Readonly<Record<string, Partial<SafetyTrips>>>;
  readonly stop: StopPolicy;
  /** rad/s or m/s at which a robot is led to the start of an episode. */
  readonly resetVelocity: number;
  /** The driver's own. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What one joint is stopped for. */
export function tripsOf(
  { trips, jointTrips }: Pick<HardwareSpec, 'trips' | 'jointTrips'>,
  joint: string,
): SafetyTrips {
  return { ...jointTrips?.[joint], ...trips };
}

/** `hold`: it stays where it is, torque on; `release`: torque off. */
export type StopHow = 'hold' | 'release';

/** How a motor is; NaN where the robot does not tell. */
export interface MotorState {
  readonly joint: string;
  /** °C, V, A */
  readonly temperature: number;
  readonly voltage: number;
  readonly current: number;
  /** Effort as a share of the largest, −1 … 1. */
  readonly load: number;
  /** What it complains of; empty = nothing. */
  readonly error: string;
  /** Requests that it did not answer, since it was configured. */
  readonly misses: number;
}

/** One cycle of a bridge: what was read, what was asked of it and what it sent. Arrays by actuator [J], units of `Actuator`. */
export interface Exchange {
  /** Of the bridge's grid, from 0; those that it came too late for, and those in which it activates or stops, are counted and not told. What is read and sent to activate or to stop counts with the cycle before it, -1 where there is none. */
  readonly cycle: number;
  /** Of the cycles that took place, from 0, so that one that is lost shows; undefined for what goes with the cycle before it. */
  readonly count?: number;
  /** ms of the machine's monotonic clock: when the cycle began; when the reading was complete; when the command was out (NaN: none). */
  readonly began: number;
  readonly readAt: number;
  readonly sentAt: number;
  /** rad or m, rad/s or m/s, N m or N; NaN = not told. */
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  /** The command as it came, and as it was sent; NaN = none. */
  readonly asked: Float64Array;
  readonly sent: Float64Array;
  /** What made `sent` differ from `asked`, e.g. `elbow_flex: step`. */
  readonly limited: readonly string[];
}

/** What a reason of `Exchange.limited` counts as: where a path was blocked differs from one command to the next. */
export function limitOf(reason: string): string {
  return reason.startsWith('path: ') ? 'path' : reason;
}

/** How a bridge's loop keeps its rate. */
export interface LoopReport {
  /** Hz, over the last second. */
  readonly rate: number;
  /** Cycles whose work took longer than the period; cycles left out for it. */
  readonly overruns: number;
  readonly skipped: number;
  /** Deviation of the cycles' intervals from the period, ms, absolute. */
  readonly jitterMs: { readonly mean: number; readonly p99: number; readonly max: number };
  /** Time of reading, ms. */
  readonly readMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** How the real robot is, some times a second and at every change. */
export interface HardwareReport {
  readonly lifecycle: Lifecycle;
  /** e.g. `feetech on /dev/ttyACM0`. */
  readonly name: string;
  readonly dryRun: boolean;
  readonly motors: readonly MotorState[];
  readonly loop: LoopReport;
  /** Commands that were changed, by reason, since the bridge began. */
  readonly limited: Readonly<Record<string, number>>;
  /** Why it does not move; null while all is well. */
  readonly fault: string | null;
  /** The stop that ended its last activity and what of it was verified; null before the first, and from then on that it is activated until it has been stopped. */
  readonly stop: StopReport | null;
  /** Unix time − monotonic clock, ms; and, where the robot has a clock, its time − ours. */
  readonly clock: { readonly unixOffset: number; readonly robotOffset: number | null };
}
