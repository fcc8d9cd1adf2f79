/** s over which the quickest message counts. */
const WINDOW = 10;
/** A stamp so far behind the last one is another clock's: a simulation begun again, or a clock set back, s. */
const RESTART = 1;

/**
 * A robot's clock against ours, from messages that carry the time at which they were made. No message arrives before it
 * was made, so the one that came quickest tells most: offset = max (stamp − arrival) over the last 10 s. What is left
 * is its own time on the way.
 */
export class RobotClock {
  /** Largest stamp − arrival of each second, newest last. */
  readonly #best: { readonly second: number; offset: number }[] = [];
  #last = Number.NEGATIVE_INFINITY;
  /** How often it went back. */
  restarts = 0;

  /** Its time − ours, s; undefined until something was stamped. */
  get offset(): number | undefined {
    return this.#best.length === 0 ? undefined : Math.max(...this.#best.map(({ offset }) => offset));
  }

  /** @param stamp its clock, s. @param arrival ours, s. @returns whether the clock began anew with this stamp. */
  take(stamp: number, arrival: number): boolean {
    const restarted = stamp < this.#last - RESTART;
    if (restarted) {
      this.#best.length = 0;
      this.restarts++;
      this.#last = stamp;
    }
    this.#last = Math.max(this.#last, stamp);
    const second = Math.floor(arrival);
    while (this.#best.length > 0 && this.#best[0].second <= second - WINDOW) this.#best.shift();
    const newest = this.#best.at(-1);
    if (newest?.second === second) newest.offset = Math.max(newest.offset, stamp - arrival);
    else this.#best.push({ second, offset: stamp - arrival });
    return restarted;
  }

  /** When by our clock that stamp was made, s; never later than it arrived. */
  made(stamp: number, arrival: number): number {
    return Math.min(arrival, stamp - (this.offset ?? Number.NEGATIVE_INFINITY));
  }
}
