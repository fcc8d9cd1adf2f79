import { solveSymmetric } from './linear.ts';
import { type Piece, sizeOf, type Trace } from './trace.ts';

/** Readings on each side at least, and s. */
const fewest = 3;
const halfWidth = 0.05;
/** Coefficients of the cubic. */
const terms = 4;

/**
 * Coordinate and rate at a row: the cubic of least squares through the readings around it (Savitzky and Golay 1964, for
 * any spacing), so that noise and rounding of encoders are averaged out. Undefined where there are too few.
 */
export function localState(
  trace: Trace,
  piece: Piece,
  row: number,
  d: number,
): { position: number; velocity: number } | undefined {
  const { times, position } = trace;
  const size = sizeOf(trace);
  let first = row;
  let last = row;
  const inside = (r: number, count: number) => count < fewest || Math.abs(times[r] - times[row]) <= halfWidth;
  while (first > piece.from && inside(first - 1, row - first)) first--;
  while (last < piece.to - 1 && inside(last + 1, last - row)) last++;
  const scale = Math.max(times[row] - times[first], times[last] - times[row]);
  const normal = new Float64Array(terms * terms);
  const right = new Float64Array(terms);
  let count = 0;
  for (let r = first; r <= last; r++) {
    const q = position[r * size + d];
    if (Number.isNaN(q)) continue;
    count++;
    const u = (times[r] - times[row]) / scale;
    for (let i = 0; i < terms; i++) {
      right[i] += u ** i * q;
      for (let j = 0; j < terms; j++) normal[i * terms + j] += u ** (i + j);
    }
  }
  if (count <= terms) return undefined;
  const solved = solveSymmetric(normal, right);
  return solved && { position: solved[0], velocity: solved[1] / scale };
}
