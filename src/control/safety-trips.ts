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
}

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
      };
    });
  }

  /** Forgets how long anything has lasted. The next reading tells where the robot stands. */
  reset(): void {
    this.#first = true;
    for (const { lasted } of this.#watched) lasted.clear();
  }

  /**
   * `sent` [J]: the command that went out last, NaN where none did; `dt` s since the last check. Returns one line that
   * names joint, value, bound and unit, or null while all is well.
   */
  check(reading: TripReading, sent: ArrayLike<number>, dt: number): string | null {
    this.#dt = Math.max(dt, 0) || 0;
    if (this.#first) this.#stand(reading.position);
    this.#first = false;
    for (const [j, watched] of this.#watched.entries()) {
      const motor = reading.motors.find(({ joint }) => joint === watched.joint.name);
      const cause =
        (motor ? this.#motor(watched, motor) : null) ??
        this.#reading(watched, reading, j) ??
        this.#load(watched, motor, reading.effort[j]) ??
        this.#tracking(watched, reading.position[j], sent[j]);
      if (cause) return `${watched.joint.name}: ${cause}`;
    }
    return null;
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

  #motor(watched: Watched, { temperature, voltage, error }: MotorState): string | null {
    const { temperature: hot, minVoltage: low, maxVoltage: high } = watched.trips;
    if (error) return `its motor reports ${error}`;
    if (hot !== undefined && this.#lasts(watched, 'temperature', temperature > hot))
      return `${round(temperature)} °C, at most ${hot} °C; let it cool down`;
    if (low !== undefined && this.#lasts(watched, 'low voltage', voltage < low))
      return `${round(voltage)} V, at least ${low} V; check its supply`;
    if (high !== undefined && this.#lasts(watched, 'high voltage', voltage > high))
      return `${round(voltage)} V, at most ${high} V; check its supply`;
    return null;
  }

  #reading(watched: Watched, { position, velocity, age }: TripReading, j: number): string | null {
    const { age: oldest, beyond, overspeed } = watched.trips;
    const { unit, low, high } = watched;
    const at = position[j];
    if (oldest !== undefined && age && age[j] > oldest)
      return `its reading is ${round(age[j])} s old, at most ${oldest} s; check its cable`;
    if (beyond !== undefined && this.#lasts(watched, 'beyond', at > high + beyond || at < low - beyond)) {
      const [by, end] = at > high ? [at - high, high] : [low - at, low];
      return `${round(by)} ${unit} beyond ${round(end)} ${unit}, at most ${beyond} ${unit}; check its calibration`;
    }
    if (overspeed === undefined) return null;
    const fastest = overspeed * watched.joint.maxVelocity;
    const speed = Math.abs(velocity[j]);
    return this.#lasts(watched, 'overspeed', speed > fastest)
      ? `${round(speed)} ${unit}/s, at most ${round(fastest)} ${unit}/s`
      : null;
  }

  #load(watched: Watched, motor: MotorState | undefined, effort: number): string | null {
    const { load: most, loadTime } = watched.trips;
    if (most === undefined) return null;
    const told = motor ? Math.abs(motor.load) : Number.NaN;
    const load = Number.isNaN(told) ? Math.abs(effort) / watched.effort : told;
    return this.#lasts(watched, 'load', load > most, loadTime)
      ? `load ${round(100 * load)} % for ${round(loadTime)} s, at most ${round(100 * most)} %; is it blocked?`
      : null;
  }

  #tracking({ servo, unit, trips, ...watched }: Watched, at: number, sent: number): string | null {
    const { tracking: most, trackingTime } = trips;
    if (most === undefined || !servo) return null;
    const error = Math.abs(at - sent);
    return this.#lasts(watched, 'tracking', error > most, trackingTime)
      ? `${round(error)} ${unit} from its command for ${round(trackingTime)} s, at most ${most} ${unit}; is it blocked?`
      : null;
  }

  /** Whether it has been beyond, at every check, for `least` s. What is not a number is not beyond. */
  #lasts({ lasted }: Pick<Watched, 'lasted'>, what: string, beyond: boolean, least = MOMENT): boolean {
    const time = beyond ? (lasted.get(what) ?? 0) + this.#dt : 0;
    lasted.set(what, time);
    return beyond && time >= least - 1e-9;
  }
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
