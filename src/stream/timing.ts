import { Histogram } from '../core/histogram.ts';
import { MISSED, type Rung, starvedTicks, type TelemetryEvent } from '../core/telemetry.ts';
import { ladder, type TimingMessage } from './wire.ts';

type Step = Extract<TelemetryEvent, { type: 'step' }>;

/** Sums up the ticks of an episode. */
export class TimingTally {
  #newest: Step | undefined;
  #level = 0;
  #planAge: number | null = null;
  #lateness = 0;
  #before: number | undefined;
  #missed = 0;
  #rungs = none();
  #jitter = new Histogram();

  /** Another episode. */
  restart(): void {
    this.#newest = undefined;
    this.#before = undefined;
    this.#missed = 0;
    this.#rungs = none();
    this.#jitter = new Histogram();
    this.#forgetRecent();
  }

  /** Steps without timing count for nothing. @param period between ticks, wall ms; 0 where they come as fast as they can */
  add(step: Step, period: number): void {
    const { timing } = step;
    if (!timing) return;
    const { rung, planAge, lateness, skipped = 0 } = timing;
    this.#newest = step;
    this.#rungs[rung]++;
    this.#missed += skipped + Number(lateness > MISSED);
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
    const message: TimingMessage = {
      ...{ epoch, trial, step, time },
      rung: ladder[this.#level],
      level: this.#level,
      planAge: this.#planAge,
      lateness: this.#lateness,
      delay: timing.delay,
      ticks: ladder.reduce((sum, rung) => sum + rungs[rung], 0),
      missed: this.#missed,
      starved: starvedTicks(rungs),
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
