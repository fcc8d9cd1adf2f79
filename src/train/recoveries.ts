import { RobotFault } from '../core/errors.ts';
import type { RunControl, TelemetrySink } from '../core/telemetry.ts';

/** Before a robot is moved again, s: for a line to recover, and for a person to see what happened. */
const WAIT = 2;

/** Counts the faults of a real robot that passed, and says whether an episode may be begun anew. */
export class Recoveries {
  readonly #most: number;
  readonly #control: RunControl;
  readonly #telemetry: TelemetrySink;
  #count = 0;

  constructor(most: number, control: RunControl, telemetry: TelemetrySink) {
    this.#most = most;
    this.#control = control;
    this.#telemetry = telemetry;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Resolves when the episode may be begun anew, or the person stopped the run.
   * @throws the error, where it is none that passes, or there were too many.
   */
  async after(error: unknown, wait = WAIT): Promise<void> {
    if (!(error instanceof RobotFault && error.passing)) throw error;
    if (this.#count >= this.#most) {
      if (this.#most === 0) throw error;
      throw new RobotFault(`${error.message}; given up after ${this.#most} new beginnings`, { cause: error });
    }
    this.#count++;
    const message = `${error.message}; the episode is dropped and begun anew (${this.#count} of ${this.#most})`;
    this.#telemetry.emit({ type: 'log', level: 'warning', message });
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        over = true;
        resolve();
      }, 1000 * wait);
    });
    while (!over && !this.#control.stopping) await this.#control.changed(waited);
    clearTimeout(timer);
  }
}
