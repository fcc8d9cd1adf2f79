/** Indices of the `count` best returns, best first; NaN counts as −∞; ties keep their order. */
export function bestOf(returns: ArrayLike<number>, count: number): number[] {
  const rank = (n: number) => (Number.isNaN(returns[n]) ? -Infinity : returns[n]);
  return Array.from({ length: returns.length }, (_, n) => n)
    .sort((a, b) => (rank(b) === rank(a) ? a - b : rank(b) > rank(a) ? 1 : -1))
    .slice(0, count);
}

/** How many of `count` candidates shape what comes next: of few a third at most, more would select nothing. */
export function eliteCount(elites: number, count: number): number {
  return Math.min(elites, Math.max(1, Math.floor(count / 3)));
}

/** Weighted mean and standard deviation per entry over sequences of equal length, float64 sums; weights add up to 1. */
export function momentsOf(
  sequences: readonly Float32Array[],
  weights: ArrayLike<number>,
): { mean: Float64Array; deviation: Float64Array } {
  const { length } = sequences[0];
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let n = 0; n < sequences.length; n++) sum += weights[n] * sequences[n][i];
    mean[i] = sum;
    let squares = 0;
    for (let n = 0; n < sequences.length; n++) squares += weights[n] * (sequences[n][i] - sum) ** 2;
    deviation[i] = Math.sqrt(squares);
  }
  return { mean, deviation };
}

/** Equal weights [N] that add up to 1. */
export function evenly(count: number): Float64Array {
  return new Float64Array(count).fill(1 / count);
}

/** Mean and standard deviation; −∞ and 0 of nothing. */
export function returnStatistics(values: readonly number[]): { mean: number; spread: number } {
  if (values.length === 0) return { mean: -Infinity, spread: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / values.length) };
}
