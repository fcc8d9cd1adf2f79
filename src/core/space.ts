import type { Random } from './random.ts';

export type Vector = ArrayLike<number>;

/** A product of intervals. */
export interface Box {
  readonly kind: 'box';
  readonly dtype: 'float32' | 'float64';
  readonly low: readonly number[];
  readonly high: readonly number[];
}
/** The integers 0 … count − 1. */
export interface Discrete {
  readonly kind: 'discrete';
  readonly count: number;
}
export interface Dict {
  readonly kind: 'dict';
  readonly spaces: Readonly<Record<string, Space>>;
}
export type Space = Box | Discrete | Dict;

/** Box from bounds; a single number stands for all `size` dimensions. */
export function box(low: number | readonly number[], high: number | readonly number[], size?: number): Box {
  const length =
    typeof low === 'number' ? (typeof high === 'number' ? (size ?? 1) : high.length) : low.length;
  const spread = (bound: number | readonly number[]) =>
    typeof bound === 'number' ? new Array<number>(length).fill(bound) : [...bound];
  return { kind: 'box', dtype: 'float32', low: spread(low), high: spread(high) };
}

export function contains(space: Space, value: unknown): boolean {
  if (space.kind === 'discrete')
    return Number.isInteger(value) && (value as number) >= 0 && (value as number) < space.count;
  if (space.kind === 'dict') {
    if (typeof value !== 'object' || value === null) return false;
    const keys = Object.keys(space.spaces);
    const record = value as Record<string, unknown>;
    return (
      Object.keys(record).length === keys.length &&
      keys.every((key) => contains(space.spaces[key], record[key]))
    );
  }
  const vector = value as Vector;
  if (typeof vector !== 'object' || vector === null || vector.length !== space.low.length) return false;
  for (let i = 0; i < vector.length; i++) {
    // Bounds are compared in the element type: a float32 value may round just past a float64 bound.
    const low = space.dtype === 'float32' ? Math.fround(space.low[i]) : space.low[i];
    const high = space.dtype === 'float32' ? Math.fround(space.high[i]) : space.high[i];
    if (!(vector[i] >= low && vector[i] <= high)) return false;
  }
  return true;
}

/** Uniform sample; an unbounded side is sampled from a standard normal, as in Gymnasium. */
export function sampleBox(
  space: Box,
  random: Random,
  out = new Float32Array(space.low.length),
): Float32Array {
  for (let i = 0; i < out.length; i++) {
    const low = space.low[i];
    const high = space.high[i];
    out[i] = Number.isFinite(low) && Number.isFinite(high) ? random.uniform(low, high) : random.normal();
  }
  return out;
}

/** Clamps `vector` into the box, in place. NaN becomes the middle of the interval. */
export function clampToBox(space: Box, vector: Float32Array): Float32Array {
  for (let i = 0; i < vector.length; i++) {
    const low = space.low[i];
    const high = space.high[i];
    const value = Number.isNaN(vector[i]) ? (low + high) / 2 : vector[i];
    vector[i] = Math.min(high, Math.max(low, value));
  }
  return vector;
}
