// Activations over whole panels, in place; with `derivative` also f′, for the backward pass.

import { EXP2, EXPONENT, MAGIC, NEGATIVE_LOG2E, ONE, constant, madd, tanh } from './vector';
import { RELU, SWISH } from './net';

export function activate(kind: i32, data: usize, bytes: usize): void {
  const end = data + bytes;
  if (kind == SWISH) {
    swish(data, end);
  } else if (kind == RELU) {
    const zero = f32x4.splat(0);
    for (; data < end; data += 16) v128.store(data, f32x4.pmax(v128.load(data), zero));
  } else {
    for (; data < end; data += 16) v128.store(data, tanh(v128.load(data)));
  }
}

export function activateWithDerivative(kind: i32, data: usize, derivative: usize, bytes: usize): void {
  const end = data + bytes;
  if (kind == SWISH) {
    swishWithDerivative(data, derivative, end);
  } else if (kind == RELU) {
    const zero = f32x4.splat(0);
    for (; data < end; data += 16, derivative += 16) {
      const x = v128.load(data);
      v128.store(derivative, v128.and(f32x4.gt(x, zero), constant(ONE)));
      v128.store(data, f32x4.pmax(x, zero));
    }
  } else {
    for (; data < end; data += 16, derivative += 16) {
      const y = tanh(v128.load(data));
      v128.store(derivative, f32x4.sub(constant(ONE), f32x4.mul(y, y)));
      v128.store(data, y);
    }
  }
}

// x / (1 + 2^(−x·log2 e)); the exponential as a rounded exponent and a polynomial of degree 5.
export function swish(data: usize, end: usize): void {
  const log2e = constant(NEGATIVE_LOG2E);
  const magic = constant(MAGIC);
  const high = constant(EXPONENT);
  const low = constant(EXPONENT + 4);
  const p1 = constant(EXP2);
  const p2 = constant(EXP2 + 4);
  const p3 = constant(EXP2 + 8);
  const p4 = constant(EXP2 + 12);
  const p5 = constant(EXP2 + 16);
  const one = constant(ONE);
  for (; data < end; data += 16) {
    const x = v128.load(data);
    const u = f32x4.pmin(f32x4.pmax(f32x4.mul(x, log2e), low), high);
    const shifted = f32x4.add(u, magic);
    const f = f32x4.sub(u, f32x4.sub(shifted, magic));
    let p = madd(f, p5, p4);
    p = madd(p, f, p3);
    p = madd(p, f, p2);
    p = madd(p, f, p1);
    p = madd(p, f, one);
    const e = i32x4.add(p, i32x4.shl(shifted, 23));
    v128.store(data, f32x4.div(x, f32x4.add(one, e)));
  }
}

// With s = 1/(1 + e^−x): y = x·s, y′ = s + y·(1 − s).
export function swishWithDerivative(data: usize, derivative: usize, end: usize): void {
  const log2e = constant(NEGATIVE_LOG2E);
  const magic = constant(MAGIC);
  const high = constant(EXPONENT);
  const low = constant(EXPONENT + 4);
  const p1 = constant(EXP2);
  const p2 = constant(EXP2 + 4);
  const p3 = constant(EXP2 + 8);
  const p4 = constant(EXP2 + 12);
  const p5 = constant(EXP2 + 16);
  const one = constant(ONE);
  for (; data < end; data += 16, derivative += 16) {
    const x = v128.load(data);
    const u = f32x4.pmin(f32x4.pmax(f32x4.mul(x, log2e), low), high);
    const shifted = f32x4.add(u, magic);
    const f = f32x4.sub(u, f32x4.sub(shifted, magic));
    let p = madd(f, p5, p4);
    p = madd(p, f, p3);
    p = madd(p, f, p2);
    p = madd(p, f, p1);
    p = madd(p, f, one);
    const e = i32x4.add(p, i32x4.shl(shifted, 23));
    const s = f32x4.div(one, f32x4.add(one, e));
    const y = f32x4.mul(x, s);
    v128.store(data, y);
    v128.store(derivative, madd(y, f32x4.sub(one, s), s));
  }
}
