// The bounded Gaussian and its negative log-likelihood.

import { exp, madd, sigmoid, softplus } from './vector';
import { ROW, maxLogVariance, minLogVariance, outputs } from './net';

/** v = max − softplus(max − raw); log-variance = min + softplus(v − min). */
// @ts-ignore: decorator
@inline
export function boundedLogVariance(raw: v128, min: v128, max: v128): v128 {
  const v = f32x4.sub(max, softplus(f32x4.sub(max, raw)));
  return f32x4.add(min, softplus(f32x4.sub(v, min)));
}

/**
 * Sum over rows and outputs of ½[(μ−y)²·e^(−v) + v]. `out` [panels][padded][12]: means, then raw log-variances;
 * `targets` [panels][O][12]. With `gradient` also its derivative times `scale`, in the layout of `out`, pads zero.
 */
export function negativeLogLikelihood(
  net: usize, out: usize, targets: usize, gradient: usize,
  rows: usize, padded: usize, scale: f32,
): f64 {
  const count = <usize>outputs(net);
  const panels = (rows + 11) / 12;
  const min = minLogVariance(net);
  const max = maxLogVariance(net);
  const half = f32x4.splat(0.5);
  const scales = f32x4.splat(scale);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  if (gradient) memory.fill(gradient, 0, panels * padded * ROW);
  for (let p: usize = 0; p < panels; p++) {
    for (let o: usize = 0; o < count; o++) {
      for (let c: usize = 0; c < 3; c++) {
        const row = <i32>(p * 12 + c * 4);
        const within = i32x4.lt_s(i32x4.add(i32x4.splat(row), i32x4(0, 1, 2, 3)), i32x4.splat(<i32>rows));
        const at = (p * padded + o) * ROW + c * 16;
        const rawAt = at + count * ROW;
        const raw = v128.load(out + rawAt);
        const error = f32x4.sub(v128.load(out + at), v128.load(targets + (p * count + o) * ROW + c * 16));
        const v = f32x4.sub(max, softplus(f32x4.sub(max, raw)));
        const logVariance = f32x4.add(min, softplus(f32x4.sub(v, min)));
        const precision = exp(f32x4.neg(logVariance));
        const weighted = f32x4.mul(error, precision);
        const loss = v128.and(f32x4.mul(half, madd(error, weighted, logVariance)), within);
        low = f64x2.add(low, f64x2.promote_low_f32x4(loss));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(loss, loss, 2, 3, 2, 3)));
        if (gradient) {
          v128.store(gradient + at, v128.and(f32x4.mul(weighted, scales), within));
          const slope = f32x4.mul(sigmoid(f32x4.sub(v, min)), sigmoid(f32x4.sub(max, raw)));
          const byVariance = f32x4.mul(half, f32x4.sub(f32x4.splat(1), f32x4.mul(error, weighted)));
          v128.store(gradient + rawAt, v128.and(f32x4.mul(f32x4.mul(byVariance, slope), scales), within));
        }
      }
    }
  }
  const both = f64x2.add(low, high);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}
