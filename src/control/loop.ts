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

/**
 * Ticks on a grid of a monotonic clock. A tick that comes late does not move the grid, and what was missed is not made
 * up for: ticks whose whole period has gone by are left out.
 */
export class FixedRate {
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
