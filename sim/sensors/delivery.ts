import type { Timing } from './quality.ts';

/**
 * Samples on their way: the newest one that is old enough is what the sensor says. A ring of [step, values…], long
 * enough for all that are under way.
 */
export class Delivery {
  /** Number of samples since the reset, then the ring: everything that changes. */
  readonly memory: Float64Array;
  readonly #lag: number;
  readonly #stride: number;
  readonly #capacity: number;

  constructor(timing: Timing, size: number) {
    this.#lag = timing.lag;
    this.#stride = 1 + size;
    this.#capacity = Math.floor(timing.lag / Math.max(1, Math.floor(timing.interval))) + 2;
    this.memory = new Float64Array(1 + this.#capacity * this.#stride);
  }

  /** Samples taken since the reset. */
  get count(): number {
    return this.memory[0];
  }

  reset(): void {
    this.memory.fill(0);
  }

  /** Takes a sample [size], taken at this step. */
  push(step: number, values: Float64Array): void {
    const at = 1 + (this.memory[0] % this.#capacity) * this.#stride;
    this.memory[at] = step;
    this.memory.set(values, at + 1);
    this.memory[0]++;
  }

  /** Where in `memory` the values lie that have arrived at this step; before any has, the first. */
  arrived(step: number): number {
    const count = this.memory[0];
    const oldest = Math.max(0, count - this.#capacity);
    let sample = count - 1;
    while (sample > oldest && this.memory[1 + (sample % this.#capacity) * this.#stride] > step - this.#lag)
      sample--;
    return 2 + (sample % this.#capacity) * this.#stride;
  }
}
