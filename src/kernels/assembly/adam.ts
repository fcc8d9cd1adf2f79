// AdamW (Loshchilov and Hutter 2019) as a flat loop: parameters, gradient and moments lie in the same order.

import { madd } from './vector';

/** Blocks are multiples of 16 bytes in memory; the rest of the last four is zero and stays zero. */
export function adam(
  w: usize, g: usize, m: usize, v: usize, bytes: usize,
  options: usize, keep: f32, rate: f32, correction: f32,
): void {
  const beta1 = v128.load_splat<f32>(options);
  const rest1 = v128.load_splat<f32>(options, 4);
  const beta2 = v128.load_splat<f32>(options, 8);
  const rest2 = v128.load_splat<f32>(options, 12);
  const epsilon = v128.load_splat<f32>(options, 16);
  const keeps = f32x4.splat(keep);
  const rates = f32x4.splat(-rate);
  const corrections = f32x4.splat(correction);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = v128.load(g + i);
    const first = madd(beta1, v128.load(m + i), f32x4.mul(rest1, gradient));
    const second = madd(beta2, v128.load(v + i), f32x4.mul(f32x4.mul(rest2, gradient), gradient));
    v128.store(m + i, first);
    v128.store(v + i, second);
    const step = f32x4.div(first, madd(f32x4.sqrt(second), corrections, epsilon));
    v128.store(w + i, madd(rates, step, f32x4.mul(keeps, v128.load(w + i))));
  }
}
