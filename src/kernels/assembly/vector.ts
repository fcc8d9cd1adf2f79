// Four float32 lanes at a time: elementary functions of the kernels. Lanes are rows of a batch.
// Constants are loaded from memory: V8 rebuilds a `v128.const` every time it meets one inside a loop.

/** a·b + c; fused where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Where the constants live; below the first page boundary, see layout.ts. */
// @ts-ignore: decorator
@inline
const TABLE: usize = 2048;

// Offsets into the table, bytes.
// @ts-ignore: decorator
@inline
export const LOG2E: usize = 0;
// @ts-ignore: decorator
@inline
export const MAGIC: usize = 4;
// @ts-ignore: decorator
@inline
export const EXP2: usize = 8; // 1 … 5
// @ts-ignore: decorator
@inline
const LN2: usize = 28; // high, low
// @ts-ignore: decorator
@inline
const EXP: usize = 36; // 2 … 6
// @ts-ignore: decorator
@inline
const ATANH: usize = 56; // 0 … 4
// @ts-ignore: decorator
@inline
const TANH: usize = 76; // 5 … 1
// @ts-ignore: decorator
@inline
const HALF_PI: usize = 96; // three parts, then 2/π
// @ts-ignore: decorator
@inline
const SIN: usize = 112; // 3
// @ts-ignore: decorator
@inline
const COS: usize = 124; // 3
// @ts-ignore: decorator
@inline
export const ONE: usize = 136;
// @ts-ignore: decorator
@inline
export const EXPONENT: usize = 140; // largest and smallest exponent of 2^x
// @ts-ignore: decorator
@inline
export const NEGATIVE_LOG2E: usize = 148;

// @ts-ignore: decorator
@inline
export function constant(offset: usize): v128 {
  return v128.load_splat<f32>(TABLE + offset);
}

function put(offset: usize, value: f32): void {
  store<f32>(TABLE + offset, value);
}

/** Writes the constants. Once per memory, before anything else. */
export function initialize(): void {
  put(LOG2E, 1.4426950408889634);
  put(NEGATIVE_LOG2E, -1.4426950408889634);
  put(MAGIC, 12582912.0); // 1.5 · 2^23: adding it rounds to an integer
  // 2^f on [−½, ½], minimax, relative error 9e-8.
  put(EXP2, 0.6931470036506653);
  put(EXP2 + 4, 0.24022242426872253);
  put(EXP2 + 8, 0.05550733581185341);
  put(EXP2 + 12, 0.009671512991189957);
  put(EXP2 + 16, 0.001326472731307149);
  put(LN2, 0.693359375);
  put(LN2 + 4, -2.12194440e-4);
  // e^r on [−ln2/2, ln2/2], minimax, relative error 3e-9.
  put(EXP, 0.4999999403953552);
  put(EXP + 4, 0.1666652113199234);
  put(EXP + 8, 0.04166838899254799);
  put(EXP + 12, 0.008368716575205326);
  put(EXP + 16, 0.0013814597623422742);
  // 2·atanh(s)/s in s² on [0, 1/9], minimax, relative error 4e-9.
  put(ATANH, 2.0);
  put(ATANH + 4, 0.666664183139801);
  put(ATANH + 8, 0.4002152681350708);
  put(ATANH + 12, 0.28001806139945984);
  put(ATANH + 16, 0.2801198661327362);
  // tanh below 0.625, sine and cosine: Cephes, single precision.
  put(TANH, -5.70498872745e-3);
  put(TANH + 4, 2.06390887954e-2);
  put(TANH + 8, -5.37397155531e-2);
  put(TANH + 12, 1.33314422036e-1);
  put(TANH + 16, -3.33332819422e-1);
  put(HALF_PI, 1.5703125);
  put(HALF_PI + 4, 4.837512969970703125e-4);
  put(HALF_PI + 8, 7.54978995489188216e-8);
  put(HALF_PI + 12, 0.6366197723675814);
  put(SIN, -1.9515295891e-4);
  put(SIN + 4, 8.3321608736e-3);
  put(SIN + 8, -1.6666654611e-1);
  put(COS, 2.443315711809948e-5);
  put(COS + 4, -1.388731625493765e-3);
  put(COS + 8, 4.166664568298827e-2);
  put(ONE, 1.0);
  put(EXPONENT, 126.0);
  put(EXPONENT + 4, -126.0);
}

// The clamps are pseudo-minimum and -maximum with the bound first: one instruction, and NaN passes through.
// @ts-ignore: decorator
@inline
export function clamp(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, low), high);
}

/** e^x, relative error 2.5e-7; saturates beyond ±87. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = clamp(x, f32x4.splat(-87.0), f32x4.splat(87.0));
  const magic = constant(MAGIC);
  const shifted = madd(bounded, constant(LOG2E), magic);
  const n = f32x4.sub(shifted, magic);
  let r = madd(n, f32x4.neg(constant(LN2)), bounded);
  r = madd(n, f32x4.neg(constant(LN2 + 4)), r);
  let p = madd(r, constant(EXP + 16), constant(EXP + 12));
  p = madd(p, r, constant(EXP + 8));
  p = madd(p, r, constant(EXP + 4));
  p = madd(p, r, constant(EXP));
  p = madd(f32x4.mul(r, r), p, f32x4.add(r, constant(ONE)));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** ln(1 + e^x) without overflow; relative error 5e-7. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const t = exp(f32x4.neg(f32x4.abs(x)));
  const s = f32x4.div(t, f32x4.add(t, f32x4.splat(2.0)));
  const z = f32x4.mul(s, s);
  let p = madd(z, constant(ATANH + 16), constant(ATANH + 12));
  p = madd(p, z, constant(ATANH + 8));
  p = madd(p, z, constant(ATANH + 4));
  p = madd(p, z, constant(ATANH));
  return madd(p, s, f32x4.pmax(x, f32x4.splat(0)));
}

/** 1/(1 + e^−x) */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = constant(ONE);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = madd(z, constant(TANH), constant(TANH + 4));
  p = madd(p, z, constant(TANH + 8));
  p = madd(p, z, constant(TANH + 12));
  p = madd(p, z, constant(TANH + 16));
  const small = madd(f32x4.mul(p, z), x, x);
  const one = constant(ONE);
  const e = exp(f32x4.add(x, x));
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2.0), f32x4.add(one, e)));
  return v128.bitselect(small, large, f32x4.lt(f32x4.abs(x), f32x4.splat(0.625)));
}

/** Sine, or cosine with `quarter` = 1. Error below 1e-6 for |x| ≤ 1000, growing slowly to 8000; beyond: meaningless. */
// @ts-ignore: decorator
@inline
export function sine(x: v128, quarter: i32): v128 {
  const magic = constant(MAGIC);
  const shifted = f32x4.add(f32x4.mul(x, constant(HALF_PI + 12)), magic);
  const n = f32x4.sub(shifted, magic);
  let r = f32x4.sub(x, f32x4.mul(n, constant(HALF_PI)));
  r = f32x4.sub(r, f32x4.mul(n, constant(HALF_PI + 4)));
  r = f32x4.sub(r, f32x4.mul(n, constant(HALF_PI + 8)));
  const z = f32x4.mul(r, r);
  let s = madd(z, constant(SIN), constant(SIN + 4));
  s = madd(s, z, constant(SIN + 8));
  s = madd(f32x4.mul(s, z), r, r);
  let c = madd(z, constant(COS), constant(COS + 4));
  c = madd(c, z, constant(COS + 8));
  c = madd(f32x4.mul(c, z), z, f32x4.sub(constant(ONE), f32x4.mul(z, f32x4.splat(0.5))));
  const turn = i32x4.add(shifted, i32x4.splat(quarter));
  const odd = i32x4.ne(v128.and(turn, i32x4.splat(1)), i32x4.splat(0));
  const sign = i32x4.shl(v128.and(turn, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

/** [Σa, Σb, Σc, Σd] */
// @ts-ignore: decorator
@inline
export function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(
    v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    v128.shuffle<f32>(a, b, 2, 6, 3, 7),
  );
  const cd = f32x4.add(
    v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    v128.shuffle<f32>(c, d, 2, 6, 3, 7),
  );
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Sum of the lanes, in the order of `sums`. */
// @ts-ignore: decorator
@inline
export function sum(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 2, 3));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Whether `madd` rounds once here. `x` must be 1 + 2^−12; it is an argument so that nothing folds the test away. */
export function fuses(x: f32): bool {
  const v = f32x4.splat(x);
  return f32x4.extract_lane(madd(v, v, f32x4.neg(f32x4.mul(v, v))), 0) != 0;
}
