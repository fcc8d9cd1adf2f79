import type { RunControl } from '../core/telemetry.ts';

/** Keeps plant time from running ahead of wall time at the chosen speed. A late loop is not caught up with. */
export class Pace {
  readonly #control: RunControl;
  readonly #clock: () => number;
  #wall = 0;
  #plant = 0;
  #speed = Number.NaN;

  constructor(control: RunControl, clock: () => number) {
    this.#control = control;
    this.#clock = clock;
  }

  /** Plant time starts anew, now. */
  restart(): void {
    this.#anchor(0);
  }

  /** Resolves when plant time `time` (s) is due. */
  async until(time: number): Promise<void> {
    const { speed } = this.#control;
    if (speed === Infinity) return;
    if (speed !== this.#speed) this.#anchor(this.#plant);
    const due = this.#wall + ((time - this.#plant) * 1000) / speed;
    const wait = due - this.#clock();
    if (wait > 0) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      this.#wall = due;
    } else this.#wall = this.#clock();
    this.#plant = time;
  }

  #anchor(plant: number): void {
    this.#wall = this.#clock();
    this.#plant = plant;
    this.#speed = this.#control.speed;
  }
}
