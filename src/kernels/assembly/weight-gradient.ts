// Backward through a layer: the gradients of its weights and biases.

import { ROW } from './net';
import { PINNED } from './tiling';
import { madd, sum, sums } from './vector';

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
