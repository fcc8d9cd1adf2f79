/** Quantiles 0.975 of Student's t for 1 … 30 degrees of freedom. */
const t975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

export interface Difference {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly error: number;
  /** 95 % interval, Student's t. */
  readonly low: number;
  readonly high: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `a` less `b`, both from the same seeds in the same order. One seed alone tells nothing of the error: it is ∞. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Difference {
  const differences = a.map((value, i) => value - b[i]);
  const middle = mean(differences);
  const degrees = differences.length - 1;
  if (degrees < 1) return { mean: middle, error: Infinity, low: -Infinity, high: Infinity };
  const variance = differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / degrees;
  const error = Math.sqrt(variance / differences.length);
  const reach = error * (t975[degrees - 1] ?? 1.96);
  return { mean: middle, error, low: middle - reach, high: middle + reach };
}
