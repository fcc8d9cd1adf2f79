import type { TelemetryEvent } from '../core/telemetry.ts';
import { type Clock, every } from './clock.ts';
import type { Outlet } from './outlet.ts';
import { type FitMessage, topics } from './wire.ts';

type Progress = Extract<TelemetryEvent, { type: 'fit-progress' }>;
type Report = Extract<TelemetryEvent, { type: 'fit' }>['report'];

/** ms between messages of a fit that runs, at most. */
const INTERVAL = 150;

/** Tells how a fit goes, and while it runs the time that goes by. */
export class FitProgress {
  readonly #outlet: Outlet;
  readonly #clock: Clock;
  readonly #stopTelling: () => void;
  #fit: FitMessage | undefined;
  /** ms since the Unix epoch: when the fit began, and when it was last told of. */
  #since = 0;
  #toldAt = 0;

  constructor(outlet: Outlet, clock: Clock) {
    this.#outlet = outlet;
    this.#clock = clock;
    this.#stopTelling = every(clock, INTERVAL / 2, () => {
      if (this.#fit?.running && clock.now() - this.#toldAt >= INTERVAL) this.#tell(this.#fit, false);
    });
  }

  begin(trial: number): FitMessage {
    this.#outlet.forget(topics.fit);
    this.#since = this.#clock.now();
    const nothing = { elapsed: 0, epoch: 0, epochs: 0, trainLoss: null, holdoutLoss: null, report: null };
    return this.#tell({ trial, running: true, ...nothing });
  }

  progress({ trial, epoch, epochs, trainLoss, holdoutLoss }: Progress): void {
    const fit = this.#fit?.running ? this.#fit : this.begin(trial);
    this.#tell({ ...fit, trial, epoch, epochs, trainLoss, holdoutLoss });
  }

  report(report: Report): void {
    const fit = this.#fit?.trial === report.trial ? this.#fit : this.begin(report.trial);
    this.#tell({ ...fit, running: false, report });
  }

  /** Something else is done now. */
  end(): void {
    if (this.#fit?.running) this.#tell({ ...this.#fit, running: false });
  }

  close(): void {
    this.#stopTelling();
  }

  /** @param news false for a repetition that only tells the time. */
  #tell(fit: FitMessage, news = true): FitMessage {
    this.#toldAt = this.#clock.now();
    const elapsed = fit.running ? (this.#toldAt - this.#since) / 1000 : fit.elapsed;
    const message = { ...fit, elapsed };
    this.#fit = message;
    this.#outlet.publish(topics.fit, () => message, news);
    return message;
  }
}
