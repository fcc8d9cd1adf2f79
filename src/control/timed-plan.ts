import type { Plan, PlanOrder } from '../core/plan.ts';

/** A plan on its way to a plant. Times in s since reset. */
export interface TimedPlan {
  readonly plan: Plan;
  /** When what it was made from was observed; null for actions that nobody planned. */
  readonly observed: number | null;
  /** It says nothing from then on. */
  readonly end: number;
  /** Until then a newer one is not missed. */
  readonly fresh: number;
}

/** Values before those of varying number. */
const FIXED = 14;

/** Values of the message for a plan of K knots of A values from a state of S. */
export function planMessageSize(knots: number, actionSize: number, stateSize: number): number {
  return FIXED + knots * (1 + actionSize) + stateSize;
}

/** A plan as numbers, for `LatestSlot`. */
export function encodePlan({ plan, observed, end, fresh }: TimedPlan): Float64Array {
  const { times, knots, actionSize, startState } = plan;
  const out = new Float64Array(planMessageSize(times.length, actionSize, startState.length));
  out.set([
    plan.id,
    plan.startTime,
    observed ?? Number.NaN,
    end,
    fresh,
    actionSize,
    plan.order,
    times.length,
  ]);
  out.set([plan.expectedReturn, plan.returnSpread, plan.evaluations, plan.invalid, plan.milliseconds], 8);
  out[13] = startState.length;
  out.set(times, FIXED);
  out.set(knots, FIXED + times.length);
  out.set(startState, FIXED + times.length + knots.length);
  return out;
}

export function decodePlan(message: Float64Array): TimedPlan {
  const [id, startTime, observed, end, fresh, actionSize, order, count] = message;
  const [expectedReturn, returnSpread, evaluations, invalid, milliseconds, stateSize] = message.subarray(8);
  const knots = FIXED + count;
  const state = knots + count * actionSize;
  return {
    plan: {
      ...{ id, startTime, actionSize, expectedReturn, returnSpread, evaluations, invalid, milliseconds },
      order: order as PlanOrder,
      times: message.slice(FIXED, knots),
      knots: Float32Array.from(message.subarray(knots, state)),
      startState: Float32Array.from(message.subarray(state, state + stateSize)),
    },
    observed: Number.isNaN(observed) ? null : observed,
    end,
    fresh,
  };
}
