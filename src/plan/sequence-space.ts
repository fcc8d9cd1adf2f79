import { type PlanOrder, type Spline, splineAt } from '../core/plan.ts';
import type { Box } from '../core/space.ts';
import type { PlannerOptions } from './planner.ts';

/** Bounds, centre and half-range of the actions [A]. */
export interface ActionRange {
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly middle: Float32Array;
  readonly half: Float32Array;
}

export function actionRange({ low, high }: Box): ActionRange {
  return {
    low: Float32Array.from(low),
    high: Float32Array.from(high),
    middle: Float32Array.from(low, (value, a) => (value + high[a]) / 2),
    half: Float32Array.from(low, (value, a) => (high[a] - value) / 2),
  };
}

/**
 * What a planner searches over: K knots [K, A], and how they become one action per control step [H, A]. Without knots
 * there is one per control step.
 */
export class SequenceSpace {
  readonly range: ActionRange;
  readonly horizon: number;
  readonly order: PlanOrder;
  /** When each knot is due, control steps [K]. */
  readonly times: Float64Array;
  /** K·A. */
  readonly length: number;
  /** One knot per control step: a point of the space is the sequence itself. */
  readonly direct: boolean;
  /** Most change of an action within a control step [A]; null = any. */
  readonly #limit: Float32Array | null;
  /** For order 0 the control steps [from, to) during which a knot holds. */
  readonly #holds: readonly (readonly [number, number])[];
  readonly #sequence: Float32Array;

  constructor({ space, horizon, controlPeriod, config }: PlannerOptions) {
    this.range = actionRange(space);
    this.horizon = horizon;
    this.order = config.order;
    this.direct = config.knots === 0 || config.knots >= horizon;
    const count = this.direct ? horizon : config.knots;
    // A held action counts as long as the others; lines and cubics need a knot at either end.
    const spacing = this.order === 0 || count === 1 ? horizon / count : (horizon - 1) / (count - 1);
    this.times = Float64Array.from({ length: count }, (_, k) => k * spacing);
    this.length = count * this.size;
    const step = config.rateLimit * controlPeriod;
    this.#limit = config.rateLimit > 0 ? this.range.half.map((half) => 2 * half * step) : null;
    const first = Array.from(this.times, (time) => Math.ceil(time - 1e-9));
    this.#holds = first.map((from, k) => [from, first[k + 1] ?? horizon]);
    this.#sequence = new Float32Array(horizon * this.size);
  }

  /** A. */
  get size(): number {
    return this.range.low.length;
  }

  /** The middle of the range throughout. */
  middle(): Float32Array {
    return Float32Array.from({ length: this.length }, (_, i) => this.range.middle[i % this.size]);
  }

  /** Value `value` of entry i, within the bounds. */
  clamp(i: number, value: number): number {
    const a = i % this.size;
    return Math.min(this.range.high[a], Math.max(this.range.low[a], value));
  }

  /** Writes the sequence [H, A] of a point [K, A]; `before` [A] is the action in force until then. */
  expand(point: Float32Array, before: Float32Array | null, out: Float32Array): void {
    if (this.direct) out.set(point);
    else {
      const spline = this.#spline(point);
      for (let t = 0; t < this.horizon; t++) splineAt(spline, t, out, t * this.size);
    }
    if (!this.#limit) return;
    const { size } = this;
    for (let i = before ? 0 : size; i < out.length; i++) {
      const last = i < size ? (before as Float32Array)[i] : out[i - size];
      const most = this.#limit[i % size];
      out[i] = this.clamp(i, Math.min(last + most, Math.max(last - most, out[i])));
    }
    if (this.direct) point.set(out);
  }

  /** The knots to send for a point: its own, or where a rate limit bent the sequence, one per control step. */
  message(point: Float32Array, actions: Float32Array): { knots: Float32Array; times: Float64Array } {
    if (this.direct || this.#limit) {
      return { knots: actions, times: Float64Array.from({ length: this.horizon }, (_, t) => t) };
    }
    return { knots: point, times: this.times };
  }

  /**
   * The point whose sequence begins `steps` control steps later. Without knots the new end is the middle of the range
   * (0 would be wrong for uneven bounds); a spline holds its last knot.
   */
  later(point: Float32Array, steps: number): Float32Array {
    if (!this.direct) return this.#resample(this.#spline(point), steps);
    const next = this.middle();
    next.set(point.subarray(Math.min(point.length, steps * this.size)));
    return next;
  }

  /** The point whose sequence is like a given one [H, A]; without knots exactly it. */
  fit(sequence: Float32Array): Float32Array {
    if (this.direct) return sequence.slice();
    const times = Float64Array.from({ length: this.horizon }, (_, t) => t);
    const order = this.order === 0 ? 0 : 1;
    return this.#resample({ times, knots: sequence, actionSize: this.size, order }, 0);
  }

  /** Held knots become the mean of what they replace (a sample of it would never move on), others lie on the curve. */
  #resample(spline: Spline, steps: number): Float32Array {
    const { size } = this;
    const point = new Float32Array(this.length);
    if (this.order !== 0) {
      this.times.forEach((time, k) => {
        splineAt(spline, time + steps, point, k * size);
      });
      return point;
    }
    for (let t = 0; t < this.horizon; t++) splineAt(spline, t + steps, this.#sequence, t * size);
    this.#holds.forEach(([from, to], k) => {
      for (let a = 0; a < size; a++) {
        let sum = 0;
        for (let t = from; t < to; t++) sum += this.#sequence[t * size + a];
        point[k * size + a] = sum / (to - from);
      }
    });
    return point;
  }

  #spline(knots: Float32Array): Spline {
    return { times: this.times, knots, actionSize: this.size, order: this.order };
  }
}
