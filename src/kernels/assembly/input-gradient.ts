// Backward through a layer: the gradient of its inputs.

import { ROW } from './net';
import { PINNED, panelsAtOnce } from './tiling';
import { madd } from './vector';

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
