/** A symmetric positive definite matrix [n × n], row-major, as L D Lᵀ; n is small. */
export class Factor {
  readonly size: number;
  /** Below the diagonal L, on it 1 / D. */
  readonly #rows: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#rows = new Float64Array(size * size);
  }

  /**
   * Factors `matrix` + diag(`extra`). Returns −1, or the first row whose pivot is no more than `tolerance` of its
   * diagonal: there the matrix is singular.
   */
  factor(matrix: Float64Array, extra: Float64Array, tolerance = 0): number {
    const n = this.size;
    const rows = this.#rows;
    let singular = -1;
    for (let i = 0; i < n; i++) {
      const ri = i * n;
      // Row i first holds L D, then L.
      for (let j = 0; j < i; j++) {
        const rj = j * n;
        let sum = matrix[ri + j];
        for (let k = 0; k < j; k++) sum -= rows[ri + k] * rows[rj + k];
        rows[ri + j] = sum;
      }
      const diagonal = matrix[ri + i] + extra[i];
      let pivot = diagonal;
      for (let j = 0; j < i; j++) {
        const scaled = rows[ri + j];
        const l = scaled * rows[j * n + j];
        pivot -= scaled * l;
        rows[ri + j] = l;
      }
      if (singular < 0 && !(pivot > tolerance * diagonal)) singular = i;
      rows[ri + i] = 1 / pivot;
    }
    return singular;
  }

  /** Solves in place for the n values of `x` from `at` on. */
  solve(x: Float64Array, at = 0): void {
    const n = this.size;
    const rows = this.#rows;
    for (let i = 1; i < n; i++) {
      const ri = i * n;
      let sum = x[at + i];
      for (let k = 0; k < i; k++) sum -= rows[ri + k] * x[at + k];
      x[at + i] = sum;
    }
    for (let i = 0; i < n; i++) x[at + i] *= rows[i * n + i];
    for (let i = n - 1; i > 0; i--) {
      const ri = i * n;
      const value = x[at + i];
      for (let k = 0; k < i; k++) x[at + k] -= rows[ri + k] * value;
    }
  }
}
