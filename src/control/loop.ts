import type { LoopClock } from './clock.ts';

/** One tick of a fixed-rate loop; times in ms. */
export interface Tick {
  /** When it should have begun. */
  readonly due: number;
  /** How much later it did. */
  readonly lateness: number;
  /** Since the tick before; null for the first. */
  readonly interval: number | null;
  /** Ticks that were left out before this one, because their whole period had gone by. */
  readonly skipped: number;
}

/** Tells the ticks of a loop. */
export interface TickSource {
  /** The next tick begins a new grid. */
  restart(): void;
  /** @param period ms to the tick after it; 0 = as fast as it goes. */
  next(period: number): Tick;
}

/**
 * Ticks on a grid of a monotonic clock. A tick that comes late does not move the grid, and what was missed is not made
 * up for: ticks whose whole period has gone by are left out.
 */
export class FixedRate implements TickSource {
  readonly #clock: LoopClock;
  #due = 0;
  #last: number | null = null;
  #started = false;

  constructor(clock: LoopClock) {
    this.#clock = clock;
  }

  /** The next tick is due at once and begins a new grid. */
  restart(): void {
    this.#started = false;
    this.#last = null;
  }

  /** Waits for the next tick. @param period ms to the tick after it; 0 = as fast as it goes. */
  next(period: number): Tick {
    let now = this.#clock.now();
    if (!this.#started) this.#due = now;
    this.#started = true;
    let skipped = 0;
    if (now < this.#due) {
      this.#clock.sleepUntil(this.#due);
      now = this.#clock.now();
    } else if (period > 0) {
      skipped = Math.floor((now - this.#due) / period);
      this.#due += skipped * period;
    } else this.#due = now;
    const tick = {
      due: this.#due,
      // Of a tick behind others that were left out, the whole delay counts.
      lateness: now - this.#due + skipped * period,
      interval: this.#last === null ? null : now - this.#last,
      skipped,
    };
    this.#last = now;
    this.#due += period;
    return tick;
  }
}

/** Share of a period. */
const EARLY = 0.25;

/**
 * Ticks that somebody else gives, a robot's bridge for one: `next` is called as each has come. They are measured against
 * the grid on which the earliest of them lie.
 */
export class GivenRate implements TickSource {
  readonly #clock: LoopClock;
  #due = Number.NaN;
  #last: number | null = null;

  constructor(clock: LoopClock) {
    this.#clock = clock;
  }

  restart(): void {
    this.#due = Number.NaN;
    this.#last = null;
  }

  next(period: number): Tick {
    const now = this.#clock.now();
    // Also of the first tick, whose due time is not known.
    if (!(now >= this.#due)) this.#due = now;
    const lateness = now - this.#due;
    // A tick just before its successor's time is the successor, a little early.
    const skipped = period > 0 ? Math.floor(lateness / period + EARLY) : 0;
    this.#due += skipped * period;
    const tick = {
      due: this.#due,
      lateness,
      interval: this.#last === null ? null : now - this.#last,
      skipped,
    };
    this.#last = now;
    this.#due += period;
    return tick;
  }
}
