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

/** The action [A] of a plan at `time` (s since reset); before the first knot the first, past the end the last. */
export function actionAt(plan: Plan, time: number, out = new Float32Array(plan.actionSize)): Float32Array {
  const relative = time - plan.startTime;
  let knot = 0;
  // A knot is due from half a nanosecond before its time on: times are sums of periods and carry rounding.
  while (knot + 1 < plan.times.length && plan.times[knot + 1] <= relative + 5e-10) knot++;
  for (let a = 0; a < plan.actionSize; a++) out[a] = plan.knots[knot * plan.actionSize + a];
  return out;
}
