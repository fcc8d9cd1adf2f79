import { InputError, RobotFault } from '../core/errors.ts';
import type { HardwareSpec, JointSafety } from '../core/hardware.ts';
import type { Actuator, RobotModel } from '../core/robot.ts';

/** For so long after a reset, s, no position command leaves ± the step clamp about where the robot stood. */
const SETTLING = 0.1;
/** Commands that differ by less, in their unit, count as the same. */
const SAME = 1e-9;

type Reason = 'step' | 'velocity' | 'acceleration' | 'position' | 'effort' | 'not a number';

interface Limit extends JointSafety {
  readonly joint: string;
  readonly kind: Actuator['kind'];
  /** The joint's range less the margin. */
  readonly low: number;
  readonly high: number;
}

/** What was read last [J], units of `Actuator`; NaN: not told, the last value that was counts. */
export interface JointReading {
  readonly position: ArrayLike<number>;
  readonly velocity: ArrayLike<number>;
}

/**
 * The last thing before a command goes out. Whatever is asked of a position servo, what is sent
 * - stays in the joint's range less its margin; a joint that stands outside is led back and never sent farther out;
 * - changes no faster than `velocity`; that rate changes no faster than `acceleration`, and is braked in time for the range;
 * - goes no farther than `step` from where the joint is. Where the joint was moved away from it, it follows as fast as
 *   the above allow; to stop at the clamp's edge it may brake harder than `acceleration`;
 * - is the present position at first, and for 0.1 s within ± `step` of it.
 *
 * A rate is kept within ± `velocity`, changes by `acceleration`, and ends in time for the range. An effort is kept within
 * ± `effort`, and is 0 where it would push a joint further out of its range or beyond `velocity`, as in ros2_control.
 * What is no number is refused as a whole: positions brake to rest, rates and efforts go to 0.
 */
export class CommandLimiter {
  /** Those that rule, one of the two. */
  #limits: readonly Limit[];
  readonly #usual: readonly Limit[];
  readonly #exploring: readonly Limit[];
  readonly #longest: number;
  /** Where each joint is, as far as known; where it was at the reset. */
  readonly #here: Float64Array;
  readonly #start: Float64Array;
  /** The last command and the one before, and how fast the last changed. */
  readonly #sent: Float64Array;
  readonly #before: Float64Array;
  readonly #rate: Float64Array;
  /** s since the reset; NaN: there was none. */
  #time = Number.NaN;
  #noted: string[] = [];

  constructor(robot: RobotModel, hardware: HardwareSpec) {
    this.#usual = robot.actuators.map(({ joint, kind }) => {
      const limits = hardware.limits[joint];
      const found = robot.joints.find(({ name }) => name === joint);
      if (!limits || !found)
        throw new InputError(`robot ${robot.name}: joint "${joint}" has no limits; see hardware.limits`);
      const low = found.lower + limits.margin;
      const high = found.upper - limits.margin;
      if (!(low < high))
        throw new InputError(`robot ${robot.name}: the margin of joint "${joint}" leaves it no range`);
      return { ...limits, joint, kind, low, high };
    });
    const { velocity = Infinity, acceleration = Infinity, effort = 1 } = hardware.exploration ?? {};
    this.#exploring = this.#usual.map((limit) => ({
      ...limit,
      velocity: Math.min(limit.velocity, velocity),
      acceleration: Math.min(limit.acceleration, acceleration),
      effort: limit.effort * effort,
    }));
    this.#limits = this.#usual;
    // A cycle that comes late does not make up for what it missed.
    this.#longest = 2 / hardware.rate;
    const count = this.#limits.length;
    this.#here = new Float64Array(count);
    this.#start = new Float64Array(count);
    this.#sent = new Float64Array(count);
    this.#before = new Float64Array(count);
    this.#rate = new Float64Array(count);
  }

  /** Begins anew at where the joints are [J], with the limits of exploration or not. Throws RobotFault where that is not known. */
  reset(position: ArrayLike<number>, exploring = false): void {
    this.#limits = exploring ? this.#exploring : this.#usual;
    this.#limits.forEach(({ joint, kind }, j) => {
      if (!Number.isFinite(position[j]))
        throw new RobotFault(`${joint}: its position is not known; nothing can be commanded`);
      this.#here[j] = position[j];
      this.#start[j] = position[j];
      this.#sent[j] = kind === 'position' ? position[j] : 0;
    });
    this.#before.set(this.#sent);
    this.#rate.fill(0);
    this.#time = 0;
  }

  /**
   * Writes to `out` [J] what may be sent instead of `asked` [J], `dt` s after the last. Returns what was limited, such as
   * `elbow_flex: step`. The first call after a reset gives the present position, no rate, no effort.
   */
  limit(asked: ArrayLike<number>, reading: JointReading, dt: number, out: Float64Array): string[] {
    if (Number.isNaN(this.#time)) throw new Error('limit() before reset()');
    this.#noted = [];
    this.#note(reading);
    const passed = dt > 0 ? Math.min(dt, this.#longest) : 0;
    const first = this.#time === 0;
    const refused = this.#refuses(asked);
    this.#before.set(this.#sent);
    for (let j = 0; j < this.#limits.length; j++) {
      const limit = this.#limits[j];
      const wanted = refused ? (limit.kind === 'position' ? this.#sent[j] : 0) : asked[j];
      if (first || passed === 0) {
        if (!refused && Math.abs(wanted - this.#sent[j]) > SAME) this.#say(limit, 'step');
      } else if (limit.kind === 'position') this.#limitPosition(j, limit, wanted, passed);
      else if (limit.kind === 'velocity') this.#limitRate(j, limit, wanted, passed);
      else this.#limitEffort(j, limit, wanted, reading.velocity[j]);
      out[j] = this.#sent[j];
    }
    this.#time += first ? Math.max(passed, Number.MIN_VALUE) : passed;
    return this.#noted;
  }

  /** The last result of `limit` was not sent: position servos keep the command before it, at rest, others get 0. */
  withdraw(out: Float64Array): void {
    this.#limits.forEach(({ kind }, j) => {
      this.#sent[j] = kind === 'position' ? this.#before[j] : 0;
      this.#rate[j] = 0;
      out[j] = this.#sent[j];
    });
    this.#before.set(this.#sent);
  }

  #note({ position }: JointReading): void {
    for (let j = 0; j < this.#here.length; j++) if (Number.isFinite(position[j])) this.#here[j] = position[j];
  }

  #say({ joint }: Limit, reason: Reason): void {
    this.#noted.push(`${joint}: ${reason}`);
  }

  #refuses(asked: ArrayLike<number>): boolean {
    const count = this.#limits.length;
    if (asked.length !== count) {
      this.#noted.push(`command: ${asked.length} values instead of ${count}`);
      return true;
    }
    for (let j = 0; j < count; j++)
      if (!Number.isFinite(asked[j])) this.#say(this.#limits[j], 'not a number');
    return this.#noted.length > 0;
  }

  #limitPosition(j: number, limit: Limit, asked: number, dt: number): void {
    const { step, velocity, acceleration, low, high } = limit;
    const sent = this.#sent[j];
    const rate = this.#rate[j];
    const nearest = this.#here[j] - step;
    const farthest = this.#here[j] + step;
    const settling = this.#time < SETTLING;
    const from = settling ? this.#start[j] - step : -Infinity;
    const to = settling ? this.#start[j] + step : Infinity;
    const target = clamp(clamp(clamp(asked, nearest, farthest), low, high), from, to);

    const away = target - sent;
    const fastest = clamp(away / dt, -velocity, velocity);
    const stopping = rateThatLands(Math.abs(away), acceleration, dt);
    let next = clamp(fastest, -stopping, stopping);
    next = clamp(next, rate - acceleration * dt, rate + acceleration * dt);
    const braked = next;
    // Edges that must not be passed; from outside them only inwards.
    next = Math.min(next, rateTowards(Math.min(high, to) - sent, acceleration, dt));
    next = Math.max(next, -rateTowards(sent - Math.max(low, from), acceleration, dt));
    const free = next;
    next = Math.min(next, Math.max(0, farthest - sent) / dt);
    next = Math.max(next, Math.min(0, nearest - sent) / dt);
    const command = sent + next * dt;
    this.#sent[j] = command;
    this.#rate[j] = next;

    if (Math.abs(command - asked) <= SAME) return;
    if (asked < low || asked > high) this.#say(limit, 'position');
    if (Math.abs(target - clamp(asked, low, high)) > SAME || next !== free) this.#say(limit, 'step');
    if (Math.abs(away / dt) > velocity) this.#say(limit, 'velocity');
    if (Math.abs(braked - fastest) * dt > SAME || free !== braked) this.#say(limit, 'acceleration');
  }

  #limitRate(j: number, limit: Limit, asked: number, dt: number): void {
    const { velocity, acceleration, low, high } = limit;
    const here = this.#here[j];
    const target = clamp(asked, -velocity, velocity);
    const change = acceleration * dt;
    const eased = clamp(target, this.#sent[j] - change, this.#sent[j] + change);
    const up = rateTowards(high - here, acceleration, dt);
    const down = rateTowards(here - low, acceleration, dt);
    const command = clamp(eased, -down, up);
    this.#rate[j] = (command - this.#sent[j]) / dt;
    this.#sent[j] = command;

    if (Math.abs(command - asked) <= SAME) return;
    if (target !== asked) this.#say(limit, 'velocity');
    if (Math.abs(eased - target) > SAME) this.#say(limit, 'acceleration');
    if (command !== eased) this.#say(limit, 'position');
  }

  #limitEffort(j: number, limit: Limit, asked: number, speed: number): void {
    const { effort, velocity, low, high } = limit;
    const here = this.#here[j];
    let command = clamp(asked, -effort, effort);
    if (command !== asked) this.#say(limit, 'effort');
    if ((here >= high && command > 0) || (here <= low && command < 0)) {
      command = 0;
      this.#say(limit, 'position');
    } else if ((speed > velocity && command > 0) || (speed < -velocity && command < 0)) {
      command = 0;
      this.#say(limit, 'velocity');
    }
    this.#sent[j] = command;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Largest rate that, braked by `acceleration` in every further step of `dt`, ends just `distance` away. */
function rateThatLands(distance: number, acceleration: number, dt: number): number {
  // n (n + 1) / 2 steps of acceleration · dt² are covered while braking from n times acceleration · dt.
  const unit = acceleration * dt;
  const steps = distance / (unit * dt);
  const n = Math.floor((Math.sqrt(1 + 8 * steps) - 1) / 2);
  return (unit * (steps + (n * (n + 1)) / 2)) / (n + 1);
}

/**
 * Largest rate towards an edge `distance` away from which, held for `dt`, braking still ends before it, however long the
 * steps to come are: rate · dt + rate² / (2 acceleration) ≤ distance. 0 at the edge and beyond.
 */
function rateTowards(distance: number, acceleration: number, dt: number): number {
  if (!(distance > 0)) return 0;
  const change = acceleration * dt;
  return Math.sqrt(change * change + 2 * acceleration * distance) - change;
}
