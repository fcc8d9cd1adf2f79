import type { Random } from '../core/random.ts';

/**
 * Noise of unit variance whose power falls with frequency f as f^−β (Timmer & König 1995): β 0 white, 1 pink, 2 brown.
 * Low-frequency noise lets a sampled action sequence push one way long enough to get somewhere (iCEM §3.1).
 */
export class ColoredNoise {
  readonly length: number;
  /** Weight of each pair (or single) of normals in each sample [terms, length]. */
  readonly #basis: Float64Array;
  readonly #terms: number;
  readonly #normals: Float64Array;

  constructor(beta: number, length: number) {
    this.length = length;
    const n = length;
    const top = Math.floor(n / 2);
    const rows: number[][] = [];
    // The mean (k = 0) gets the amplitude of the lowest frequency: a sequence may push one way throughout.
    const amplitude = (k: number) => (Math.max(k, 1) / n) ** (-beta / 2);
    let power = 0;
    for (let k = 0; k <= top; k++) {
      const single = k === 0 || 2 * k === n;
      const scale = amplitude(k) * (single ? 1 : Math.SQRT2);
      rows.push(Array.from({ length: n }, (_, t) => scale * Math.cos((2 * Math.PI * k * t) / n)));
      if (!single)
        rows.push(Array.from({ length: n }, (_, t) => scale * Math.sin((2 * Math.PI * k * t) / n)));
      power += amplitude(k) ** 2 * (single ? 1 : 2);
    }
    const norm = Math.sqrt(power);
    this.#terms = rows.length;
    this.#basis = Float64Array.from(rows.flat(), (value) => value / norm);
    this.#normals = new Float64Array(this.#terms);
  }

  /** Writes one sequence of `length` samples into `out` at offset, offset + stride, … */
  sample(random: Random, out: Float32Array, offset: number, stride: number): void {
    const { length } = this;
    random.fillNormal(this.#normals);
    for (let t = 0; t < length; t++) {
      let value = 0;
      for (let k = 0; k < this.#terms; k++) value += this.#normals[k] * this.#basis[k * length + t];
      out[offset + t * stride] = value;
    }
  }
}
