import { Histogram } from '../core/histogram.ts';
import { MISSED, type Rung, starvedTicks, type TickTiming, type TimingReport } from '../core/telemetry.ts';

/** Adds up the timing of an episode's ticks, in memory that does not grow. */
export class TimingMeter {
  readonly #rungs: Record<Rung, number> = { plan: 0, 'old-plan': 0, hold: 0, decay: 0, stop: 0 };
  readonly #jitter = new Histogram();
  readonly #planAge = new Histogram();
  readonly #planLateness = new Histogram();
  #ticks = 0;
  #missed = 0;
  #delay = 0;

  /** @param deviation of the interval since the last tick from the period, ms; null where there is none. */
  tick({ rung, planAge, lateness, skipped = 0, delay }: TickTiming, deviation: number | null): void {
    this.#ticks++;
    this.#rungs[rung]++;
    this.#missed += skipped + Number(lateness > MISSED);
    if (deviation !== null) this.#jitter.add(Math.abs(deviation));
    if (planAge !== null) this.#planAge.add(planAge);
    this.#delay = delay;
  }

  /** @param lateness how much later a plan arrived than the moment that it was made for, ms; 0 for one in time. */
  plan(lateness: number): void {
    this.#planLateness.add(Math.max(0, lateness));
  }

  get report(): TimingReport {
    return {
      ticks: this.#ticks,
      missed: this.#missed,
      starved: starvedTicks(this.#rungs),
      rungs: { ...this.#rungs },
      jitterMs: this.#jitter.summary,
      planAgeMs: this.#planAge.percentiles,
      latenessMs: this.#planLateness.percentiles,
      delayMs: this.#delay,
    };
  }
}
