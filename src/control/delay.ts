export interface DelayEstimateOptions {
  /** Share of the delays in the window that the estimate covers. */
  readonly percentile: number;
  /** Delays that are remembered. */
  readonly window: number;
  /** First delays that are left out: code that has not been compiled yet says nothing of later. */
  readonly warmUp?: number;
}

/**
 * How long the next plan will take, from how long the last ones took: a percentile of a sliding window. While the
 * planner warms up it is the last delay alone; before any it is 0.
 */
export class DelayEstimate {
  readonly #percentile: number;
  readonly #warmUp: number;
  readonly #window: Float64Array;
  readonly #sorted: Float64Array;
  #seen = 0;
  #value = 0;

  constructor({ percentile, window, warmUp = 5 }: DelayEstimateOptions) {
    this.#percentile = percentile;
    this.#warmUp = warmUp;
    this.#window = new Float64Array(window);
    this.#sorted = new Float64Array(window);
  }

  /** ms */
  get value(): number {
    return this.#value;
  }

  add(milliseconds: number): void {
    const kept = ++this.#seen - this.#warmUp;
    if (kept <= 0) {
      this.#value = milliseconds;
      return;
    }
    const { length } = this.#window;
    this.#window[(kept - 1) % length] = milliseconds;
    const count = Math.min(kept, length);
    const sorted = this.#sorted.subarray(0, count);
    sorted.set(this.#window.subarray(0, count));
    sorted.sort();
    this.#value = sorted[Math.max(0, Math.ceil(this.#percentile * count) - 1)];
  }
}
