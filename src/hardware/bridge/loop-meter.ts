import type { LoopReport } from '../../core/hardware.ts';
import { Histogram } from '../../core/histogram.ts';

/** How a loop keeps its rate, in memory that does not grow. Times in s. */
export class LoopMeter {
  readonly #period: number;
  readonly #jitter = new Histogram();
  readonly #read = new Histogram();
  /** When the cycles of the last second began. */
  readonly #recent: number[] = [];
  #last: number | undefined;
  #overruns = 0;
  #skipped = 0;

  constructor(period: number) {
    this.#period = period;
  }

  /** @param skipped cycles left out before it. */
  begin(now: number, skipped: number): void {
    if (this.#last !== undefined) this.#jitter.add(1000 * Math.abs(now - this.#last - this.#period));
    this.#last = now;
    this.#skipped += skipped;
    this.#recent.push(now);
    while (this.#recent[0] <= now - 1) this.#recent.shift();
  }

  read(seconds: number): void {
    this.#read.add(1000 * seconds);
  }

  end(seconds: number): void {
    if (seconds > this.#period) this.#overruns++;
  }

  /** The next interval is not one: the loop was held. */
  pause(): void {
    this.#last = undefined;
  }

  get report(): LoopReport {
    const recent = this.#recent;
    const span = recent.length > 1 ? recent[recent.length - 1] - recent[0] : 0;
    return {
      rate: span > 0 ? (recent.length - 1) / span : 0,
      overruns: this.#overruns,
      skipped: this.#skipped,
      jitterMs: this.#jitter.summary,
      readMs: this.#read.percentiles ?? { p50: 0, p99: 0, max: 0 },
    };
  }
}
