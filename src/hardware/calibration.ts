import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import type { HardwareSpec } from '../core/hardware.ts';
import type { Joint, RobotModel } from '../core/robot.ts';
import { MIDDLE_TICK, TICKS_PER_TURN, tickInTurn } from './register.ts';

/** Where a motor's ticks lie on its joint. */
export interface MotorCalibration {
  readonly id: number;
  readonly model: string;
  /** What the motor's homing-offset register holds, counts. */
  readonly homingOffset: number;
  /** Ticks at the ends of the joint's range, as the motor reports them with that offset; lower < upper. */
  readonly rangeMin: number;
  readonly rangeMax: number;
}

/** How one particular robot sits on its motors; stored as JSON, one file a robot. */
export interface Calibration {
  readonly format: 1;
  readonly robot: string;
  readonly driver: string;
  /** Of the adapter or the robot; null where nothing tells one from another. */
  readonly serial: string | null;
  /** ISO 8601 */
  readonly date: string;
  /** By joint name. */
  readonly motors: Readonly<Record<string, MotorCalibration>>;
}

const tick = z
  .int()
  .min(0)
  .max(TICKS_PER_TURN - 1);

/** The file. */
export const calibrationJson = z.strictObject({
  format: z.literal(1),
  robot: z.string(),
  driver: z.string(),
  serial: z.string().nullable(),
  date: z.iso.datetime(),
  motors: z.record(
    z.string(),
    z
      .strictObject({
        id: z.int().min(0).max(253),
        model: z.string(),
        homingOffset: z.int().min(-TICKS_PER_TURN).max(TICKS_PER_TURN),
        rangeMin: tick,
        rangeMax: tick,
      })
      .refine(({ rangeMin, rangeMax }) => rangeMin < rangeMax, 'rangeMin must be below rangeMax'),
  ),
});

/** A joint with a range wider than this, ticks (300°), cannot be swept without passing the end of the turn. */
export const WIDEST_SWEEP = (300 * TICKS_PER_TURN) / 360;

/** Of calibrations that nobody measured; a date of today would make each start of an emulator another robot. */
const NEVER = new Date(0).toISOString();

/** The measured range may differ from the URDF's by this share of it, or by this angle, rad, whichever is more. */
const WIDTH_SHARE = 0.1;
const WIDTH_ANGLE = (5 * Math.PI) / 180;

/** Ticks that the motors' own limits lie beyond the range: pressed against its stop, a joint stands a little outside. */
const LIMIT_SLACK = 23;

/** What a calibrated motor's registers hold, counts, by name; both families. */
export function calibratedRegisters({ homingOffset, rangeMin, rangeMax }: MotorCalibration) {
  return {
    homing_offset: homingOffset,
    min_position: Math.max(0, rangeMin - LIMIT_SLACK),
    max_position: Math.min(TICKS_PER_TURN - 1, rangeMax + LIMIT_SLACK),
  };
}

/** Width of a joint's range, ticks; undefined for one without limits. */
export function ticksOfRange({ lower, upper }: Joint): number | undefined {
  return Number.isFinite(upper - lower) ? ((upper - lower) * TICKS_PER_TURN) / (2 * Math.PI) : undefined;
}

/**
 * A robot whose every joint has the middle of its URDF's range at tick 2048: what emulators are, and nobody's arm.
 * @throws InputError when the robot has no motors.
 */
export function defaultCalibration(robot: RobotModel): Calibration {
  const { hardware } = robot;
  if (hardware === undefined || hardware.motors.length === 0) {
    throw new InputError(
      `robot ${robot.name} has no motors; name them in its robot.json, key hardware.motors`,
    );
  }
  const motors = hardware.motors.map(({ joint, id, model }) => {
    const width = ticksOfRange(robot.joints.find(({ name }) => name === joint)!);
    const half = Math.min(MIDDLE_TICK - 1, Math.round((width ?? TICKS_PER_TURN) / 2));
    const range = { rangeMin: MIDDLE_TICK - half, rangeMax: MIDDLE_TICK + half };
    return [joint, { id, model, homingOffset: 0, ...range }] as const;
  });
  return {
    ...{ format: 1, robot: robot.name, driver: hardware.driver, serial: null },
    date: NEVER,
    motors: Object.fromEntries(motors),
  };
}

/** Checks a calibration against robot.json and URDF. @throws InputError that says what does not fit. */
export function checkCalibration(calibration: Calibration, robot: RobotModel, hardware: HardwareSpec): void {
  const fail = (what: string): never => {
    throw new InputError(`${nameOf(calibration)} ${what}; calibrate again: ${command(calibration)}`);
  };
  if (calibration.robot !== robot.name) fail(`is not of robot ${robot.name}`);
  if (calibration.driver !== hardware.driver) {
    fail(`was made with driver ${calibration.driver}, and robot.json names ${hardware.driver}`);
  }
  for (const { joint, id, model } of hardware.motors) {
    const motor = calibration.motors[joint];
    if (motor === undefined) {
      fail(`lacks joint ${joint}`);
      continue;
    }
    if (motor.id !== id) fail(`has ${joint} on motor ${motor.id}, and robot.json on motor ${id}`);
    if (motor.model !== model) fail(`has a ${motor.model} on ${joint}, and robot.json a ${model}`);
    const problem = widthProblem(motor, robot.joints.find(({ name }) => name === joint)!);
    if (problem) fail(`has ${problem}`);
  }
}

/** What is odd about the width of a measured range, for people; undefined when it agrees with the URDF's. */
export function widthProblem(
  motor: Pick<MotorCalibration, 'rangeMin' | 'rangeMax'>,
  joint: Joint,
): string | undefined {
  const expected = ticksOfRange(joint);
  if (expected === undefined) return undefined;
  const width = motor.rangeMax - motor.rangeMin;
  const allowed = Math.max(expected * WIDTH_SHARE, (WIDTH_ANGLE * TICKS_PER_TURN) / (2 * Math.PI));
  if (Math.abs(width - Math.min(expected, TICKS_PER_TURN - 1)) <= allowed) return undefined;
  return `a range of ${degrees(width)}° for ${joint.name}, and the URDF says ${degrees(expected)}°`;
}

/**
 * The joint whose range lies farthest from where another calibration has it, in the encoder's own turn, rad. Joints
 * wider than `WIDEST_SWEEP` lie where a hand put them, and tell nothing.
 */
export function farthestShift(
  before: Calibration,
  now: Calibration,
  offsetSign: 1 | -1,
): { readonly joint: string; readonly angle: number } | undefined {
  const shifts = Object.entries(now.motors).flatMap(([joint, motor]) => {
    const former = before.motors[joint];
    if (former === undefined || motor.rangeMax - motor.rangeMin > WIDEST_SWEEP) return [];
    const ticks = tickInTurn(middle(motor, offsetSign) - middle(former, offsetSign) + TICKS_PER_TURN / 2);
    return [{ joint, angle: (Math.abs(ticks - TICKS_PER_TURN / 2) * 2 * Math.PI) / TICKS_PER_TURN }];
  });
  return shifts.sort((a, b) => b.angle - a.angle)[0];
}

/** Of a range, ticks before any offset. */
function middle({ rangeMin, rangeMax, homingOffset }: MotorCalibration, offsetSign: 1 | -1): number {
  return (rangeMin + rangeMax) / 2 - offsetSign * homingOffset;
}

/** Whether it was made with another adapter than that of this serial number: perhaps of another robot. */
export function isOfOther({ serial: made }: Calibration, serial: string | null): boolean {
  return serial !== null && made !== null && serial !== made;
}

/** @throws InputError where it is of another adapter. */
export function checkSerial(calibration: Calibration, serial: string | null): void {
  if (!isOfOther(calibration, serial)) return;
  throw new InputError(
    `${nameOf(calibration)} was made with adapter ${calibration.serial}, and this is ${serial}: another robot? If it is the same, name the file with --calibration; else calibrate this one: ${command(calibration)}`,
  );
}

/** What motors hold against what the file says: by joint, counts by register. @throws InputError */
export function compareWithMotors(
  calibration: Calibration,
  held: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  for (const [joint, motor] of Object.entries(calibration.motors)) {
    for (const [register, wanted] of Object.entries(calibratedRegisters(motor))) {
      const found = held[joint]?.[register];
      if (found === undefined || found === wanted) continue;
      throw new InputError(
        `${nameOf(calibration)} does not fit: motor ${motor.id} (${joint}) holds ${register} ${found}, the file says ${wanted}; ` +
          `another robot, or calibrated elsewhere since. Calibrate again: ${command(calibration)}`,
      );
    }
  }
}

/** The day, or that nobody measured it. */
export function dayOf({ date }: Calibration): string {
  return date === NEVER ? 'emulated' : date.slice(0, 10);
}

function nameOf(calibration: Calibration): string {
  return `the calibration of ${calibration.robot} (${dayOf(calibration)})`;
}

function command({ robot }: Calibration): string {
  return `premotor hardware calibrate ${robot} --port …`;
}

function degrees(ticks: number): string {
  return ((ticks * 360) / TICKS_PER_TURN).toFixed(0);
}
