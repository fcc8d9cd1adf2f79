import type { Percentiles } from './telemetry.ts';

/** Bins a factor of ten is cut into: percentiles are at most 2.4 % too high. */
const PER_DECADE = 100;
const DECADES = 8;
/** Values up to this count as 0. */
const SMALLEST = 1e-3;

/** Distribution of times, ms, in memory that does not grow: logarithmic bins from 1 µs to 100 s. Maximum and mean are exact. */
export class Histogram {
  readonly #bins = new Uint32Array(PER_DECADE * DECADES + 1);
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }
  /** 0 when empty. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }
  get max(): number {
    return this.#max;
  }

  add(milliseconds: number): void {
    const bin =
      milliseconds <= SMALLEST ? 0 : Math.ceil(Math.log10(milliseconds / SMALLEST) * PER_DECADE - 1e-9);
    this.#bins[Math.min(this.#bins.length - 1, Math.max(0, bin))]++;
    this.#count++;
    this.#sum += milliseconds;
    this.#max = Math.max(this.#max, milliseconds);
  }

  /** Nearest rank, rounded up to the edge of its bin; 0 when empty. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bin = 0; bin < this.#bins.length; bin++) {
      seen += this.#bins[bin];
      if (seen >= rank && this.#count > 0)
        return bin === 0 ? 0 : Math.min(this.#max, SMALLEST * 10 ** (bin / PER_DECADE));
    }
    return 0;
  }

  get summary(): { mean: number; p99: number; max: number } {
    return { mean: this.mean, p99: this.percentile(0.99), max: this.#max };
  }

  get percentiles(): Percentiles | null {
    if (this.#count === 0) return null;
    return { p50: this.percentile(0.5), p99: this.percentile(0.99), max: this.#max };
  }
}
