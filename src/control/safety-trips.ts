import { InputError } from '../core/errors.ts';
import { type HardwareSpec, type MotorState, type SafetyTrips as Trips, tripsOf } from '../core/hardware.ts';
import type { Joint, RobotModel } from '../core/robot.ts';

/** What has no time of its own must last so long, s: a single reading that is off stops nobody. */
const MOMENT = 0.05;

/** A reading of all joints [J], units of `Actuator`, and of their motors; NaN: not told, so not watched. */
export interface TripReading {
  readonly position: ArrayLike<number>;
  readonly velocity: ArrayLike<number>;
  readonly effort: ArrayLike<number>;
  readonly motors: readonly MotorState[];
  /** s since each joint's value was fresh [J]. */
  readonly age?: ArrayLike<number>;
  /** Why a joint's value is not fresh [J]; undefined = it is, or nobody knows. */
  readonly silence?: readonly (string | undefined)[];
  /** s since the oldest of these values was fresh for which this process did not run. */
  readonly still?: number;
}

/** Why a robot must be stopped. */
export interface Trip {
  /** One line that names joint, value, bound and unit. */
  readonly reason: string;
  /** It may be gone in a moment: see `RobotFault`. */
  readonly passing: boolean;
}

/** Share of the time in which nothing was heard that makes a process that did not run the cause. */
const STILL = 0.5;

interface Watched {
  readonly joint: Joint;
  readonly trips: Trips;
  readonly unit: 'rad' | 'm';
  /** A position servo, so that its command is where it should be. */
  readonly servo: boolean;
  /** N m or N at which a load counts as 1. */
  readonly effort: number;
  /** The joint's range, and where it stood at first. */
  low: number;
  high: number;
  /** s for which each of its quantities has been beyond its bound. */
  readonly lasted: Map<string, number>;
  /** What was said of it since the reset. */
  readonly said: Set<string>;
}

/** What is beyond its bound, and the words for it. */
interface Cause {
  readonly what: string;
  readonly says: string;
  /** Of all joints, so that none is named. */
  readonly all?: boolean;
}

/** Watches readings; says why a robot must be stopped, if it must. */
export class SafetyTrips {
  readonly #watched: readonly Watched[];
  #first = true;
  #dt = 0;

  constructor(robot: RobotModel, hardware: HardwareSpec) {
    this.#watched = robot.actuators.map(({ joint: name, kind, maxEffort }) => {
      const joint = robot.joints.find((candidate) => candidate.name === name);
      if (!joint)
        throw new InputError(`robot ${robot.name}: an actuator drives "${name}", which is no joint`);
      return {
        joint,
        trips: tripsOf(hardware, name),
        unit: joint.kind === 'prismatic' ? 'm' : 'rad',
        servo: kind === 'position',
        effort: hardware.limits[name]?.effort ?? maxEffort,
        low: joint.lower,
        high: joint.upper,
        lasted: new Map(),
        said: new Set(),
      };
    });
  }

  /** Forgets how long anything has lasted, and what was said. The next reading tells where the robot stands. */
  reset(): void {
    this.#first = true;
    for (const { lasted, said } of this.#watched) {
      lasted.clear();
      said.clear();
    }
  }

  /** `sent` [J]: the command that went out last, NaN where none did; `dt` s since the last check. Null while all is well. */
  check(reading: TripReading, sent: ArrayLike<number>, dt: number): Trip | null {
    this.#dt = Math.max(dt, 0) || 0;
    if (this.#first) this.#stand(reading.position);
    this.#first = false;
    let first: Trip | null = null;
    for (const [j, watched] of this.#watched.entries()) {
      const motor = motorOf(watched, reading);
      const health = this.#health(watched, reading, j);
      for (const { what } of health) watched.said.add(what);
      const cause =
        health[0] ??
        this.#motion(watched, reading, j) ??
        this.#load(watched, motor, reading.effort[j]) ??
        this.#tracking(watched, reading.position[j], sent[j]);
      if (!cause) continue;
      watched.said.add(cause.what);
      first ??= tripOf(watched, cause);
    }
    return first;
  }

  /**
   * The same for a robot that holds and is sent nothing: its motors and whether they are heard of, not its motion. What
   * was said since the reset is not said again.
   */
  checkHolding(reading: TripReading, dt: number): Trip | null {
    this.#dt = Math.max(dt, 0) || 0;
    let first: Trip | null = null;
    for (const [j, watched] of this.#watched.entries()) {
      for (const cause of this.#health(watched, reading, j)) {
        if (watched.said.has(cause.what)) continue;
        watched.said.add(cause.what);
        // What befalls several at once, as a supply that fails, is one cause.
        first ??= tripOf(watched, cause);
      }
    }
    return first;
  }

  /** A joint that stands outside of its range is not stopped for that: it must be led back. */
  #stand(position: ArrayLike<number>): void {
    for (const [j, watched] of this.#watched.entries()) {
      const { lower, upper } = watched.joint;
      const at = Number.isFinite(position[j]) ? position[j] : 0.5 * (lower + upper);
      watched.low = Math.min(lower, at);
      watched.high = Math.max(upper, at);
    }
  }

  /** Of the motor, and whether it is heard of; the gravest first. */
  #health(watched: Watched, reading: TripReading, j: number): Cause[] {
    const { temperature: hot, minVoltage: low, maxVoltage: high, age: oldest } = watched.trips;
    const { error = '', temperature = NaN, voltage = NaN } = motorOf(watched, reading) ?? {};
    const age = reading.age?.[j] ?? NaN;
    const causes: Cause[] = [];
    const add = (what: string, says: string) => causes.push({ what, says });
    if (error) add(error, `its motor reports ${error}`);
    if (hot !== undefined && this.#lasts(watched, 'temperature', temperature > hot))
      add('temperature', `${round(temperature)} °C, at most ${hot} °C; let it cool down`);
    if (low !== undefined && this.#lasts(watched, 'low voltage', voltage < low))
      add('low voltage', `${round(voltage)} V, at least ${low} V; check its supply`);
    if (high !== undefined && this.#lasts(watched, 'high voltage', voltage > high))
      add('high voltage', `${round(voltage)} V, at most ${high} V; check its supply`);
    if (oldest !== undefined && age > oldest) causes.push(this.#silence(reading, j, oldest));
    return causes;
  }

  /** @param oldest that the joint's reading may be, s */
  #silence({ age = [], silence, still = 0 }: TripReading, j: number, oldest: number): Cause {
    const since = `${round(age[j])} s`;
    const most = `at most ${oldest} s`;
    const all =
      this.#watched.length > 1 &&
      this.#watched.every(({ trips }, i) => trips.age !== undefined && age[i] > trips.age);
    if (!all)
      return {
        what: 'age',
        says: `its reading is ${since} old, ${most}; ${silence?.[j] ?? 'check its cable'}`,
      };
    const heard = `no joint has been heard of for ${since}, ${most}`;
    const why =
      still > STILL * age[j]
        ? `the computer stood still for ${round(still)} s of it: it slept or is overloaded`
        : (silence?.[j] ?? 'check its cable and its supply');
    return { what: 'age', says: `${heard}; ${why}`, all };
  }

  #motion(watched: Watched, { position, velocity }: TripReading, j: number): Cause | null {
    const { beyond, overspeed } = watched.trips;
    const { unit, low, high } = watched;
    const at = position[j];
    if (beyond !== undefined && this.#lasts(watched, 'beyond', at > high + beyond || at < low - beyond)) {
      const [by, end] = at > high ? [at - high, high] : [low - at, low];
      const says = `${round(by)} ${unit} beyond ${round(end)} ${unit}, at most ${beyond} ${unit}; check its calibration`;
      return { what: 'beyond', says };
    }
    if (overspeed === undefined) return null;
    const fastest = overspeed * watched.joint.maxVelocity;
    const speed = Math.abs(velocity[j]);
    return this.#lasts(watched, 'overspeed', speed > fastest)
      ? { what: 'overspeed', says: `${round(speed)} ${unit}/s, at most ${round(fastest)} ${unit}/s` }
      : null;
  }

  #load(watched: Watched, motor: MotorState | undefined, effort: number): Cause | null {
    const { load: most, loadTime } = watched.trips;
    if (most === undefined) return null;
    const told = motor ? Math.abs(motor.load) : Number.NaN;
    const load = Number.isNaN(told) ? Math.abs(effort) / watched.effort : told;
    if (!this.#lasts(watched, 'load', load > most, loadTime)) return null;
    const says = `load ${round(100 * load)} % for ${round(loadTime)} s, at most ${round(100 * most)} %; is it blocked?`;
    return { what: 'load', says };
  }

  #tracking({ servo, unit, trips, ...watched }: Watched, at: number, sent: number): Cause | null {
    const { tracking: most, trackingTime } = trips;
    if (most === undefined || !servo) return null;
    const error = Math.abs(at - sent);
    if (!this.#lasts(watched, 'tracking', error > most, trackingTime)) return null;
    const says = `${round(error)} ${unit} from its command for ${round(trackingTime)} s, at most ${most} ${unit}; is it blocked?`;
    return { what: 'tracking', says };
  }

  /** Whether it has been beyond, at every check, for `least` s. What is not a number is not beyond. */
  #lasts({ lasted }: Pick<Watched, 'lasted'>, what: string, beyond: boolean, least = MOMENT): boolean {
    const time = beyond ? (lasted.get(what) ?? 0) + this.#dt : 0;
    lasted.set(what, time);
    return beyond && time >= least - 1e-9;
  }
}

function tripOf({ joint }: Pick<Watched, 'joint'>, { what, says, all }: Cause): Trip {
  return { reason: all ? says : `${joint.name}: ${says}`, passing: what === 'age' };
}

function motorOf({ joint }: Pick<Watched, 'joint'>, { motors }: TripReading): MotorState | undefined {
  return motors.find((motor) => motor.joint === joint.name);
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
