import type { Rung, TelemetryEvent } from '../core/telemetry.ts';
import { ladder, starving, type TimingMessage } from './wire.ts';

type Step = Extract<TelemetryEvent, { type: 'step' }>;

/** A tick that began later than this is missed, ms. */
const MISSED = 2;

/** Sums up the ticks of an episode. */
export class TimingTally {
  #newest: Step | undefined;
  #level = 0;
  #planAge: number | null = null;
  #lateness = 0;
  #before: number | undefined;
  #missed = 0;
  #rungs = none();
  #jitter = new Jitter();

  /** Another episode. */
  restart(): void {
    this.#newest = undefined;
    this.#before = undefined;
    this.#missed = 0;
    this.#rungs = none();
    this.#jitter = new Jitter();
    this.#forgetRecent();
  }

  /** Steps without timing count for nothing. @param period between ticks, wall ms; 0 where they come as fast as they can */
  add(step: Step, period: number): void {
    const { timing } = step;
    if (!timing) return;
    const { rung, planAge, lateness } = timing;
    this.#newest = step;
    this.#rungs[rung]++;
    if (lateness > MISSED) this.#missed++;
    // Ticks are due a period apart, so what two of them differ in lateness is what their interval is off. Whole periods
    // of lateness are ticks left out, of which the next tick knows nothing.
    if (this.#before !== undefined) this.#jitter.add(Math.abs(lateness - this.#before));
    this.#before = period > 0 ? lateness % period : 0;
    this.#level = Math.max(this.#level, ladder.indexOf(rung));
    this.#lateness = Math.max(this.#lateness, lateness);
    if (planAge !== null) this.#planAge = Math.max(this.#planAge ?? 0, planAge);
  }

  /** What is to be told; undefined where no tick came since the last time it was taken. */
  take(): TimingMessage | undefined {
    if (!this.#newest?.timing) return undefined;
    const { epoch, trial, step, time, timing } = this.#newest;
    const rungs = { ...this.#rungs };
    const count = (from: number) => ladder.slice(from).reduce((sum, rung) => sum + rungs[rung], 0);
    const message: TimingMessage = {
      ...{ epoch, trial, step, time },
      rung: ladder[this.#level],
      level: this.#level,
      planAge: this.#planAge,
      lateness: this.#lateness,
      delay: timing.delay,
      ticks: count(0),
      missed: this.#missed,
      starved: count(starving),
      rungs,
      jitter: this.#jitter.summary,
    };
    this.#newest = undefined;
    this.#forgetRecent();
    return message;
  }

  #forgetRecent(): void {
    this.#level = 0;
    this.#planAge = null;
    this.#lateness = 0;
  }
}

function none(): Record<Rung, number> {
  return { plan: 0, 'old-plan': 0, hold: 0, decay: 0, stop: 0 };
}

/** Bins of the histogram: each 2 % wider than the one before, from a microsecond to beyond a minute. */
const LEAST = 0.001;
const GROWTH = 1.02;
const BINS = 920;

/** Mean, 99th percentile (to 2 %) and maximum of as many values as there may be, ms. */
class Jitter {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;
  #sum = 0;
  #max = 0;

  add(value: number): void {
    const bin = Math.ceil(Math.log(Math.max(value, LEAST) / LEAST) / Math.log(GROWTH));
    this.#bins[Math.min(BINS - 1, bin)]++;
    this.#count++;
    this.#sum += value;
    this.#max = Math.max(this.#max, value);
  }

  get summary(): { mean: number; p99: number; max: number } {
    if (this.#count === 0) return { mean: 0, p99: 0, max: 0 };
    let seen = 0;
    let bin = 0;
    while (bin < BINS - 1) {
      seen += this.#bins[bin];
      if (seen >= 0.99 * this.#count) break;
      bin++;
    }
    const p99 = bin === 0 ? 0 : LEAST * GROWTH ** bin;
    return { mean: this.#sum / this.#count, p99: Math.min(p99, this.#max), max: this.#max };
  }
}
