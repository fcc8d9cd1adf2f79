import { readTime } from './messages.ts';
import { RobotClock } from './robot-clock.ts';

/** Joints in one message, at most. */
const MAX_JOINTS = 4096;
/** Rates are told by differences over at least this, s. */
const SHORTEST = 1e-3;

/**
 * The newest state of each joint, from messages `sensor_msgs/JointState` by whoever publishes them: names in any order,
 * of a part of the joints, with others among them. Arrays are [J] in the order of `joints`; rad or m, rad/s or m/s, N m
 * or N. Nothing that arrives makes it throw.
 */
export class JointStates {
  readonly joints: readonly string[];
  readonly position: Float64Array;
  /** As told; where it is not, the difference of the last two positions over the time between them, NaN before. */
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  /** When, by our clock, the value was true, s; −Infinity: never told. */
  readonly told: Float64Array;
  /** When it arrived, s. */
  readonly arrived: Float64Array;
  /** How often a joint's position was there as null. */
  readonly blanks: Uint32Array;
  readonly clock = new RobotClock();
  /** Messages: all; that were no joint states; that came again or after a newer one. */
  messages = 0;
  malformed = 0;
  late = 0;
  /** Joints of the last message, for people. */
  named: readonly string[] = [];
  readonly #index: ReadonlyMap<string, number>;
  /** The robot's stamp of each joint's value, s. */
  readonly #stamp: Float64Array;

  readonly #stamped: boolean;

  /** @param stamped false: stamps are not looked at, arrival counts. */
  constructor(joints: readonly string[], stamped = true) {
    this.joints = joints;
    this.#stamped = stamped;
    this.#index = new Map(joints.map((joint, j) => [joint, j]));
    const values = (fill: number) => new Float64Array(joints.length).fill(fill);
    this.position = values(Number.NaN);
    this.velocity = values(Number.NaN);
    this.effort = values(Number.NaN);
    this.told = values(Number.NEGATIVE_INFINITY);
    this.arrived = values(Number.NEGATIVE_INFINITY);
    this.#stamp = values(Number.NEGATIVE_INFINITY);
    this.blanks = new Uint32Array(joints.length);
  }

  /** Joints whose position was never told. */
  missing(): string[] {
    return this.joints.filter((_, j) => Number.isNaN(this.position[j]));
  }

  /** Whether positions and velocities of all are known. */
  get complete(): boolean {
    return this.missing().length === 0 && !this.velocity.some(Number.isNaN);
  }

  /** @param arrival our clock, s. */
  take(message: unknown, arrival: number): void {
    this.messages++;
    const state = readJointState(message);
    if (state === undefined || this.#namesTwice(state.names)) {
      this.malformed++;
      return;
    }
    this.named = state.names;
    const stamp = this.#stamped ? state.stamp : undefined;
    if (stamp !== undefined && this.clock.take(stamp, arrival)) this.#stamp.fill(Number.NEGATIVE_INFINITY);
    const time = stamp === undefined ? arrival : this.clock.made(stamp, arrival);
    let late = false;
    state.names.forEach((name, i) => {
      const j = this.#index.get(name);
      if (j === undefined || state.position === undefined) return;
      const position = numberAt(state.position, i);
      if (Number.isNaN(position)) {
        this.blanks[j]++;
        return;
      }
      if (stamp !== undefined && stamp <= this.#stamp[j]) {
        late = true;
        return;
      }
      const passed = stamp === undefined ? time - this.told[j] : stamp - this.#stamp[j];
      const velocity = state.velocity ? numberAt(state.velocity, i) : Number.NaN;
      if (!Number.isNaN(velocity)) this.velocity[j] = velocity;
      else if (passed >= SHORTEST && passed < Number.POSITIVE_INFINITY)
        this.velocity[j] = (position - this.position[j]) / passed;
      this.position[j] = position;
      this.effort[j] = state.effort ? numberAt(state.effort, i) : Number.NaN;
      this.told[j] = time;
      this.arrived[j] = arrival;
      if (stamp !== undefined) this.#stamp[j] = stamp;
    });
    if (late) this.late++;
  }

  #namesTwice(names: readonly string[]): boolean {
    const ours = names.filter((name) => this.#index.has(name));
    return new Set(ours).size < ours.length;
  }
}

type Numbers = ArrayLike<unknown>;

interface JointState {
  readonly names: readonly string[];
  /** Undefined where the array was empty. */
  readonly position?: Numbers;
  readonly velocity?: Numbers;
  readonly effort?: Numbers;
  /** s; undefined where there is none or it is zero. */
  readonly stamp?: number;
}

/** Arrays have the length of `name` or none; numbers may be null, for NaN. Undefined when it is anything else. */
function readJointState(message: unknown): JointState | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { name, position, velocity, effort, header } = message as Record<string, unknown>;
  if (!Array.isArray(name) || name.length > MAX_JOINTS || !name.every((each) => typeof each === 'string'))
    return undefined;
  const arrays = [position, velocity, effort].map((array) => readNumbers(array, name.length));
  if (arrays.includes(null)) return undefined;
  let stamp: number | undefined;
  if (header !== undefined) {
    stamp = readTime((header as { stamp?: unknown } | null)?.stamp);
    if (stamp === undefined) return undefined;
  }
  return {
    names: name,
    position: arrays[0] ?? undefined,
    velocity: arrays[1] ?? undefined,
    effort: arrays[2] ?? undefined,
    stamp: stamp || undefined,
  };
}

/** Null: not what it should be. JSON brings arrays of numbers and nulls, CBOR typed arrays. */
function readNumbers(value: unknown, length: number): Numbers | undefined | null {
  if (value === undefined) return undefined;
  const typed = value instanceof Float64Array || value instanceof Float32Array;
  if (!typed && !Array.isArray(value)) return null;
  if (value.length === 0) return undefined;
  if (value.length !== length) return null;
  if (!typed && !value.every((each) => each === null || typeof each === 'number')) return null;
  return value;
}

/** NaN stands for null and for infinity: neither is a reading. */
function numberAt(numbers: Numbers, i: number): number {
  const value = numbers[i];
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN;
}
