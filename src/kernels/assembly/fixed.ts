// Rollouts compute all layers but the first in fixed point: integer products of pairs need half the multiplications of
// float32, on every machine that has SIMD. Activations of a row share a scale, set by their largest; weights of an output
// share one, set so that no sum can overflow: |x| ≤ X and X · Σ|w| < 2³¹. Rounding errors are 2 to 8 · 10⁻⁴ of an output's
// spread, about those of half precision. Training, and what it is judged by, stay in float32.
//
// Weights lie as [group][pair of features][3 outputs], two 16-bit integers a word, and 1/scale as [group][3] (f32);
// activations as [panel][pair of features][12 rows], in place of the float32 ones.

import { activate } from './activation';
import { dense } from './dense';
import {
  ROW, activation, biases, fanIn, fanInPadded, fixedScales, fixedWeights, groups, layers, weights, widest,
} from './net';
import { panelsAtOnce } from './tiling';
import { MAGIC, constant, madd } from './vector';

/**
 * Largest integer of an activation, X, for sums of `k` products. A larger one rounds activations less and weights more;
 * 10⁵/√k balances them where the largest activation is four times and the mean weight 0.8 times the spread.
 */
// @ts-ignore: decorator
@inline
function largest(k: usize): f32 {
  return min(<f32>16383, <f32>floor<f64>(sqrt<f64>(1e10 / <f64>k)));
}

/** Fixed-point weights of one member. Where a weight is not finite, its output's scale is not either. */
export function fixWeights(net: usize, parameters: usize, fixed: usize): void {
  const count = layers(net);
  for (let l = 1; l < count; l++) {
    const k = <usize>fanIn(net, l);
    const stride = <usize>fanInPadded(net, l) * 12;
    const pairs = (k + 1) >> 1;
    const room = 2147483648.0 / <f64>largest(k) - <f64>k * 0.5 - 1;
    const out = <usize>groups(net, l);
    for (let g: usize = 0; g < out; g++) {
      for (let o: usize = 0; o < 3; o++) {
        const w = parameters + weights(net, l) + g * stride + o * 4;
        const scale = scaleOf(w, k, room);
        store<f32>(fixed + fixedScales(net, l) + (g * 3 + o) * 4, <f32>1 / scale);
        const to = fixed + fixedWeights(net, l) + g * pairs * 12 + o * 4;
        for (let p: usize = 0; p < pairs; p++) {
          const low = round(load<f32>(w + p * 24) * scale);
          const high = p + p + 1 < k ? round(load<f32>(w + p * 24 + 12) * scale) : 0;
          store<i32>(to + p * 12, (low & 0xffff) | (high << 16));
        }
      }
    }
  }
}

/**
 * Integers per unit of an output's weights: none beyond 16 bits, and their sum within `room`, which holds only where it is
 * summed with more digits than the weights have.
 */
function scaleOf(w: usize, k: usize, room: f64): f32 {
  let most: f32 = 0;
  let sum: f64 = 0;
  for (let i: usize = 0; i < k; i++) {
    const size = abs<f32>(load<f32>(w + i * 12));
    most = max<f32>(most, size);
    sum += <f64>size;
  }
  return sum == 0 ? 1 : min<f32>(<f32>32766 / most, <f32>(room / sum));
}

/** To the nearest integer, in the low 16 bits. */
// @ts-ignore: decorator
@inline
function round(x: f32): i32 {
  return reinterpret<i32>(x + <f32>12582912);
}

/**
 * Activations [panels][kPad][12] to integers, in place, and the unit of every row to `units` [panels][12]. A row that is
 * not finite has a unit that is not: its outputs are neither.
 */
export function fixRows(data: usize, units: usize, k: usize, kPad: usize, panels: usize): void {
  const mask = i32x4.splat(0x7fffffff);
  const range = f32x4.splat(largest(k));
  const least = f32x4.splat(1e-30);
  for (let p: usize = 0; p < panels; p++, data += kPad * ROW, units += ROW) {
    // Numbers without sign are ordered as their bits are; infinities and NaN come last.
    let m0 = i32x4.splat(0);
    let m1 = m0;
    let m2 = m0;
    const end = data + k * ROW;
    for (let x = data; x < end; x += ROW) {
      m0 = i32x4.max_s(m0, v128.and(v128.load(x), mask));
      m1 = i32x4.max_s(m1, v128.and(v128.load(x, 16), mask));
      m2 = i32x4.max_s(m2, v128.and(v128.load(x, 32), mask));
    }
    v128.store(units, f32x4.div(m0, range));
    v128.store(units, f32x4.div(m1, range), 16);
    v128.store(units, f32x4.div(m2, range), 32);
    pack(data, k, f32x4.div(range, f32x4.pmax(m0, least)));
    pack(data + 16, k, f32x4.div(range, f32x4.pmax(m1, least)));
    pack(data + 32, k, f32x4.div(range, f32x4.pmax(m2, least)));
  }
}

/** Four rows of `k` features at `x` to pairs of integers, in place. */
// @ts-ignore: decorator
@inline
function pack(x: usize, k: usize, scale: v128): void {
  const magic = constant(MAGIC);
  const low = i32x4.splat(0xffff);
  let to = x;
  const end = x + (k >> 1) * 2 * ROW;
  for (; x < end; x += 2 * ROW, to += ROW) {
    const a = madd(v128.load(x), scale, magic);
    const b = madd(v128.load(x, ROW), scale, magic);
    v128.store(to, v128.or(v128.and(a, low), i32x4.shl(b, 16)));
  }
  if (k & 1) v128.store(to, v128.and(madd(v128.load(x), scale, magic), low));
}

/**
 * y = W·x + b from integers; see `dense`. x [panels][kPad/2][12], its panels kPad · 48 bytes apart, y float32.
 */
export function denseFixed(
  x: usize, units: usize, w: usize, scales: usize, b: usize, y: usize,
  k: usize, kPad: usize, groups: usize, panels: usize, narrow: usize,
): void {
  const bytes = ((k + 1) >> 1) * 12;
  const together = panelsAtOnce(kPad >> 1);
  for (let first: usize = 0; first < panels; first += together) {
    const end = min(first + together, panels);
    for (let g: usize = 0; g < groups; g++) {
      for (let p = first; p < end; p++) {
        const from = x + p * kPad * ROW;
        const to = y + (p * groups + g) * 3 * ROW;
        if (p < panels - narrow) tile(from, units + p * ROW, w + g * bytes, bytes, scales + g * 12, b + g * 12, to);
        else narrowTile(from, units + p * ROW, w + g * bytes, bytes, scales + g * 12, b + g * 12, to);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function multiplied(x: v128, w: v128, sum: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(w, x), sum);
}

/** Sums of four rows of an output of weights' scale `scale`, in its unit. */
// @ts-ignore: decorator
@inline
function finished(sums: v128, unit: v128, scale: v128, bias: v128): v128 {
  return madd(f32x4.mul(f32x4.convert_i32x4_s(sums), unit), scale, bias);
}

/** One output of a panel. */
// @ts-ignore: decorator
@inline
function finish(y: usize, sums0: v128, sums1: v128, sums2: v128, units: usize, scales: usize, b: usize): void {
  const scale = v128.load_splat<f32>(scales);
  const bias = v128.load_splat<f32>(b);
  v128.store(y, finished(sums0, v128.load(units), scale, bias));
  v128.store(y, finished(sums1, v128.load(units, 16), scale, bias), 16);
  v128.store(y, finished(sums2, v128.load(units, 32), scale, bias), 32);
}

/** One output of a panel of eight rows; the last four become zero. */
// @ts-ignore: decorator
@inline
function finishNarrow(y: usize, sums0: v128, sums1: v128, units: usize, scales: usize, b: usize): void {
  const scale = v128.load_splat<f32>(scales);
  const bias = v128.load_splat<f32>(b);
  v128.store(y, finished(sums0, v128.load(units), scale, bias));
  v128.store(y, finished(sums1, v128.load(units, 16), scale, bias), 16);
  v128.store(y, f32x4.splat(0), 32);
}

/** 3 outputs × 12 rows. Pinned after each output (tiling.ts): products need a register of their own. */
// @ts-ignore: decorator
@inline
function tile(x: usize, units: usize, w: usize, bytes: usize, scales: usize, b: usize, y: usize): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  const last = w + bytes - 12;
  while (true) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    let s = v128.load_splat<u32>(w);
    a0 = multiplied(x0, s, a0);
    a1 = multiplied(x1, s, a1);
    a2 = multiplied(x2, s, a2);
    if (w == 1) break;
    s = v128.load_splat<u32>(w, 4);
    b0 = multiplied(x0, s, b0);
    b1 = multiplied(x1, s, b1);
    b2 = multiplied(x2, s, b2);
    if (w == 2) break;
    s = v128.load_splat<u32>(w, 8);
    c0 = multiplied(x0, s, c0);
    c1 = multiplied(x1, s, c1);
    c2 = multiplied(x2, s, c2);
    if (w == last) break;
    w += 12;
    x += ROW;
  }
  finish(y, a0, a1, a2, units, scales, b);
  finish(y + 48, b0, b1, b2, units, scales + 4, b + 4);
  finish(y + 96, c0, c1, c2, units, scales + 8, b + 8);
}

/** The same for eight rows; six sums leave registers enough. */
// @ts-ignore: decorator
@inline
function narrowTile(x: usize, units: usize, w: usize, bytes: usize, scales: usize, b: usize, y: usize): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  const last = w + bytes - 12;
  while (true) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    let s = v128.load_splat<u32>(w);
    a0 = multiplied(x0, s, a0);
    a1 = multiplied(x1, s, a1);
    s = v128.load_splat<u32>(w, 4);
    b0 = multiplied(x0, s, b0);
    b1 = multiplied(x1, s, b1);
    s = v128.load_splat<u32>(w, 8);
    c0 = multiplied(x0, s, c0);
    c1 = multiplied(x1, s, c1);
    if (w == last) break;
    w += 12;
    x += ROW;
  }
  finishNarrow(y, a0, a1, units, scales, b);
  finishNarrow(y + 48, b0, b1, units, scales + 4, b + 4);
  finishNarrow(y + 96, c0, c1, units, scales + 8, b + 8);
}

/** Scratch of `forwardFixed`: two activations, and the units of rows. */
export function fixedScratch(net: usize, panels: usize): usize {
  return panels * ROW * (2 * widest(net) + 1);
}

/**
 * Layers of one member over `panels` panels, the last `narrow` of eight rows: reads x, ends in one of two buffers in
 * `scratch`, which is returned.
 */
export function forwardFixed(
  net: usize, parameters: usize, fixed: usize, x: usize, scratch: usize, panels: usize, narrow: usize,
): usize {
  const last = layers(net) - 1;
  const kind = activation(net);
  const other = scratch + panels * widest(net) * ROW;
  const units = other + panels * widest(net) * ROW;
  let out = <usize>groups(net, 0);
  dense(
    x, parameters + weights(net, 0), parameters + biases(net, 0), scratch,
    fanIn(net, 0), fanInPadded(net, 0), out, panels, narrow,
  );
  let from = scratch;
  for (let l = 1; l <= last; l++) {
    const k = <usize>fanIn(net, l);
    const kPad = <usize>fanInPadded(net, l);
    activate(kind, from, panels * out * 3 * ROW);
    fixRows(from, units, k, kPad, panels);
    const to = from == scratch ? other : scratch;
    out = groups(net, l);
    denseFixed(
      from, units, fixed + fixedWeights(net, l), fixed + fixedScales(net, l), parameters + biases(net, l), to,
      k, kPad, out, panels, narrow,
    );
    from = to;
  }
  return from;
}
