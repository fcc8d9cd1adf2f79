import { solveSymmetric } from './linear.ts';
import type { Parameter } from './parameters.ts';
import type { Predictor } from './predictor.ts';

/** Positions that were read, in the order of a predictor's answer. */
export interface Measured {
  /** NaN = missed [N]. */
  readonly values: Float64Array;
  /** Coordinates; datum i is of coordinate i mod D. */
  readonly size: number;
  /** Where each window begins in the data, and their end [W + 1]. */
  readonly bounds: readonly number[];
}

export interface FitProgress {
  readonly iteration: number;
  /** Root mean square of the residuals, rad or m. */
  readonly rmse: number;
}

export interface Fitted {
  readonly theta: Float64Array;
  /** What the data alone tell about θ: JᵀWJ, row-major [P × P]. */
  readonly information: Float64Array;
  readonly iterations: number;
  /** False: it was stopped by the limit of iterations. */
  readonly converged: boolean;
}

/** Residuals beyond so many scales count linearly (Huber 1964). */
const huber = 3;
/** Encoders of 12 bits err by this, rad; a fit has no reason to do better. */
const finest = 4e-4;
const latencies = 16;
const latencySpacing = 0.01;
/** A step is small when no θ moves by more than this share of its prior's standard deviation. */
const small = 0.02;
/** From here on the Jacobian is exact to second order. */
const nearby = 0.5;

/**
 * θ of the largest posterior probability: Levenberg–Marquardt on the robust squares of the residuals and the priors, with
 * numeric Jacobians. The scale of each coordinate's residuals is that of the data, anew in every iteration; residuals of
 * one window resemble one another, and count as many as are independent. Latency begins at the best of a grid.
 */
export async function fitParameters(
  parameters: readonly Parameter[],
  predictor: Predictor,
  measured: Measured,
  options: { readonly iterations: number; readonly onProgress?: (progress: FitProgress) => void },
): Promise<Fitted> {
  const P = parameters.length;
  let theta = await bestLatency(parameters, predictor, measured);
  let [predicted] = await predictor.predict([theta]);
  let damping = 1e-3;
  let near = false;
  let information: Float64Array = new Float64Array(P * P);
  for (let iteration = 1; iteration <= options.iterations; iteration++) {
    const jacobian = await differentiate(parameters, predictor, theta, predicted, near);
    const noise = noiseOf(measured, predicted);
    options.onProgress?.({ iteration, rmse: noise.rmse });
    const normal = normalEquations(parameters, theta, measured, predicted, jacobian, noise);
    information = normal.information;
    const now = cost(parameters, theta, measured, predicted, noise);
    let moved = 0;
    for (let tries = 0; tries < 8; tries++) {
      const next = stepFrom(parameters, theta, normal, damping);
      const [there] = next ? await predictor.predict([next]) : [];
      if (next && there && cost(parameters, next, measured, there, noise) <= now) {
        moved = distance(parameters, theta, next);
        theta = next;
        predicted = there;
        damping = Math.max(1e-6, damping / 5);
        break;
      }
      damping = Math.min(1e6, damping * 6);
    }
    if (near && moved < small) return { theta, information, iterations: iteration, converged: true };
    near ||= moved < nearby;
  }
  return { theta, information, iterations: options.iterations, converged: false };
}

/** θ of the description, but for the latency: that of a grid at which the residuals are least. */
async function bestLatency(
  parameters: readonly Parameter[],
  predictor: Predictor,
  measured: Measured,
): Promise<Float64Array> {
  const theta = Float64Array.from(parameters, ({ start }) => start);
  const p = parameters.findIndex(({ group }) => group === 'latency');
  if (p < 0) return theta;
  const { low, high } = parameters[p];
  const grid = Array.from({ length: latencies }, (_, i) => low + i * latencySpacing)
    .filter((value) => value <= high)
    .map((value) => theta.with(p, value));
  const errors = (await predictor.predict(grid)).map((predicted) => noiseOf(measured, predicted).rmse);
  return grid[errors.indexOf(Math.min(...errors))];
}

/**
 * Columns of the Jacobian [P][N]. One-sided differences lead near; but their error, a share of every column, would pass
 * for information about combinations of parameters that the data leave open, so the last ones are central.
 */
async function differentiate(
  parameters: readonly Parameter[],
  predictor: Predictor,
  theta: Float64Array,
  predicted: Float64Array,
  central: boolean,
): Promise<Float64Array[]> {
  const ends = parameters.map(({ step, low, high }, p) => {
    const here = theta[p];
    if (central) return { at: Math.min(high, here + step), from: Math.max(low, here - step) };
    return { at: here + step > high ? here - step : here + step, from: here };
  });
  const columns = await predictor.predict(ends.map(({ at }, p) => theta.with(p, at)));
  const bases = central ? await predictor.predict(ends.map(({ from }, p) => theta.with(p, from))) : [];
  for (const [p, column] of columns.entries()) {
    const base = bases[p] ?? predicted;
    const width = ends[p].at - ends[p].from;
    for (let i = 0; i < column.length; i++) {
      const slope = (column[i] - base[i]) / width;
      column[i] = Number.isFinite(slope) ? slope : 0;
    }
  }
  return columns;
}

/** How residuals scatter. */
interface Noise {
  /** Scale of each coordinate's residuals [D]. */
  readonly scale: number[];
  /** How many readings in a row count as one [D]. */
  readonly alike: number[];
  readonly rmse: number;
}

function noiseOf({ values, size, bounds }: Measured, predicted: Float64Array): Noise {
  const scale: number[] = [];
  const alike: number[] = [];
  let sum = 0;
  let count = 0;
  for (let d = 0; d < size; d++) {
    const residuals: number[] = [];
    for (let i = d; i < values.length; i += size) {
      if (Number.isNaN(values[i])) continue;
      const residual = Math.abs(values[i] - predicted[i]);
      residuals.push(Number.isNaN(residual) ? Infinity : residual);
    }
    const squares = residuals.reduce((total, r) => total + r * r, 0);
    sum += squares;
    count += residuals.length;
    const rms = Math.sqrt(squares / Math.max(1, residuals.length));
    residuals.sort((a, b) => a - b);
    // Of a normal distribution nine in ten are within 1.645 standard deviations.
    const robust = (residuals[Math.floor(0.9 * residuals.length)] ?? 0) / 1.645;
    scale.push(Math.max(finest, robust, 0.3 * Math.min(rms, 10 * robust)));
    alike.push(correlationTime(values, predicted, size, bounds, d));
  }
  return { scale, alike, rmse: Math.sqrt(sum / Math.max(1, count)) };
}

/** 1 + 2 Σ ρ over the lags with a correlation worth the name: readings that count as one (Sokal 1997, §3). */
function correlationTime(
  values: Float64Array,
  predicted: Float64Array,
  size: number,
  bounds: readonly number[],
  d: number,
): number {
  const longest = Math.max(...bounds.slice(1).map((end, w) => (end - bounds[w]) / size));
  let variance = 0;
  let time = 1;
  for (let lag = 0; lag < longest; lag++) {
    let sum = 0;
    let count = 0;
    for (let w = 0; w + 1 < bounds.length; w++)
      for (let i = bounds[w] + d; i + lag * size < bounds[w + 1]; i += size) {
        const product = (values[i] - predicted[i]) * (values[i + lag * size] - predicted[i + lag * size]);
        if (Number.isNaN(product)) continue;
        sum += product;
        count++;
      }
    const mean = sum / Math.max(1, count);
    if (lag === 0) variance = mean;
    else if (!(mean > 0.05 * variance)) break;
    else time += (2 * mean) / variance;
  }
  return Math.min(time, longest);
}

/** Robust squares of the residuals, and of θ's distance from the priors; Infinity where the simulation diverged. */
function cost(
  parameters: readonly Parameter[],
  theta: Float64Array,
  { values, size }: Measured,
  predicted: Float64Array,
  { scale, alike }: Noise,
): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const d = i % size;
    const r = Math.abs(values[i] - predicted[i]) / scale[d];
    sum += (r <= huber ? r * r : huber * (2 * r - huber)) / alike[d];
  }
  for (const [p, { start, sigma }] of parameters.entries()) sum += ((theta[p] - start) / sigma) ** 2;
  return Number.isNaN(sum) ? Infinity : sum;
}

interface Normal {
  /** JᵀWJ of the data [P × P]. */
  readonly information: Float64Array;
  /** Gradient of half the cost [P]. */
  readonly gradient: Float64Array;
}

function normalEquations(
  parameters: readonly Parameter[],
  theta: Float64Array,
  { values, size }: Measured,
  predicted: Float64Array,
  jacobian: readonly Float64Array[],
  { scale, alike }: Noise,
): Normal {
  const P = parameters.length;
  const information = new Float64Array(P * P);
  const gradient = Float64Array.from(parameters, ({ start, sigma }, p) => (theta[p] - start) / sigma ** 2);
  const row = new Float64Array(P);
  for (let i = 0; i < values.length; i++) {
    const residual = predicted[i] - values[i];
    if (Number.isNaN(residual)) continue;
    const d = i % size;
    const r = Math.abs(residual) / scale[d];
    const weight = (r <= huber ? 1 : huber / r) / (scale[d] ** 2 * alike[d]);
    for (let p = 0; p < P; p++) row[p] = jacobian[p][i];
    for (let p = 0; p < P; p++) {
      if (row[p] === 0) continue;
      gradient[p] += weight * row[p] * residual;
      for (let q = 0; q <= p; q++) information[p * P + q] += weight * row[p] * row[q];
    }
  }
  for (let p = 0; p < P; p++) for (let q = 0; q < p; q++) information[q * P + p] = information[p * P + q];
  return { information, gradient };
}

/** The damped step, within the bounds; undefined where the equations cannot be solved. */
function stepFrom(
  parameters: readonly Parameter[],
  theta: Float64Array,
  { information, gradient }: Normal,
  damping: number,
): Float64Array | undefined {
  const P = parameters.length;
  const matrix = information.slice();
  for (const [p, { sigma, low, high }] of parameters.entries()) {
    matrix[p * P + p] = (matrix[p * P + p] + 1 / sigma ** 2) * (1 + damping);
    // One that is pushed against its bound stays there and moves no other.
    const held = (theta[p] <= low && gradient[p] > 0) || (theta[p] >= high && gradient[p] < 0);
    if (!held) continue;
    for (let q = 0; q < P; q++) if (q !== p) matrix[p * P + q] = matrix[q * P + p] = 0;
  }
  const step = solveSymmetric(
    matrix,
    gradient.map((value) => -value),
  );
  return (
    step &&
    theta.map((value, p) => Math.min(parameters[p].high, Math.max(parameters[p].low, value + step[p])))
  );
}

function distance(parameters: readonly Parameter[], a: Float64Array, b: Float64Array): number {
  return Math.max(...parameters.map(({ sigma }, p) => Math.abs(a[p] - b[p]) / sigma));
}
