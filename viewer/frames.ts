/** Seconds that frames are counted over. */
const SECONDS = 60;
/** An interval longer than this was no frame rate but a page nobody saw, ms. */
const ASLEEP = 5000;

/** How often the display asks for a picture, and how often it had to do without one. */
export class FrameMeter {
  /** Shortest usual interval, ms: what the display would like. */
  #period = 1000 / 24;
  readonly #recent = new Float64Array(64);
  readonly #sorted = new Float64Array(64);
  #count = 0;
  #last = Number.NaN;
  /** By second of `performance.now()`, a ring. */
  readonly #frames = new Uint16Array(SECONDS);
  readonly #dropped = new Uint16Array(SECONDS);
  #second = 0;

  /** To be called at each frame. @param now its time, ms, as `requestAnimationFrame` tells it */
  frame(now: number): void {
    const interval = now - this.#last;
    this.#last = now;
    this.#turn(Math.floor(now / 1000));
    const slot = this.#second % SECONDS;
    this.#frames[slot]++;
    if (!(interval > 0 && interval < ASLEEP)) return;
    if (interval > 1.5 * this.#period) this.#dropped[slot] += Math.round(interval / this.#period) - 1;
    this.#recent[this.#count++ % this.#recent.length] = interval;
    if (this.#count % this.#recent.length === 0) this.#learnPeriod();
  }

  /** Frames of the last whole second; null before one has passed. */
  get rate(): number | null {
    const whole = this.#second - 1;
    return this.#count < 2 || whole < 0 ? null : this.#frames[whole % SECONDS];
  }

  /** Frames that the display did without over the last minute. */
  get dropped(): number {
    return this.#dropped.reduce((sum, count) => sum + count, 0);
  }

  /** Frames come on a grid; the shorter ones of a second tell its period, also while many are dropped. */
  #learnPeriod(): void {
    this.#sorted.set(this.#recent);
    this.#sorted.sort();
    this.#period = Math.min(this.#period, Math.max(1000 / 240, this.#sorted[16]));
  }

  #turn(second: number): void {
    for (let passed = Math.max(this.#second + 1, second - SECONDS + 1); passed <= second; passed++) {
      this.#frames[passed % SECONDS] = 0;
      this.#dropped[passed % SECONDS] = 0;
    }
    this.#second = Math.max(this.#second, second);
  }
}
