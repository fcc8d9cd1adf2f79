import { type Encoding, layerSizes, type NetShape, type RolloutRequest } from '#src/core/engine';
import { Random } from '#src/core/random';
import { initialParameters } from '#src/model/index';

/** The same nets, candidates, noise and data for every engine. Letters as in core/engine.ts. */
export const MEMBERS = 5;
export const STATE = 4;
export const ACTION = 1;

export interface RolloutProblem {
  readonly name: string;
  readonly shape: NetShape;
  /** Plain order. */
  readonly parameters: Float32Array;
  readonly request: RolloutRequest;
  /** Of the matrix products, in thousand millions. */
  readonly gflop: number;
}

export interface FitProblem {
  readonly name: string;
  readonly shape: NetShape;
  readonly parameters: Float32Array;
  readonly data: { readonly inputs: Float32Array; readonly targets: Float32Array };
  /** Row numbers [E, steps · batch]. */
  readonly order: Uint32Array;
  readonly steps: number;
  readonly batch: number;
  readonly gflop: number;
}

export const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

export function netShape(hidden: readonly number[]): NetShape {
  return {
    members: MEMBERS,
    inputs: STATE + ACTION,
    hidden,
    outputs: STATE,
    activation: 'swish',
    minLogVariance: -10,
    maxLogVariance: 0.5,
  };
}

/** Of one row through one member, matrix products alone. */
export function flopsOf(shape: NetShape): number {
  return layerSizes(shape).reduce((sum, [fanIn, fanOut]) => sum + 2 * fanIn * fanOut, 0);
}

/** Particle p belongs to member ⌊p · E / P⌋ for good (TS∞), so that a member's particles lie side by side. */
export function rolloutProblem(
  hidden: readonly number[],
  candidates: number,
  particles: number,
  horizon: number,
): RolloutProblem {
  const shape = netShape(hidden);
  const random = new Random(0, 'engines');
  const normals = (count: number, deviation = 1) => random.fillNormal(new Float32Array(count), 0, deviation);
  const each = particles / MEMBERS;
  const encoding: Encoding = {
    stateSize: STATE,
    actionSize: ACTION,
    features: Array.from({ length: STATE + ACTION }, (_, index) => ({ kind: 'value', index })),
    inputMean: Float32Array.of(0.1, -0.2, 0.3, -0.1, 0.05),
    inputScale: Float32Array.of(1.1, 1.7, 0.9, 1.3, 1.6),
    targets: Array.from({ length: STATE }, (_, index) => ({ kind: 'delta', index })),
    targetMean: Float32Array.of(0.01, -0.02, 0.01, 0.02),
    targetScale: Float32Array.of(0.05, 0.1, 0.1, 0.15),
  };
  return {
    name: `rollout ${candidates}×${particles}×${horizon}`,
    shape,
    parameters: initialParameters(shape, 1),
    request: {
      encoding,
      states: normals(STATE, 0.1),
      goals: new Float32Array(0),
      actions: normals(candidates * horizon * ACTION),
      robots: 1,
      candidates,
      horizon,
      particles,
      members: Uint8Array.from({ length: particles * horizon }, (_, i) => Math.floor(i / horizon / each)),
      noise: normals(particles * horizon * STATE),
      wantStates: false,
    },
    gflop: (flopsOf(shape) * candidates * particles * horizon) / 1e9,
  };
}

/** `steps` minibatch steps from the same start. */
export function fitProblem(hidden: readonly number[], batch: number, steps: number): FitProblem {
  const shape = netShape(hidden);
  const random = new Random(0, 'engines, fit');
  const rows = 1000;
  const normals = (count: number) => random.fillNormal(new Float32Array(count));
  return {
    name: `training step, batch ${batch}`,
    shape,
    parameters: initialParameters(shape, 2),
    data: { inputs: normals(rows * shape.inputs), targets: normals(rows * shape.outputs) },
    order: Uint32Array.from({ length: MEMBERS * steps * batch }, () => random.integer(rows)),
    steps,
    batch,
    // Forward, and backward to weights and inputs.
    gflop: (3 * flopsOf(shape) * MEMBERS * batch) / 1e9,
  };
}

/** One layer of all members: weights [E, in, out], biases [E, out]. */
export interface Layer {
  readonly fanIn: number;
  readonly fanOut: number;
  readonly weights: Float32Array;
  readonly biases: Float32Array;
}

export function layersOf(shape: NetShape, parameters: Float32Array): Layer[] {
  let offset = 0;
  const take = (count: number) => {
    offset += count;
    return parameters.slice(offset - count, offset);
  };
  return layerSizes(shape).map(([fanIn, fanOut]) => ({
    fanIn,
    fanOut,
    weights: take(shape.members * fanIn * fanOut),
    biases: take(shape.members * fanOut),
  }));
}

/**
 * The layers with the normalisers multiplied in, as one would export a net for inference. From raw features, the last
 * layer then gives the change of the state and the raw log-variance less its maximum.
 */
export function foldedLayers({ shape, parameters, request: { encoding } }: RolloutProblem): Layer[] {
  const layers = layersOf(shape, parameters);
  const [first, last] = [layers[0], layers[layers.length - 1]];
  const O = shape.outputs;
  for (let e = 0; e < shape.members; e++) {
    for (let i = 0; i < first.fanIn; i++) {
      for (let o = 0; o < first.fanOut; o++) {
        const at = (e * first.fanIn + i) * first.fanOut + o;
        first.weights[at] /= encoding.inputScale[i];
        first.biases[e * first.fanOut + o] -= first.weights[at] * encoding.inputMean[i];
      }
    }
    for (let o = 0; o < last.fanOut; o++) {
      const scale = o < O ? encoding.targetScale[o] : 1;
      for (let i = 0; i < last.fanIn; i++) last.weights[(e * last.fanIn + i) * last.fanOut + o] *= scale;
      const at = e * last.fanOut + o;
      last.biases[at] =
        o < O ? last.biases[at] * scale + encoding.targetMean[o] : last.biases[at] - shape.maxLogVariance;
    }
  }
  return layers;
}

/**
 * The doubly bounded variance of core/engine.ts in closed form, times the square of the target's scale: with raw
 * log-variance r it is `least` + `span` · sigmoid(r − max), since e^(−softplus(x)) = sigmoid(−x). Each [O].
 */
export function foldedVariance({ shape, request: { encoding } }: RolloutProblem) {
  return {
    least: encoding.targetScale.map((scale) => scale * scale * Math.exp(shape.minLogVariance)),
    span: encoding.targetScale.map((scale) => scale * scale * Math.exp(shape.maxLogVariance)),
  };
}

/** Largest difference of `values` from `reference` as a share of the reference's root mean square. */
export function difference(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (values.length !== reference.length) return Number.POSITIVE_INFINITY;
  let [largest, squares] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    const off = Math.abs(values[i] - reference[i]);
    if (!(off <= largest)) largest = off;
    squares += reference[i] ** 2;
  }
  return largest / Math.sqrt(squares / reference.length);
}
