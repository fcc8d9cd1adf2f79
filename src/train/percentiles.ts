import type { Percentiles } from '../core/telemetry.ts';

/** Nearest-rank percentiles of planning times, ms; null when there are none. */
export function percentilesOf(milliseconds: readonly number[]): Percentiles | null {
  if (milliseconds.length === 0) return null;
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { p50: rank(0.5), p99: rank(0.99), max: sorted[sorted.length - 1] };
}
