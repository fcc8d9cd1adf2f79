/** 32-bit words that both sides of a plant's thread share. */
export const WORD = {
  /** Grows with every change of the others: a paused plant waits here. */
  changed: 0,
  paused: 1,
  /** Single steps that were asked for and not yet taken. */
  steps: 2,
  abort: 3,
  /** The tick that has begun last. */
  tick: 4,
} as const;

/** 64-bit numbers behind them. */
export const NUMBER = {
  /** Plant seconds per wall second. */
  speed: 0,
  /** What planning is expected to take, ms. */
  delay: 1,
} as const;

const NUMBERS_AT = 32;

export function allocateWords(): SharedArrayBuffer {
  return new SharedArrayBuffer(NUMBERS_AT + 16);
}

export function wordsOf(buffer: SharedArrayBuffer): { words: Int32Array; numbers: Float64Array } {
  return { words: new Int32Array(buffer, 0, 8), numbers: new Float64Array(buffer, NUMBERS_AT, 2) };
}
