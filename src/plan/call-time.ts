/** What older calls weigh beside the next one. */
const FORGET = 0.9;
/** How much sizes must differ before the slope is theirs: a share of their mean, squared. */
const RIDGE = 0.01;
/** Gain of the spread, and how many spreads a call hardly ever takes longer: Jacobson 1988, “Congestion avoidance and control”, §2. */
const SPREAD_GAIN = 1 / 4;
const SPREADS = 4;
/** One pause of the machine must not cost the next plans all they could have tried: no call counts as longer. */
const LONGEST = 2;
/** The first calls are slow, for their code is not compiled yet, and soon forgotten. */
const FIRST = 5;
const FORGET_FIRST = 0.5;
/** ms; what clocks cannot tell from nothing. */
const SHORTEST = 1e-3;

/**
 * How long a call takes by its size: a part of its own and a part for each grain, from the calls there were, weighted
 * least squares; and how far calls stray from it.
 */
export class CallTime {
  /** Weighted sums over calls of 1, size, size², time, size · time. */
  #n = 0;
  #x = 0;
  #xx = 0;
  #y = 0;
  #xy = 0;
  /** Mean distance of times from what was expected, as a share of it. */
  #spread = 0;
  #calls = 0;

  get known(): boolean {
    return this.#n > 0;
  }

  learn(grains: number, milliseconds: number): void {
    let time = Math.max(milliseconds, SHORTEST);
    if (this.known) {
      const expected = this.#expected(grains);
      time = Math.min(time, LONGEST * expected);
      this.#spread += SPREAD_GAIN * (Math.abs(time - expected) / expected - this.#spread);
    }
    const keep = this.#calls++ < FIRST ? FORGET_FIRST : FORGET;
    this.#n = keep * this.#n + 1;
    this.#x = keep * this.#x + grains;
    this.#xx = keep * this.#xx + grains * grains;
    this.#y = keep * this.#y + time;
    this.#xy = keep * this.#xy + grains * time;
  }

  /** ms that a call of this size hardly ever takes longer than. */
  longest(grains: number): number {
    return (1 + SPREADS * this.#spread) * this.#expected(grains);
  }

  /** Grains of the largest call that hardly ever takes longer. */
  fits(milliseconds: number): number {
    const { own, each } = this.#line;
    const grains = Math.floor((milliseconds / (1 + SPREADS * this.#spread) - own) / each);
    return Math.max(0, grains);
  }

  #expected(grains: number): number {
    const { own, each } = this.#line;
    return own + each * grains;
  }

  /** Where sizes were all alike, a call takes as long as its grains. */
  get #line(): { own: number; each: number } {
    const size = this.#x / this.#n;
    const time = this.#y / this.#n;
    const variance = this.#xx / this.#n - size * size;
    const covariance = this.#xy / this.#n - size * time;
    const proportional = time / size;
    const slope = (covariance + RIDGE * size * size * proportional) / (variance + RIDGE * size * size);
    // A call of nothing takes no less than no time, and a larger one no less than a smaller one.
    const each = Math.min(proportional, Math.max(slope, 0.05 * proportional));
    return { own: time - each * size, each };
  }
}
