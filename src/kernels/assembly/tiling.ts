// What the matrix products of a layer share. Register tile: 3 outputs × 12 rows, nine accumulators; where a panel holds
// eight rows at most, 6 outputs × 8 rows, twelve accumulators. Every unrolled step ends in an exit test: without it the
// optimising compiler regroups the steps, spills, and loses half the speed; with it any length of the sum is handled as
// well.

import { ROW } from './net';

/**
 * Without fused multiply-adds every product needs a register of its own, and a step of nine regrouped is too many: then
 * each output of a step ends in a test too. No address is that small, so these exits are never taken; every test has a
 * number of its own, for the compiler drops a test that it has seen before.
 */
// @ts-ignore: decorator
@inline
export const PINNED: bool = !ASC_FEATURE_RELAXED_SIMD;

/** Panels whose inputs stay in the first-level cache while one group of weights passes over them. */
// @ts-ignore: decorator
@inline
export function panelsAtOnce(width: usize): usize {
  const panels = <usize>16384 / (width * ROW);
  return panels < 1 ? 1 : panels;
}
