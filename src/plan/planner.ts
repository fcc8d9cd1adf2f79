import type { PlannerConfig } from '../core/config.ts';
import type { Box } from '../core/space.ts';
import type { Budget } from '../core/task.ts';

/**
 * Returns [R, N] of action sequences [R, N, H, A]; higher is better. A planner knows nothing else of the world. The
 * arrays are valid until the next call.
 */
export type Evaluate = (actions: Float32Array, candidates: number) => Promise<ArrayLike<number>>;

/** What a planner carries from one control step of an episode to the next, per robot. */
export interface PlannerMemory {
  /** Mean of the last plan [H, A]. */
  readonly mean: Float32Array;
  /** Best sequences of the last plan, best first [K, H, A]. */
  readonly elites: readonly Float32Array[];
}

export interface PlannerResult {
  /** The plan [H, A]: the mean of the elites. */
  readonly mean: Float32Array;
  /** Mean and standard deviation of the last elites' returns. */
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
  /** One entry a robot [R]; null at the start of an episode. */
  readonly previous: readonly (PlannerMemory | null)[];
  readonly budget: Budget;
  /** Random numbers are keyed by (seed, index): another index for every plan of a run. */
  readonly seed: number;
  readonly index: number;
  /** Control steps between the beginning of the last plan and of this one [R]; left out: 1. */
  readonly shift?: readonly number[];
  /** The action [A] in force just before the plan begins, per robot [R]; null where nothing is known of it. */
  readonly before?: readonly (Float32Array | null)[];
  /** More sequences to try first, per robot [R][K × H × A]. */
  readonly proposals?: readonly Float32Array[];
}

export interface Planner {
  readonly name: string;
  plan(request: PlanRequest): Promise<PlannerResult[]>;
}

/** What every planner is made from. */
export interface PlannerOptions {
  readonly space: Box;
  /** H, control steps. */
  readonly horizon: number;
  readonly config: PlannerConfig;
}

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

/** The sequence [H, A] that stays in the middle of the range. */
export function middleSequence(range: ActionRange, horizon: number): Float32Array {
  const size = range.middle.length;
  return Float32Array.from({ length: horizon * size }, (_, i) => range.middle[i % size]);
}

/** The mean one control step later, its end padded with the middle of the range (0 would be wrong for odd bounds). */
export function shifted(mean: Float32Array, range: ActionRange): Float32Array {
  const size = range.middle.length;
  const next = new Float32Array(mean.length);
  next.set(mean.subarray(size));
  next.set(range.middle, mean.length - size);
  return next;
}

/** Indices of the `count` best returns, best first; NaN counts as −∞; ties keep their order. */
export function bestOf(returns: ArrayLike<number>, count: number): number[] {
  const rank = (n: number) => (Number.isNaN(returns[n]) ? -Infinity : returns[n]);
  return Array.from({ length: returns.length }, (_, n) => n)
    .sort((a, b) => (rank(b) === rank(a) ? a - b : rank(b) > rank(a) ? 1 : -1))
    .slice(0, count);
}

export function countNaN(values: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) count++;
  return count;
}

/** Mean and standard deviation per entry over sequences of equal length, float64 sums. */
export function momentsOf(sequences: readonly Float32Array[]): {
  mean: Float64Array;
  deviation: Float64Array;
} {
  const length = sequences[0].length;
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const sequence of sequences) sum += sequence[i];
    mean[i] = sum / sequences.length;
    let squares = 0;
    for (const sequence of sequences) squares += (sequence[i] - mean[i]) ** 2;
    deviation[i] = Math.sqrt(squares / sequences.length);
  }
  return { mean, deviation };
}

/** Mean and standard deviation of finite numbers; −∞ when one is not finite. */
export function returnStatistics(values: readonly number[]): { mean: number; spread: number } {
  if (!values.every(Number.isFinite)) return { mean: -Infinity, spread: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    spread: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
  };
}

/** The part of robot r in an array over [R, …]. */
export function robotSlice(values: ArrayLike<number>, r: number, robots: number): number[] {
  const size = values.length / robots;
  return Array.from({ length: size }, (_, n) => values[r * size + n]);
}
