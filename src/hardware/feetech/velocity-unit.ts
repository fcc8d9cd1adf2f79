import { VELOCITY_STEPS } from './registers.ts';

/** Ticks travelled before the evidence counts. */
const ENOUGH = 64;
/** A shorter step, ticks, tells nothing. */
const LEAST = 3;
/** Between 1 and 50, on a scale of factors. */
const BETWEEN = Math.sqrt(VELOCITY_STEPS.fine * VELOCITY_STEPS.coarse);

/**
 * What a count of a motor's speed is worth, found by comparing it with differences of positions: bit 2 of `phase`
 * decides it, and sources have it both ways round. Until it is known, speeds are read in the fine unit (too slow
 * rather than 50 times too fast) and commanded in the coarse one, for the same reason.
 */
export class VelocityUnit {
  #steps: 1 | 50 | undefined;
  #travelled = 0;
  #told = 0;

  constructor(steps?: 1 | 50) {
    this.#steps = steps;
  }

  /** steps/s a count */
  get reading(): number {
    return this.#steps ?? VELOCITY_STEPS.fine;
  }

  get commanding(): number {
    return this.#steps ?? VELOCITY_STEPS.coarse;
  }

  /** @param ticks travelled in `seconds`; `counts` of speed, the mean of begin and end. */
  learn(ticks: number, seconds: number, counts: number): void {
    if (this.#steps !== undefined || Math.abs(ticks) < LEAST || seconds <= 0) return;
    this.#travelled += Math.abs(ticks);
    this.#told += Math.abs(counts) * seconds;
    if (this.#travelled < ENOUGH) return;
    this.#steps = this.#travelled > BETWEEN * this.#told ? VELOCITY_STEPS.coarse : VELOCITY_STEPS.fine;
  }
}
