/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * A value depends on (seed, stream, index, position) alone, never on threads or time.
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the unsigned 64-bit product. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const mid1 = aHigh * bLow + (low >>> 16);
  const mid2 = aLow * bHigh + (mid1 & 0xffff);
  return (aHigh * bHigh + Math.floor(mid1 / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}

/** One Philox4x32-10 block. `counter` holds 4 words, `key` 2; `out` receives 4 unsigned 32-bit words. */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array): void {
  let c0 = counter[0] >>> 0;
  let c1 = counter[1] >>> 0;
  let c2 = counter[2] >>> 0;
  let c3 = counter[3] >>> 0;
  let k0 = key[0] >>> 0;
  let k1 = key[1] >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** FNV-1a, 32 bits: turns a stream's name into a word of the counter. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * A random stream keyed by (seed, stream name, index). Two streams of different key are independent; the same key
 * always yields the same numbers. Cheap to make: make one per episode, per plan, per fit instead of carrying state.
 */
export class Random {
  readonly #key = new Uint32Array(2);
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);
  #used = 4;
  #spare = Number.NaN;

  /** @param seed non-negative integer below 2^53. @param index e.g. the episode or the global step. */
  constructor(seed: number, stream: string, index = 0) {
    this.#key[0] = seed >>> 0;
    this.#key[1] = Math.floor(seed / 2 ** 32) >>> 0;
    this.#counter[1] = index >>> 0;
    this.#counter[2] = Math.floor(index / 2 ** 32) >>> 0;
    this.#counter[3] = hashName(stream);
  }

  /** Goes to a block of four words: what follows is what would follow 4 · `block` words of a fresh stream. */
  seek(block: number): this {
    this.#counter[0] = block;
    this.#used = 4;
    this.#spare = Number.NaN;
    return this;
  }

  /** Next unsigned 32-bit word. */
  word(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]++;
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** Uniform in [low, high), 32 bits of resolution. */
  uniform(low = 0, high = 1): number {
    return low + ((high - low) * this.word()) / 2 ** 32;
  }

  /** Uniform integer in 0 … count − 1 (rejection, without bias). */
  integer(count: number): number {
    const limit = 2 ** 32 - (2 ** 32 % count);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % count;
  }

  /** Normal by Box–Muller; both values of a pair are used. */
  normal(mean = 0, deviation = 1): number {
    let value = this.#spare;
    if (Number.isNaN(value)) {
      const radius = Math.sqrt(-2 * Math.log((this.word() + 1) / 2 ** 32));
      const angle = (2 * Math.PI * this.word()) / 2 ** 32;
      value = radius * Math.cos(angle);
      this.#spare = radius * Math.sin(angle);
    } else {
      this.#spare = Number.NaN;
    }
    return mean + deviation * value;
  }

  fillNormal<T extends Float32Array | Float64Array>(out: T, mean = 0, deviation = 1): T {
    for (let i = 0; i < out.length; i++) out[i] = this.normal(mean, deviation);
    return out;
  }

  /** Fisher–Yates, in place. */
  shuffle<T extends { length: number; [index: number]: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }
}
