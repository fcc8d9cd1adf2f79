// The three matrix products of a layer. Register tile: 3 outputs × 12 rows, nine accumulators; where a panel holds eight
// rows at most, 6 outputs × 8 rows, twelve accumulators. Every unrolled step ends in an exit test: without it the
// optimising compiler regroups the steps, spills, and loses half the speed; with it any length of the sum is handled as
// well.

import { madd, sum, sums } from './vector';

// @ts-ignore: decorator
@inline
const ROW: usize = 48;

/**
 * Without fused multiply-adds every product needs a register of its own, and a step of nine regrouped is too many: then
 * each output of a step ends in a test too. No address is that small, so these exits are never taken; every test has a
 * number of its own, for the compiler drops a test that it has seen before.
 */
// @ts-ignore: decorator
@inline
const PINNED: bool = !ASC_FEATURE_RELAXED_SIMD;

/** Panels whose inputs stay in the first-level cache while one group of weights passes over them. */
// @ts-ignore: decorator
@inline
function panelsAtOnce(width: usize): usize {
  const panels = <usize>16384 / (width * ROW);
  return panels < 1 ? 1 : panels;
}

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

/**
 * y = Wᵀ·d, the gradient of a layer's inputs. d [panels][3 · groups][12], w [groups][kPad][3], y [panels][kPad][12];
 * the sum runs over the first `outs` outputs. Of the last `narrow` panels the first eight rows count.
 */
export function inputGradient(
  d: usize, w: usize, y: usize,
  outs: usize, kPad: usize, groups: usize, panels: usize, narrow: usize,
): void {
  const together = panelsAtOnce(groups * 3);
  const full = panels - narrow;
  const stride = kPad * 12;
  const panelBytes = groups * 3 * ROW;
  for (let first: usize = 0; first < full; first += together) {
    const end = min(first + together, full);
    for (let kg: usize = 0; kg < kPad; kg += 3) {
      for (let p = first; p < end; p++) {
        gradientTile(d + p * panelBytes, w + kg * 12, y + (p * kPad + kg) * ROW, outs, stride);
      }
    }
  }
  if (narrow) inputGradientNarrow(d, w, y, outs, kPad, groups, full, panels);
}

/** Panels `first` … `end` of eight rows. */
export function inputGradientNarrow(
  d: usize, w: usize, y: usize,
  outs: usize, kPad: usize, groups: usize, first: usize, end: usize,
): void {
  const stride = kPad * 12;
  const panelBytes = groups * 3 * ROW;
  let kg: usize = 0;
  for (; kg + 3 < kPad; kg += 6) {
    for (let p = first; p < end; p++) {
      narrowGradientTile(d + p * panelBytes, w + kg * 12, y + (p * kPad + kg) * ROW, outs, stride);
    }
  }
  if (kg == kPad) return;
  for (let p = first; p < end; p++) {
    gradientTile(d + p * panelBytes, w + kg * 12, y + (p * kPad + kg) * ROW, outs, stride);
  }
}

// @ts-ignore: decorator
@inline
function gradientTile(from: usize, at: usize, to: usize, outs: usize, stride: usize): void {
  const last1 = from + (outs - 1) * ROW;
  const last2 = last1 - 48;
  const last3 = last1 - 96;
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  while (true) {
    let d0 = v128.load(from);
    let d1 = v128.load(from, 16);
    let d2 = v128.load(from, 32);
    let s = v128.load_splat<f32>(at);
    a0 = madd(s, d0, a0);
    a1 = madd(s, d1, a1);
    a2 = madd(s, d2, a2);
    if (PINNED && at == 1) break;
    s = v128.load_splat<f32>(at, 12);
    b0 = madd(s, d0, b0);
    b1 = madd(s, d1, b1);
    b2 = madd(s, d2, b2);
    if (PINNED && at == 2) break;
    s = v128.load_splat<f32>(at, 24);
    c0 = madd(s, d0, c0);
    c1 = madd(s, d1, c1);
    c2 = madd(s, d2, c2);
    if (from == last1) break;
    d0 = v128.load(from, 48);
    d1 = v128.load(from, 64);
    d2 = v128.load(from, 80);
    s = v128.load_splat<f32>(at, 4);
    a0 = madd(s, d0, a0);
    a1 = madd(s, d1, a1);
    a2 = madd(s, d2, a2);
    if (PINNED && at == 3) break;
    s = v128.load_splat<f32>(at, 16);
    b0 = madd(s, d0, b0);
    b1 = madd(s, d1, b1);
    b2 = madd(s, d2, b2);
    if (PINNED && at == 4) break;
    s = v128.load_splat<f32>(at, 28);
    c0 = madd(s, d0, c0);
    c1 = madd(s, d1, c1);
    c2 = madd(s, d2, c2);
    if (from == last2) break;
    d0 = v128.load(from, 96);
    d1 = v128.load(from, 112);
    d2 = v128.load(from, 128);
    s = v128.load_splat<f32>(at, 8);
    a0 = madd(s, d0, a0);
    a1 = madd(s, d1, a1);
    a2 = madd(s, d2, a2);
    if (PINNED && at == 5) break;
    s = v128.load_splat<f32>(at, 20);
    b0 = madd(s, d0, b0);
    b1 = madd(s, d1, b1);
    b2 = madd(s, d2, b2);
    if (PINNED && at == 6) break;
    s = v128.load_splat<f32>(at, 32);
    c0 = madd(s, d0, c0);
    c1 = madd(s, d1, c1);
    c2 = madd(s, d2, c2);
    if (from == last3) break;
    from += 144;
    at += stride;
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, b0, 48);
  v128.store(to, b1, 64);
  v128.store(to, b2, 80);
  v128.store(to, c0, 96);
  v128.store(to, c1, 112);
  v128.store(to, c2, 128);
}

/** Gradients of six inputs for eight rows, as `narrowTile`. */
// @ts-ignore: decorator
@inline
function narrowGradientTile(from: usize, at: usize, to: usize, outs: usize, stride: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let e0 = a0;
  let e1 = a0;
  let f0 = a0;
  let f1 = a0;
  const last1 = from + (outs - 1) * ROW;
  const last2 = last1 - 48;
  const last3 = last1 - 96;
  while (true) {
    let x0 = v128.load(from);
    let x1 = v128.load(from, 16);
    let s = v128.load_splat<f32>(at);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    if (at == 1) break;
    s = v128.load_splat<f32>(at, 12);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    if (at == 2) break;
    s = v128.load_splat<f32>(at, 24);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    if (at == 3) break;
    s = v128.load_splat<f32>(at, 36);
    d0 = madd(s, x0, d0);
    d1 = madd(s, x1, d1);
    if (at == 4) break;
    s = v128.load_splat<f32>(at, 48);
    e0 = madd(s, x0, e0);
    e1 = madd(s, x1, e1);
    if (at == 5) break;
    s = v128.load_splat<f32>(at, 60);
    f0 = madd(s, x0, f0);
    f1 = madd(s, x1, f1);
    if (from == last1) break;
    x0 = v128.load(from, 48);
    x1 = v128.load(from, 64);
    s = v128.load_splat<f32>(at, 4);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    if (at == 6) break;
    s = v128.load_splat<f32>(at, 16);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    if (at == 7) break;
    s = v128.load_splat<f32>(at, 28);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    if (at == 8) break;
    s = v128.load_splat<f32>(at, 40);
    d0 = madd(s, x0, d0);
    d1 = madd(s, x1, d1);
    if (at == 9) break;
    s = v128.load_splat<f32>(at, 52);
    e0 = madd(s, x0, e0);
    e1 = madd(s, x1, e1);
    if (at == 10) break;
    s = v128.load_splat<f32>(at, 64);
    f0 = madd(s, x0, f0);
    f1 = madd(s, x1, f1);
    if (from == last2) break;
    x0 = v128.load(from, 96);
    x1 = v128.load(from, 112);
    s = v128.load_splat<f32>(at, 8);
    a0 = madd(s, x0, a0);
    a1 = madd(s, x1, a1);
    if (at == 11) break;
    s = v128.load_splat<f32>(at, 20);
    b0 = madd(s, x0, b0);
    b1 = madd(s, x1, b1);
    if (at == 12) break;
    s = v128.load_splat<f32>(at, 32);
    c0 = madd(s, x0, c0);
    c1 = madd(s, x1, c1);
    if (at == 13) break;
    s = v128.load_splat<f32>(at, 44);
    d0 = madd(s, x0, d0);
    d1 = madd(s, x1, d1);
    if (at == 14) break;
    s = v128.load_splat<f32>(at, 56);
    e0 = madd(s, x0, e0);
    e1 = madd(s, x1, e1);
    if (at == 15) break;
    s = v128.load_splat<f32>(at, 68);
    f0 = madd(s, x0, f0);
    f1 = madd(s, x1, f1);
    if (from == last3) break;
    from += 144;
    at += stride;
  }
  const zero = f32x4.splat(0);
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, zero, 32);
  v128.store(to, b0, 48);
  v128.store(to, b1, 64);
  v128.store(to, zero, 80);
  v128.store(to, c0, 96);
  v128.store(to, c1, 112);
  v128.store(to, zero, 128);
  v128.store(to, d0, 144);
  v128.store(to, d1, 160);
  v128.store(to, zero, 176);
  v128.store(to, e0, 192);
  v128.store(to, e1, 208);
  v128.store(to, zero, 224);
  v128.store(to, f0, 240);
  v128.store(to, f1, 256);
  v128.store(to, zero, 272);
}

/**
 * g (+)= d·xᵀ and gb (+)= Σ d over the rows: gradients of a layer's weights [groups][kPad][3] and biases [groups][3].
 * x [panels][kPad][12], d [panels][3 · groups][12], both zero beyond the last row.
 */
export function weightGradient(
  x: usize, d: usize, g: usize, gb: usize,
  kPad: usize, groups: usize, rows: usize, accumulate: bool,
): void {
  const chunks = (rows + 3) / 4;
  const lastPanel = (chunks - 1) / 3;
  const lastChunk = (chunks - 1) % 3;
  const xStride = kPad * ROW;
  const dStride = groups * 3 * ROW;
  for (let og: usize = 0; og < groups; og++) {
    const dStart = d + og * 3 * ROW;
    biasGradient(dStart, gb + og * 12, dStride, lastPanel + 1, accumulate);
    // Addresses at which the sum ends, for the exit tests of the three chunks of a panel.
    const end = dStart + lastPanel * dStride;
    const end1 = lastChunk == 0 ? end : 0;
    const end2 = lastChunk == 1 ? end : 0;
    const end3 = lastChunk == 2 ? end : 0;
    for (let kg: usize = 0; kg < kPad; kg += 3) {
      let xp = x + kg * ROW;
      let dp = dStart;
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let b0 = a0;
      let b1 = a0;
      let b2 = a0;
      let c0 = a0;
      let c1 = a0;
      let c2 = a0;
      while (true) {
        let d0 = v128.load(dp);
        let d1 = v128.load(dp, 48);
        let d2 = v128.load(dp, 96);
        let v = v128.load(xp);
        a0 = madd(v, d0, a0);
        a1 = madd(v, d1, a1);
        a2 = madd(v, d2, a2);
        if (PINNED && xp == 1) break;
        v = v128.load(xp, 48);
        b0 = madd(v, d0, b0);
        b1 = madd(v, d1, b1);
        b2 = madd(v, d2, b2);
        if (PINNED && xp == 2) break;
        v = v128.load(xp, 96);
        c0 = madd(v, d0, c0);
        c1 = madd(v, d1, c1);
        c2 = madd(v, d2, c2);
        if (dp == end1) break;
        d0 = v128.load(dp, 16);
        d1 = v128.load(dp, 64);
        d2 = v128.load(dp, 112);
        v = v128.load(xp, 16);
        a0 = madd(v, d0, a0);
        a1 = madd(v, d1, a1);
        a2 = madd(v, d2, a2);
        if (PINNED && xp == 3) break;
        v = v128.load(xp, 64);
        b0 = madd(v, d0, b0);
        b1 = madd(v, d1, b1);
        b2 = madd(v, d2, b2);
        if (PINNED && xp == 4) break;
        v = v128.load(xp, 112);
        c0 = madd(v, d0, c0);
        c1 = madd(v, d1, c1);
        c2 = madd(v, d2, c2);
        if (dp == end2) break;
        d0 = v128.load(dp, 32);
        d1 = v128.load(dp, 80);
        d2 = v128.load(dp, 128);
        v = v128.load(xp, 32);
        a0 = madd(v, d0, a0);
        a1 = madd(v, d1, a1);
        a2 = madd(v, d2, a2);
        if (PINNED && xp == 5) break;
        v = v128.load(xp, 80);
        b0 = madd(v, d0, b0);
        b1 = madd(v, d1, b1);
        b2 = madd(v, d2, b2);
        if (PINNED && xp == 6) break;
        v = v128.load(xp, 128);
        c0 = madd(v, d0, c0);
        c1 = madd(v, d1, c1);
        c2 = madd(v, d2, c2);
        if (dp == end3) break;
        dp += dStride;
        xp += xStride;
      }
      const to = g + (og * kPad + kg) * 12;
      let first = sums(a0, a1, a2, b0);
      let second = sums(b1, b2, c0, c1);
      let third = sum(c2);
      if (accumulate) {
        first = f32x4.add(first, v128.load(to));
        second = f32x4.add(second, v128.load(to, 16));
        third += load<f32>(to, 32);
      }
      v128.store(to, first);
      v128.store(to, second, 16);
      store<f32>(to, third, 32);
    }
  }
}

// @ts-ignore: decorator
@inline
function biasGradient(d: usize, gb: usize, stride: usize, panels: usize, accumulate: bool): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  for (let p: usize = 0; p < panels; p++) {
    a = f32x4.add(a, f32x4.add(v128.load(d), f32x4.add(v128.load(d, 16), v128.load(d, 32))));
    b = f32x4.add(b, f32x4.add(v128.load(d, 48), f32x4.add(v128.load(d, 64), v128.load(d, 80))));
    c = f32x4.add(c, f32x4.add(v128.load(d, 96), f32x4.add(v128.load(d, 112), v128.load(d, 128))));
    d += stride;
  }
  let sa = sum(a);
  let sb = sum(b);
  let sc = sum(c);
  if (accumulate) {
    sa += load<f32>(gb);
    sb += load<f32>(gb, 4);
    sc += load<f32>(gb, 8);
  }
  store<f32>(gb, sa);
  store<f32>(gb, sb, 4);
  store<f32>(gb, sc, 8);
}
