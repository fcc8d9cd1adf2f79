import { madd } from './vector';

/**
 * Multiply-adds in registers alone, `rounds` · 48 of vectors: 12 independent chains. Without fused ones, 6 chains of
 * multiplications beside 6 of additions, of one operand: a second one costs V8 a register too many. The sum keeps it
 * honest; `value` is 1, so that no product grows or vanishes.
 */
export function peak(rounds: i32, value: f32): f32 {
  const x = f32x4.splat(value);
  const y = f32x4.splat(1 - value);
  let a = f32x4(1, 2, 3, 4);
  let b = f32x4(5, 6, 7, 8);
  let c = f32x4(9, 10, 11, 12);
  let d = f32x4(13, 14, 15, 16);
  let e = f32x4(17, 18, 19, 20);
  let f = f32x4(21, 22, 23, 24);
  let g = f32x4(25, 26, 27, 28);
  let h = f32x4(29, 30, 31, 32);
  let i = f32x4(33, 34, 35, 36);
  let j = f32x4(37, 38, 39, 40);
  let k = f32x4(41, 42, 43, 44);
  let l = f32x4(45, 46, 47, 48);
  for (let r = 0; r < rounds; r++) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      for (let u = 0; u < 4; u++) {
        a = madd(a, x, y);
        b = madd(b, x, y);
        c = madd(c, x, y);
        d = madd(d, x, y);
        e = madd(e, x, y);
        f = madd(f, x, y);
        g = madd(g, x, y);
        h = madd(h, x, y);
        i = madd(i, x, y);
        j = madd(j, x, y);
        k = madd(k, x, y);
        l = madd(l, x, y);
      }
    } else {
      for (let u = 0; u < 8; u++) {
        a = f32x4.mul(a, x);
        b = f32x4.add(b, x);
        c = f32x4.mul(c, x);
        d = f32x4.add(d, x);
        e = f32x4.mul(e, x);
        f = f32x4.add(f, x);
        g = f32x4.mul(g, x);
        h = f32x4.add(h, x);
        i = f32x4.mul(i, x);
        j = f32x4.add(j, x);
        k = f32x4.mul(k, x);
        l = f32x4.add(l, x);
      }
    }
  }
  const all = f32x4.add(
    f32x4.add(f32x4.add(a, b), f32x4.add(c, d)),
    f32x4.add(f32x4.add(f32x4.add(e, f), f32x4.add(g, h)), f32x4.add(f32x4.add(i, j), f32x4.add(k, l))),
  );
  return f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 3);
}

/**
 * The same in fixed point: sums of products of 16-bit pairs, `rounds` · 48 of vectors, 12 chains. `value` is 0, so that
 * no sum grows.
 */
export function fixedPeak(rounds: i32, value: i32): i32 {
  const x = i32x4.splat(value);
  let a = i32x4(1, 2, 3, 4);
  let b = i32x4(5, 6, 7, 8);
  let c = i32x4(9, 10, 11, 12);
  let d = i32x4(13, 14, 15, 16);
  let e = i32x4(17, 18, 19, 20);
  let f = i32x4(21, 22, 23, 24);
  let g = i32x4(25, 26, 27, 28);
  let h = i32x4(29, 30, 31, 32);
  let i = i32x4(33, 34, 35, 36);
  let j = i32x4(37, 38, 39, 40);
  let k = i32x4(41, 42, 43, 44);
  let l = i32x4(45, 46, 47, 48);
  for (let r = 0; r < rounds; r++) {
    for (let u = 0; u < 4; u++) {
      a = multiplied(a, x);
      b = multiplied(b, x);
      c = multiplied(c, x);
      d = multiplied(d, x);
      e = multiplied(e, x);
      f = multiplied(f, x);
      g = multiplied(g, x);
      h = multiplied(h, x);
      i = multiplied(i, x);
      j = multiplied(j, x);
      k = multiplied(k, x);
      l = multiplied(l, x);
    }
  }
  const all = i32x4.add(
    i32x4.add(i32x4.add(a, b), i32x4.add(c, d)),
    i32x4.add(i32x4.add(i32x4.add(e, f), i32x4.add(g, h)), i32x4.add(i32x4.add(i, j), i32x4.add(k, l))),
  );
  return i32x4.extract_lane(all, 0) + i32x4.extract_lane(all, 3);
}

// @ts-ignore: decorator
@inline
function multiplied(sum: v128, x: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(sum, x), sum);
}
