import { InputError } from '../core/errors.ts';
import type { Exchange } from '../core/hardware.ts';
import type { RobotModel } from '../core/robot.ts';
import { actuatorsOf } from '../robot/actuated-joints.ts';

/** What a robot was told and where it was at one reading. */
export interface TraceRow {
  /** When the positions were read, s of any clock. */
  readonly time: number;
  /** When `sent` went out, s of the same clock; NaN = nothing was sent. */
  readonly sentAt: number;
  /** The command, one value an actuator [K]; NaN = none. */
  readonly sent: ArrayLike<number>;
  /** Coordinates [D], rad or m, and rates, rad/s or m/s; NaN = not told. */
  readonly position: ArrayLike<number>;
  readonly velocity?: ArrayLike<number>;
}

/** Rows `from` … `to` − 1, without gaps, under commands all along. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** Commands sent and positions read, as arrays; row-major, K actuators, D coordinates. */
export interface Trace {
  /** s since the first row; ascending within a piece [T]. */
  readonly times: Float64Array;
  /** When `sent` went out, s [T]. */
  readonly sentAt: Float64Array;
  /** The command in force since then [T, K]. */
  readonly sent: Float64Array;
  /** NaN = missed [T, D]. */
  readonly position: Float64Array;
  /** NaN = not told [T, D]. */
  readonly velocity: Float64Array;
  readonly pieces: readonly Piece[];
}

/** Coordinates D of its rows. */
export function sizeOf({ position, times }: Pick<Trace, 'position' | 'times'>): number {
  return position.length / times.length;
}

/** Between two readings, s; or three of the recording's own intervals. */
const longestGap = 0.1;
/** rad/s or m/s of a joint without a limit; what a misread position is off by at least, rad or m. */
const unlimitedVelocity = 10;
const spike = 0.02;
/** A robot that was sent nothing for longer is not under command, s. */
const longestSilence = 0.2;

/**
 * Orders rows into pieces. Left out: readings without any position, and all that lies outside commands.
 * @param where names the recording in errors. Throws InputError where nothing is left.
 */
export function traceOf(robot: RobotModel, rows: readonly TraceRow[], where: string): Trace {
  const size = robot.movable.length;
  const actuators = robot.actuators.length;
  const wrong = rows.find((row) => row.position.length !== size || row.sent.length !== actuators);
  if (wrong)
    throw new InputError(
      `${where}: has ${wrong.sent.length} commands and ${wrong.position.length} positions a row, ${robot.name} has ${actuators} actuators and ${size} joints; name the robot that was recorded by --robot`,
    );
  const gap = Math.max(longestGap, 3 * medianInterval(rows));
  const kept: { row: TraceRow; sent: Float64Array; sentAt: number }[] = [];
  const pieces: Piece[] = [];
  let from = 0;
  const close = () => {
    if (kept.length - from > 1) pieces.push({ from, to: kept.length });
    from = kept.length;
  };
  let command: Float64Array | undefined;
  let commandedAt = Number.NaN;
  let last = Number.NaN;
  for (const row of rows) {
    if (!Number.isFinite(row.time)) continue;
    if (row.time <= last || row.time - last > gap) {
      close();
      command = undefined;
    }
    if (Number.isFinite(row.sentAt) && Array.from(row.sent).every(Number.isFinite)) {
      command = Float64Array.from(row.sent);
      commandedAt = row.sentAt;
    } else if (command && row.time - commandedAt > longestSilence) {
      close();
      command = undefined;
    }
    if (!Array.from(row.position).some(Number.isFinite)) continue;
    last = row.time;
    if (command) kept.push({ row, sent: command, sentAt: commandedAt });
  }
  close();
  if (pieces.length === 0)
    throw new InputError(
      rows.length === 0
        ? `${where}: holds no exchanges with a robot; record one with premotor run`
        : `${where}: nothing was sent to the robot in its ${rows.length} readings (a dry run?); record one that moves`,
    );
  const count = kept.length;
  const trace = {
    times: new Float64Array(count),
    sentAt: new Float64Array(count),
    sent: new Float64Array(count * actuators),
    position: new Float64Array(count * size),
    velocity: new Float64Array(count * size).fill(Number.NaN),
    pieces,
  };
  const began = kept[0].row.time;
  for (const [t, { row, sent, sentAt }] of kept.entries()) {
    trace.times[t] = row.time - began;
    trace.sentAt[t] = sentAt - began;
    trace.sent.set(sent, t * actuators);
    for (let d = 0; d < size; d++) {
      trace.position[t * size + d] = finiteOr(row.position[d]);
      if (row.velocity) trace.velocity[t * size + d] = finiteOr(row.velocity[d]);
    }
  }
  for (const [d, j] of robot.movable.entries()) dropSpikes(trace, d, robot.joints[j].maxVelocity);
  return trace;
}

/** A reading that lies off the median of five by more than three intervals' fastest motion is one that was misread. */
function dropSpikes(trace: Trace, d: number, maxVelocity: number): void {
  const { times, position, pieces } = trace;
  const size = sizeOf(trace);
  const fastest = maxVelocity > 0 && maxVelocity < Infinity ? maxVelocity : unlimitedVelocity;
  for (const { from, to } of pieces) {
    const read = Float64Array.from({ length: to - from }, (_, i) => position[(from + i) * size + d]);
    for (let i = 0; i < read.length; i++) {
      const near = read
        .subarray(Math.max(0, i - 2), i + 3)
        .filter((value) => !Number.isNaN(value))
        .sort();
      const interval = (times[Math.min(to - 1, from + i + 1)] - times[Math.max(from, from + i - 1)]) / 2;
      const off = Math.abs(read[i] - near[near.length >> 1]);
      if (off > 3 * fastest * interval + spike) position[(from + i) * size + d] = Number.NaN;
    }
  }
}

/** The exchanges of a bridge with a robot each of whose joints has an actuator. Throws InputError. */
export function traceOfExchanges(robot: RobotModel, exchanges: readonly Exchange[], where: string): Trace {
  const actuator = actuatorsOf(robot);
  const rows = exchanges.map((exchange) => ({
    time: (Number.isFinite(exchange.readAt) ? exchange.readAt : exchange.began) / 1000,
    sentAt: exchange.sentAt / 1000,
    sent: exchange.sent,
    position: actuator.map((i) => exchange.position[i]),
    velocity: actuator.map((i) => exchange.velocity[i]),
  }));
  const wrong = exchanges.find(({ position }) => position.length !== robot.actuators.length);
  if (wrong)
    throw new InputError(
      `${where}: was recorded from a robot with ${wrong.position.length} motors, ${robot.name} has ${robot.actuators.length}; name the robot that was recorded by --robot`,
    );
  return traceOf(robot, rows, where);
}

function medianInterval(rows: readonly TraceRow[]): number {
  const intervals = rows
    .slice(1)
    .map(({ time }, i) => time - rows[i].time)
    .filter((dt) => dt > 0)
    .sort((a, b) => a - b);
  return intervals[intervals.length >> 1] ?? 0;
}

function finiteOr(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
