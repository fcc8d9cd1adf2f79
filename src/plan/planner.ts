import type { PlannerConfig } from '../core/config.ts';
import type { PlanOrder } from '../core/plan.ts';
import type { Box } from '../core/space.ts';
import type { Budget } from '../core/task.ts';

/**
 * Returns [R, N] of action sequences [R, N, H, A]; higher is better. A planner knows nothing else of the world. The
 * arrays are valid until the next call.
 */
export type Evaluate = (actions: Float32Array, candidates: number) => Promise<ArrayLike<number>>;

/** What a planner carries from one control step of an episode to the next, per robot. */
export interface PlannerMemory {
  /** Knots of the last plan [K, A]; without knots the plan itself [H, A]. */
  readonly mean: Float32Array;
  /** Best sequences of the last plan, best first, each [K, A]. */
  readonly elites: readonly Float32Array[];
  /** Deviation that the last search ended with [K, A], of planners that learn one. */
  readonly deviation?: Float32Array;
}

export interface PlannerResult {
  /** The plan, an action per control step [H, A]: what `knots` say at these moments, bit for bit. */
  readonly actions: Float32Array;
  /** Knots [K, A], when each is due (control steps from the plan's beginning) [K], and what lies between. */
  readonly knots: Float32Array;
  readonly times: Float64Array;
  readonly order: PlanOrder;
  /** Mean and standard deviation of the last elites' returns, after the cost of unsmooth actions; −∞ without any. */
  readonly expectedReturn: number;
  readonly returnSpread: number;
  /** Sequences evaluated for this robot. */
  readonly evaluations: number;
  /** Of these, how many returned NaN and were ranked last. */
  readonly invalid: number;
  readonly memory: PlannerMemory;
}

export interface PlanRequest {
  readonly evaluate: Evaluate;
  /** Sequences that take `evaluate` as long as one of them does; left out: 1. A deadline is met by whole grains. */
  readonly grain?: number;
  /** One entry a robot [R]; null at the start of an episode. */
  readonly previous: readonly (PlannerMemory | null)[];
  readonly budget: Budget;
  /** Random numbers are keyed by (seed, index, robot): another index for every plan of a run. */
  readonly seed: number;
  readonly index: number;
  /** Who the robots are [R]; left out: 0 … R − 1. A robot's plan does not depend on who else is planned for. */
  readonly robots?: readonly number[];
  /** Control steps between the beginning of the last plan and of this one [R]; left out: 1. */
  readonly shift?: readonly number[];
  /** The action [A] in force just before the plan begins, per robot [R]; null where nothing is known of it. */
  readonly before?: readonly (Float32Array | null)[];
  /** More sequences to try first, per robot [R][K × H × A]. */
  readonly proposals?: readonly Float32Array[];
  /** Stop when `clock` (ms) says `at`; what was evaluated by then counts. */
  readonly deadline?: { readonly clock: () => number; readonly at: number };
  /** Evaluate exactly so many sequences a robot: repeats a plan that had a deadline, bit for bit. */
  readonly evaluations?: number;
}

/** One plan at a time: buffers are used again. */
export interface Planner {
  readonly name: string;
  plan(request: PlanRequest): Promise<PlannerResult[]>;
}

/** What every planner is made from. */
export interface PlannerOptions {
  readonly space: Box;
  /** H, control steps. */
  readonly horizon: number;
  /** s */
  readonly controlPeriod: number;
  readonly config: PlannerConfig;
}
