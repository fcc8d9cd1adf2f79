import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { solveSymmetric, symmetricEigen } from '#src/identify/linear';

/** B Bᵀ + I: symmetric and positive definite. */
function matrixOf(n: number): Float64Array {
  const random = new Random(n, 'linear');
  const b = Float64Array.from({ length: n * n }, () => random.normal());
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) a[i * n + j] += b[i * n + k] * b[j * n + k];
      if (i === j) a[i * n + j] += 1;
    }
  return a;
}

describe('small symmetric matrices', () => {
  it.each([1, 3, 31])('of size %i are solved to what they are multiplied back from', (n) => {
    const a = matrixOf(n);
    const x = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
    const b = x.map((_, i) => x.reduce((sum, value, j) => sum + a[i * n + j] * value, 0));
    const solved = solveSymmetric(a, b) as Float64Array;
    for (let i = 0; i < n; i++) expect(solved[i]).toBeCloseTo(x[i], 9);
  });

  it('that are not positive definite have no solution', () => {
    expect(solveSymmetric(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBeUndefined();
  });

  it.each([1, 3, 31])('of size %i are the sum of their eigenvalues times their directions', (n) => {
    const a = matrixOf(n);
    const { values, vectors } = symmetricEigen(a);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += values[k] * vectors[i * n + k] * vectors[j * n + k];
        expect(sum).toBeCloseTo(a[i * n + j], 9);
      }
  });
});
