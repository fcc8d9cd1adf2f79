import type { Clock } from './clock.ts';

/**
 * Plays what happened at plant time t at the wall time it is due: `anchor + t / speed`. Poses of a control step arrive
 * in one burst and leave one by one. Shown time never runs ahead of wall pace: a pose that comes after it was due moves
 * the anchor back to now, and nothing is made up for by running faster.
 *
 * Items leave in the order in which they came. Of several due poses all are handed over, oldest first; whoever draws
 * keeps the last.
 */
export class Playout<T> {
  /** Items given up because more than `capacity` waited. */
  dropped = 0;
  #speed = 1;
  /** Wall ms of plant time 0; undefined until the first pose of an epoch. */
  #anchor: number | undefined;
  #queue: { readonly time: number; readonly item: T }[] = [];
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
    return this.#queue.length;
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
    this.#pump();
  }

  /** A pose sets the pace. @param time plant s since reset, not before that of the last pose. */
  pose(time: number, item: T): void {
    const now = this.#clock.now();
    const offset = (time * 1000) / this.#speed;
    if (this.#anchor === undefined || this.#anchor + offset < now) this.#anchor = now - offset;
    this.#push(time, item);
  }

  /** Something else that belongs to plant time `time`: it goes with the poses, but never before what came before it. */
  accompany(time: number, item: T): void {
    this.#push(time, item);
  }

  /** Begins a new epoch: what waits is dropped. */
  restart(): void {
    this.#queue = [];
    this.#anchor = undefined;
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
    while (this.#queue.length > 0) {
      const { time, item } = this.#queue[0];
      const wait = this.#anchor === undefined ? 0 : this.#anchor + (time * 1000) / this.#speed - now;
      // A timer fires within a millisecond of its time at best.
      if (wait > 0.5) {
        this.#cancel = this.#clock.after(wait, () => this.#pump());
        return;
      }
      this.#queue.shift();
      this.#show(item, time);
    }
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
