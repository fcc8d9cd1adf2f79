import type { BusClock } from '../clock.ts';

/** One cycle of a loop. */
export interface Cycle {
  /** On the grid, from 0; cycles that were left out are counted. */
  readonly index: number;
  /** s */
  readonly began: number;
  /** Cycles left out just before it, because their whole period had gone by. */
  readonly skipped: number;
}

/**
 * Runs `work` on a grid of a clock, each time when the last one is over. A late cycle does not move the grid, and what
 * was missed is left out, never made up for in a burst. Waiting, it blocks nobody.
 */
export class Cycles {
  readonly #clock: BusClock;
  readonly #period: number;
  readonly #work: (cycle: Cycle) => Promise<void>;
  #origin = 0;
  #index = -1;
  #cancel: (() => void) | undefined;
  #running = false;

  /** @param period s. @param work must not fail. */
  constructor(clock: BusClock, period: number, work: (cycle: Cycle) => Promise<void>) {
    this.#clock = clock;
    this.#period = period;
    this.#work = work;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#origin = this.#clock.now() - (this.#index + 1) * this.#period;
    this.#wait();
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
  }

  #wait(): void {
    const now = this.#clock.now();
    const late = Math.floor((now - this.#origin) / this.#period + 1e-9);
    const next = this.#index + 1;
    const index = Math.max(next, late);
    this.#cancel = this.#clock.at(
      this.#origin + index * this.#period,
      () => {
        this.#index = index;
        void this.#run({ index, began: this.#clock.now(), skipped: index - next });
      },
      true,
    );
  }

  async #run(cycle: Cycle): Promise<void> {
    await this.#work(cycle);
    if (this.#running) this.#wait();
  }
}
