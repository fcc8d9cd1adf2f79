/** Largest rate and acceleration of the minimum-jerk curve 10 s³ − 15 s⁴ + 6 s⁵ over unit time (Flash and Hogan 1985). */
const PEAK_RATE = 15 / 8;
const PEAK_ACCELERATION = 10 / Math.sqrt(3);

/**
 * Straight lines in joint space from posture to posture, at rest at each: along every line all joints share one
 * minimum-jerk curve, as slow as the slowest of them needs. Arrays by actuator [J].
 */
export class Trajectory {
  /** s */
  readonly duration: number;
  readonly #postures: readonly Float64Array[];
  /** When each posture is reached, s. */
  readonly #times: readonly number[];

  /** @param velocity largest rates [J]. @param acceleration largest accelerations [J]. */
  constructor(
    postures: readonly Float64Array[],
    velocity: ArrayLike<number>,
    acceleration: ArrayLike<number>,
  ) {
    this.#postures = postures;
    const times = [0];
    for (let k = 1; k < postures.length; k++) {
      let needed = 0;
      postures[k].forEach((value, j) => {
        const way = Math.abs(value - postures[k - 1][j]);
        const byRate = (PEAK_RATE * way) / velocity[j];
        needed = Math.max(needed, byRate, Math.sqrt((PEAK_ACCELERATION * way) / acceleration[j]));
      });
      times.push(times[k - 1] + needed);
    }
    this.#times = times;
    this.duration = times[times.length - 1];
  }

  /** The posture [J] at a time, s; before the beginning the first, after the end the last. */
  at(time: number, out: Float64Array): Float64Array {
    const next = this.#times.findIndex((end) => time < end);
    if (next <= 0) {
      out.set(this.#postures[next < 0 ? this.#postures.length - 1 : 0]);
      return out;
    }
    const begin = this.#times[next - 1];
    const s = (time - begin) / (this.#times[next] - begin);
    const share = s * s * s * (10 - 15 * s + 6 * s * s);
    const [a, b] = [this.#postures[next - 1], this.#postures[next]];
    for (let j = 0; j < out.length; j++) out[j] = a[j] + (b[j] - a[j]) * share;
    return out;
  }
}
