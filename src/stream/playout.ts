import type { Clock } from './clock.ts';

/**
 * Plays what happened at plant time t at the wall time it is due: `anchor + t / speed`. Poses of a control step arrive
 * in one burst and leave one by one. Shown time never runs ahead of wall pace: a pose that comes after it was due moves
 * the anchor back to now, and nothing is made up for by running faster.
 *
 * Items leave in the order in which they came. Of several due poses all are handed over, oldest first; whoever draws
 * keeps the last. What is scheduled for a later time holds nothing up.
 *
 * A plant that keeps the wall clock goes on while whoever tells of it is held up, so the picture catches up (`live`): what
 * all poses of half a second had to spare is given back, a tenth faster than the wall, or at once where it is much.
 */
export class Playout<T> {
  /** Items given up because more than `capacity` waited. */
  dropped = 0;
  #speed = 1;
  /** Wall ms of plant time 0; undefined until the first pose of an epoch. */
  #anchor: number | undefined;
  #queue: Waiting<T>[] = [];
  #scheduled: Waiting<T>[] = [];
  /** Whether the plant keeps the wall clock. */
  live = false;
  readonly #lag = new Lag();
  #cancel: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #show: (item: T, time: number) => void;
  readonly #capacity: number;

  constructor(clock: Clock, show: (item: T, time: number) => void, capacity = 2000) {
    this.#clock = clock;
    this.#show = show;
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#queue.length + this.#scheduled.length;
  }

  /** Plant seconds per wall second; Infinity shows everything at once. What is shown does not jump. */
  set speed(speed: number) {
    const now = this.#clock.now();
    if (this.#anchor !== undefined && Number.isFinite(this.#speed) && Number.isFinite(speed)) {
      const shown = (now - this.#anchor) * this.#speed;
      this.#anchor = now - shown / speed;
    } else {
      this.#anchor = undefined;
    }
    this.#speed = speed;
    this.#lag.clear();
    this.#pump();
  }

  /** A pose sets the pace. @param time plant s since reset, not before that of the last pose. */
  pose(time: number, item: T): void {
    const now = this.#clock.now();
    const offset = (time * 1000) / this.#speed;
    if (this.#anchor === undefined || this.#anchor + offset < now) this.#anchor = now - offset;
    if (this.live) this.#anchor -= this.#lag.giveBack(now, this.#anchor + offset - now);
    this.#push(time, item);
  }

  /** Something else that belongs to plant time `time`: it goes with the poses, but never before what came before it. */
  accompany(time: number, item: T): void {
    this.#push(time, item);
  }

  /** Something that holds from plant time `time` on, which may be well ahead. Of those that wait it replaces the later ones. */
  schedule(time: number, item: T): void {
    this.#scheduled = this.#scheduled.filter((other) => other.time < time);
    this.#scheduled.push({ time, item });
    if (this.#scheduled.length > this.#capacity) {
      this.#scheduled.shift();
      this.dropped++;
    }
    this.#pump();
  }

  /** Begins a new epoch: what waits is dropped. */
  restart(): void {
    this.#queue = [];
    this.#scheduled = [];
    this.#anchor = undefined;
    this.#lag.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #push(time: number, item: T): void {
    this.#queue.push({ time, item });
    if (this.#queue.length > this.#capacity) {
      this.#queue.shift();
      this.dropped++;
    }
    this.#pump();
  }

  #pump(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (;;) {
      const [next] = this.#queue;
      const [planned] = this.#scheduled;
      const from = planned && !(next && next.time < planned.time) ? this.#scheduled : this.#queue;
      if (from.length === 0) return;
      const { time, item } = from[0];
      const wait = this.#anchor === undefined ? 0 : this.#anchor + (time * 1000) / this.#speed - now;
      // A timer fires within a millisecond of its time at best.
      if (wait > 0.5) {
        this.#cancel = this.#clock.after(wait, () => this.#pump());
        return;
      }
      from.shift();
      this.#show(item, time);
    }
  }
}

interface Waiting<T> {
  /** Plant s since reset. */
  readonly time: number;
  readonly item: T;
}

/** Over which all poses must have had time to spare before it is given back, ms. */
const WINDOW = 500;
/** Less than this is the jitter of arrival, ms. */
const JITTER = 10;
/** Share of wall time by which the picture may hurry. */
const HURRY = 0.1;
/** More than this is not worth hurrying for, ms. */
const JUMP = 500;

/** How far the picture is behind what it might show, and how much of it to make up for now. */
class Lag {
  #least = Infinity;
  #since = Number.NaN;
  #owed = 0;
  #last = 0;

  clear(): void {
    this.#least = Infinity;
    this.#since = Number.NaN;
    this.#owed = 0;
  }

  /** @param spare wall ms until the pose that has just come is due; returns by how many of them to be earlier. */
  giveBack(now: number, spare: number): number {
    if (Number.isNaN(this.#since)) {
      this.#since = now;
      this.#last = now;
    }
    this.#least = Math.min(this.#least, spare);
    this.#owed = Math.min(this.#owed, spare);
    if (now - this.#since >= WINDOW) {
      this.#owed = this.#least > JITTER ? this.#least : 0;
      this.#least = Infinity;
      this.#since = now;
    }
    const passed = now - this.#last;
    this.#last = now;
    const back = this.#owed > JUMP ? this.#owed : Math.min(this.#owed, HURRY * passed);
    this.#owed -= back;
    return back;
  }
}

/** Plant seconds shown per wall second over the last second. */
export class RealTimeMeter {
  #wall: number[] = [];
  #time: number[] = [];

  clear(): void {
    this.#wall = [];
    this.#time = [];
  }

  shown(now: number, time: number): void {
    this.#wall.push(now);
    this.#time.push(time);
    while (this.#wall[0] < now - 1000) {
      this.#wall.shift();
      this.#time.shift();
    }
  }

  /** null until a quarter of a second was seen, and when nothing came for a second. */
  value(now: number): number | null {
    const last = this.#wall.length - 1;
    if (last < 1 || now - this.#wall[last] > 1000 || now - this.#wall[0] < 250) return null;
    // A stall counts from the moment the next pose is overdue.
    const until = Math.max(this.#wall[last], now - 50);
    return ((this.#time[last] - this.#time[0]) * 1000) / (until - this.#wall[0]);
  }
}
