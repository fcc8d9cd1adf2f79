/** How a plan goes from knot to knot: 0 holds a knot until the next one, 1 is linear, 3 a cubic spline. */
export type PlanOrder = 0 | 1 | 3;

/**
 * A plan is a message: what to do, when, and what it is expected to bring. One interpolator serves planner, plant,
 * page and bridge, so what is executed is what was planned.
 */
export interface Plan {
  readonly id: number;
  /** Time the plan starts, s since reset. */
  readonly startTime: number;
  /** State [S] it starts from. */
  readonly startState: Float32Array;
  /** Knot times relative to `startTime`, s, ascending [K]. */
  readonly times: Float64Array;
  /** Actions at the knots [K, A]. */
  readonly knots: Float32Array;
  readonly actionSize: number;
  readonly order: PlanOrder;
  /** Mean and standard deviation of the last elites' expected returns. */
  readonly expectedReturn: number;
  readonly returnSpread: number;
  /** Trajectories evaluated (candidates summed over iterations). */
  readonly evaluations: number;
  /** Candidates whose return was not a number, counted as −∞. */
  readonly invalid: number;
  /** Wall time spent, ms. */
  readonly milliseconds: number;
}

/** Knots [K, A] and their times, ascending [K], in any unit; every Plan is one. */
export interface Spline {
  readonly times: Float64Array;
  readonly knots: Float32Array;
  readonly actionSize: number;
  readonly order: PlanOrder;
}

/** The action [A] of a plan at `time` (s since reset); before the first knot the first, past the end the last. */
export function actionAt(
  plan: Plan,
  time: number,
  out: Float32Array = new Float32Array(plan.actionSize),
): Float32Array {
  return splineAt(plan, time - plan.startTime, out);
}

/** Shares of an interval are rounded to this, so that the rounding of times (sums of periods) changes no bit. */
const GRID = 2 ** 20;

/**
 * The value [A] at `time`, written to `out` at `offset`. Order 3 is Steffen's monotone cubic (1990, A&A 239, 443): it
 * never leaves the range of the two knots beside it, so that a plan whose knots keep the bounds keeps them throughout.
 */
export function splineAt(spline: Spline, time: number, out: Float32Array, offset = 0): Float32Array {
  const { times, knots, actionSize: size, order } = spline;
  const last = times.length - 1;
  let k = 0;
  while (k < last && times[k + 1] <= time) k++;
  let u = k < last && time > times[0] ? grid((time - times[k]) / (times[k + 1] - times[k])) : 0;
  if (u === 1) {
    k++;
    u = 0;
  }
  const from = k * size;
  if (order === 0 || u === 0) {
    for (let a = 0; a < size; a++) out[offset + a] = knots[from + a];
    return out;
  }
  const span = times[k + 1] - times[k];
  const left = k > 0 ? grid(span / (times[k] - times[k - 1])) : 0;
  const right = k + 2 <= last ? grid(span / (times[k + 2] - times[k + 1])) : 0;
  for (let i = from; i < from + size; i++) {
    const [y, end] = [knots[i], knots[i + size]];
    const rise = end - y;
    let value = y + u * rise;
    if (order === 3 && last > 1) {
      const before = k > 0 ? y - knots[i - size] : 0;
      const after = right > 0 ? knots[i + 2 * size] - end : 0;
      const m0 = k > 0 ? slope(rise, before, left) : endSlope(rise, after, right);
      const m1 = right > 0 ? slope(rise, after, right) : endSlope(rise, before, left);
      value = y + u * (m0 + u * (3 * rise - 2 * m0 - m1 + u * (m0 + m1 - 2 * rise)));
    }
    out[offset + i - from] = Math.min(Math.max(y, end), Math.max(Math.min(y, end), value));
  }
  return out;
}

function grid(share: number): number {
  return Math.round(share * GRID) / GRID;
}

/** Steffen's slope at a knot, per span of the present interval: its rise, the neighbour's, and span / neighbour's span. */
function slope(rise: number, other: number, ratio: number): number {
  const secant = other * ratio;
  const parabola = (rise + secant * ratio) / (1 + ratio);
  return (
    (Math.sign(rise) + Math.sign(secant)) * Math.min(Math.abs(rise), Math.abs(secant), Math.abs(parabola) / 2)
  );
}

/** Steffen's slope at the first or last knot. */
function endSlope(rise: number, other: number, ratio: number): number {
  const share = ratio / (1 + ratio);
  const parabola = rise * (1 + share) - other * ratio * share;
  if (parabola * rise <= 0) return 0;
  return Math.abs(parabola) > 2 * Math.abs(rise) ? 2 * rise : parabola;
}
