// Between row-major arrays and panels.

import { ROW } from './net';

/**
 * Rows of `source` [·, width] into panels [panels][padded][12]: row `order[r]`, or `first + r` where there is no order.
 * Padding features and rows become zero.
 */
export function gather(
  source: usize, order: usize, first: usize, count: usize,
  width: usize, padded: usize, panels: usize, target: usize,
): void {
  memory.fill(target, 0, panels * padded * ROW);
  for (let r: usize = 0; r < count; r++) {
    const row = order ? <usize>load<u32>(order + (r << 2)) : first + r;
    const from = source + row * width * 4;
    const to = target + (r / 12) * padded * ROW + (r % 12) * 4;
    for (let i: usize = 0; i < width; i++) store<f32>(to + i * ROW, load<f32>(from + (i << 2)));
  }
}

/** The first `width` features of panels back into rows of `target`, from row `first`. */
export function scatter(
  source: usize, first: usize, count: usize,
  width: usize, padded: usize, target: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const from = source + (r / 12) * padded * ROW + (r % 12) * 4;
    const to = target + (first + r) * width * 4;
    for (let i: usize = 0; i < width; i++) store<f32>(to + (i << 2), load<f32>(from + i * ROW));
  }
}
