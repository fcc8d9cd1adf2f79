// Forward through a layer: outputs from inputs.

import { ROW } from './net';
import { PINNED, panelsAtOnce } from './tiling';
import { madd } from './vector';

/**
 * y = W·x + b. x [panels][kPad][12], w [groups][kPad][3], b [groups][3], y [panels][3 · groups][12];
 * the sum runs over the first k features. Of the last `narrow` panels the first eight rows count.
 */
export function dense(
  x: usize, w: usize, b: usize, y: usize,
  k: usize, kPad: usize, groups: usize, panels: usize, narrow: usize,
): void {
  const together = panelsAtOnce(kPad);
  const full = panels - narrow;
  for (let first: usize = 0; first < full; first += together) {
    const end = min(first + together, full);
    for (let g: usize = 0; g < groups; g++) {
      for (let p = first; p < end; p++) {
        tile(x + p * kPad * ROW, w + g * kPad * 12, b + g * 12, y + (p * groups + g) * 3 * ROW, k);
      }
    }
  }
  if (narrow) denseNarrow(x, w, b, y, k, kPad, groups, full, panels);
}

/** Panels `first` … `end` of eight rows. */
export function denseNarrow(
  x: usize, w: usize, b: usize, y: usize,
  k: usize, kPad: usize, groups: usize, first: usize, end: usize,
): void {
  const stride = kPad * 12;
  let g: usize = 0;
  for (; g + 1 < groups; g += 2) {
    for (let p = first; p < end; p++) {
      narrowTile(x + p * kPad * ROW, w + g * stride, b + g * 12, y + (p * groups + g) * 3 * ROW, k, stride);
    }
  }
  if (g == groups) return;
  for (let p = first; p < end; p++) {
    tile(x + p * kPad * ROW, w + g * stride, b + g * 12, y + (p * groups + g) * 3 * ROW, k);
  }
}

// @ts-ignore: decorator
@inline
function tile(x: usize, w: usize, b: usize, y: usize, k: usize): void {
  let a0 = v128.load_splat<f32>(b);
  let a1 = a0;
  let a2 = a0;
  let b0 = v128.load_splat<f32>(b, 4);
  let b1 = b0;
  let b2 = b0;
  let c0 = v128.load_splat<f32>(b, 8);
  let c1 = c0;
  let c2 = c0;
  const end = w + k * 12;
  const end1 = end - 12;
  const end2 = end - 24;
  const end3 = end - 36;
  const end4 = end - 48;
  while (true) {
    let x0 = v128.load(x);
    let x1 = v128.load(x, 16);
    let x2 = v128.load(x, 32);
    let s = v128.load_splat<f32>(w);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    a2 = madd(s, x2, a2);
    if (PINNED && w == 1) break;
    s = v128.load_splat<f32>(w, 4);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    b2 = madd(s, x2, b2);
    if (PINNED && w == 2) break;
    s = v128.load_splat<f32>(w, 8);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    c2 = madd(s, x2, c2);
    if (w == end1) break;
    x0 = v128.load(x, 48);
    x1 = v128.load(x, 64);
    x2 = v128.load(x, 80);
    s = v128.load_splat<f32>(w, 12);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    a2 = madd(s, x2, a2);
    if (PINNED && w == 3) break;
    s = v128.load_splat<f32>(w, 16);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    b2 = madd(s, x2, b2);
    if (PINNED && w == 4) break;
    s = v128.load_splat<f32>(w, 20);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    c2 = madd(s, x2, c2);
    if (w == end2) break;
    x0 = v128.load(x, 96);
    x1 = v128.load(x, 112);
    x2 = v128.load(x, 128);
    s = v128.load_splat<f32>(w, 24);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    a2 = madd(s, x2, a2);
    if (PINNED && w == 5) break;
    s = v128.load_splat<f32>(w, 28);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    b2 = madd(s, x2, b2);
    if (PINNED && w == 6) break;
    s = v128.load_splat<f32>(w, 32);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    c2 = madd(s, x2, c2);
    if (w == end3) break;
    x0 = v128.load(x, 144);
    x1 = v128.load(x, 160);
    x2 = v128.load(x, 176);
    s = v128.load_splat<f32>(w, 36);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    a2 = madd(s, x2, a2);
    if (PINNED && w == 7) break;
    s = v128.load_splat<f32>(w, 40);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    b2 = madd(s, x2, b2);
    if (PINNED && w == 8) break;
    s = v128.load_splat<f32>(w, 44);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    c2 = madd(s, x2, c2);
    if (w == end4) break;
    w += 48;
    x += 192;
  }
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y, a2, 32);
  v128.store(y, b0, 48);
  v128.store(y, b1, 64);
  v128.store(y, b2, 80);
  v128.store(y, c0, 96);
  v128.store(y, c1, 112);
  v128.store(y, c2, 128);
}

/**
 * Eight rows: 6 outputs (two groups, `stride` bytes apart) × 8 rows, twelve accumulators, each output pinned in every
 * build. The last four rows of the panel become zero.
 */
// @ts-ignore: decorator
@inline
function narrowTile(x: usize, w: usize, b: usize, y: usize, k: usize, stride: usize): void {
  let a0 = v128.load_splat<f32>(b);
  let a1 = a0;
  let b0 = v128.load_splat<f32>(b, 4);
  let b1 = b0;
  let c0 = v128.load_splat<f32>(b, 8);
  let c1 = c0;
  let d0 = v128.load_splat<f32>(b, 12);
  let d1 = d0;
  let e0 = v128.load_splat<f32>(b, 16);
  let e1 = e0;
  let f0 = v128.load_splat<f32>(b, 20);
  let f1 = f0;
  let v = w + stride;
  const end = w + k * 12;
  const end1 = end - 12;
  const end2 = end - 24;
  while (true) {
    let x0 = v128.load(x);
    let x1 = v128.load(x, 16);
    let s = v128.load_splat<f32>(w);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    if (w == 1) break;
    s = v128.load_splat<f32>(w, 4);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    if (w == 2) break;
    s = v128.load_splat<f32>(w, 8);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    if (w == 3) break;
    s = v128.load_splat<f32>(v);
    d0 = madd(s, x0, d0);
    d1 = madd(s, x1, d1);
    if (w == 4) break;
    s = v128.load_splat<f32>(v, 4);
    e0 = madd(s, x0, e0);
    e1 = madd(s, x1, e1);
    if (w == 5) break;
    s = v128.load_splat<f32>(v, 8);
    f0 = madd(s, x0, f0);
    f1 = madd(s, x1, f1);
    if (w == end1) break;
    x0 = v128.load(x, 48);
    x1 = v128.load(x, 64);
    s = v128.load_splat<f32>(w, 12);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    if (w == 6) break;
    s = v128.load_splat<f32>(w, 16);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    if (w == 7) break;
    s = v128.load_splat<f32>(w, 20);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    if (w == 8) break;
    s = v128.load_splat<f32>(v, 12);
    d0 = madd(s, x0, d0);
    d1 = madd(s, x1, d1);
    if (w == 9) break;
    s = v128.load_splat<f32>(v, 16);
    e0 = madd(s, x0, e0);
    e1 = madd(s, x1, e1);
    if (w == 10) break;
    s = v128.load_splat<f32>(v, 20);
    f0 = madd(s, x0, f0);
    f1 = madd(s, x1, f1);
    if (w == end2) break;
    w += 24;
    v += 24;
    x += 96;
  }
  const zero = f32x4.splat(0);
  v128.store(y, a0);
  v128.store(y, a1, 16);
  v128.store(y, zero, 32);
  v128.store(y, b0, 48);
  v128.store(y, b1, 64);
  v128.store(y, zero, 80);
  v128.store(y, c0, 96);
  v128.store(y, c1, 112);
  v128.store(y, zero, 128);
  v128.store(y, d0, 144);
  v128.store(y, d1, 160);
  v128.store(y, zero, 176);
  v128.store(y, e0, 192);
  v128.store(y, e1, 208);
  v128.store(y, zero, 224);
  v128.store(y, f0, 240);
  v128.store(y, f1, 256);
  v128.store(y, zero, 272);
}
