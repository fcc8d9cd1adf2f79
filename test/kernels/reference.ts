// The kernels' arithmetic in plain float64, written for reading.

import {
  type AdamOptions,
  layerSizes,
  type NetShape,
  parameterCount,
  type RolloutRequest,
} from '#src/core/engine';

/** One layer of one member: weights [in, out], biases [out]. */
interface Layer {
  readonly fanIn: number;
  readonly fanOut: number;
  /** Index of weight (0, 0) and of bias 0 in plain order. */
  readonly weights: number;
  readonly biases: number;
}

export function layersOf(shape: NetShape, member: number): Layer[] {
  let at = 0;
  return layerSizes(shape).map(([fanIn, fanOut]) => {
    const weights = at + member * fanIn * fanOut;
    const biases = at + shape.members * fanIn * fanOut + member * fanOut;
    at += shape.members * (fanIn * fanOut + fanOut);
    return { fanIn, fanOut, weights, biases };
  });
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Value and derivative. */
function activate(shape: NetShape, x: number): [number, number] {
  if (shape.activation === 'relu') return [Math.max(x, 0), x > 0 ? 1 : 0];
  if (shape.activation === 'tanh') return [Math.tanh(x), 1 - Math.tanh(x) ** 2];
  const s = sigmoid(x);
  return [x * s, s + x * s * (1 - s)];
}

/** Activations entering each layer, their derivatives, and the raw output, of one row. */
export function forward(shape: NetShape, parameters: ArrayLike<number>, member: number, input: number[]) {
  const layers = layersOf(shape, member);
  const entering = [input];
  const slopes: number[][] = [input.map(() => 1)];
  let x = input;
  for (const [l, { fanIn, fanOut, weights, biases }] of layers.entries()) {
    const z = Array.from({ length: fanOut }, (_, o) => {
      let sum = parameters[biases + o];
      for (let i = 0; i < fanIn; i++) sum += x[i] * parameters[weights + i * fanOut + o];
      return sum;
    });
    if (l === layers.length - 1) return { entering, slopes, output: z };
    const pairs = z.map((value) => activate(shape, value));
    x = pairs.map(([value]) => value);
    entering.push(x);
    slopes.push(pairs.map(([, slope]) => slope));
  }
  throw new Error('a net without layers');
}

/** Adds one row's gradients to `gradient` and returns the gradient of the inputs. */
export function backward(
  shape: NetShape,
  parameters: ArrayLike<number>,
  member: number,
  input: number[],
  outputGradient: number[],
  gradient: Float64Array,
): number[] {
  const { entering, slopes } = forward(shape, parameters, member, input);
  const layers = layersOf(shape, member);
  let delta = outputGradient;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { fanIn, fanOut, weights, biases } = layers[l];
    const before = new Array<number>(fanIn).fill(0);
    for (let o = 0; o < fanOut; o++) {
      gradient[biases + o] += delta[o];
      for (let i = 0; i < fanIn; i++) {
        gradient[weights + i * fanOut + o] += entering[l][i] * delta[o];
        before[i] += parameters[weights + i * fanOut + o] * delta[o];
      }
    }
    delta = before.map((value, i) => value * slopes[l][i]);
  }
  return delta;
}

export function boundedLogVariance(shape: NetShape, raw: number): number {
  const v = shape.maxLogVariance - softplus(shape.maxLogVariance - raw);
  return shape.minLogVariance + softplus(v - shape.minLogVariance);
}

/** Loss of one row summed over outputs, and its gradient with respect to the raw outputs. */
export function negativeLogLikelihood(shape: NetShape, output: number[], target: number[]) {
  const { outputs, minLogVariance, maxLogVariance } = shape;
  const gradient = new Array<number>(2 * outputs).fill(0);
  let loss = 0;
  for (let o = 0; o < outputs; o++) {
    const raw = output[outputs + o];
    const error = output[o] - target[o];
    const v = maxLogVariance - softplus(maxLogVariance - raw);
    const logVariance = boundedLogVariance(shape, raw);
    const precision = Math.exp(-logVariance);
    loss += 0.5 * (error * error * precision + logVariance);
    gradient[o] = error * precision;
    gradient[outputs + o] =
      0.5 * (1 - error * error * precision) * sigmoid(v - minLogVariance) * sigmoid(maxLogVariance - raw);
  }
  return { loss, gradient };
}

/** Mean loss over rows and outputs of one member, its gradient added to `gradient`. */
export function lossAndGradient(
  shape: NetShape,
  parameters: ArrayLike<number>,
  member: number,
  inputs: number[][],
  targets: number[][],
  gradient: Float64Array,
): number {
  const scale = 1 / (inputs.length * shape.outputs);
  let total = 0;
  for (const [row, input] of inputs.entries()) {
    const { output } = forward(shape, parameters, member, input);
    const nll = negativeLogLikelihood(shape, output, targets[row]);
    total += nll.loss * scale;
    const scaled = nll.gradient.map((g) => g * scale);
    backward(shape, parameters, member, input, scaled, gradient);
  }
  return total;
}

/** AdamW on everything, in place. */
export class Adam {
  readonly m: Float64Array;
  readonly v: Float64Array;
  step = 0;
  readonly #shape: NetShape;

  constructor(shape: NetShape) {
    this.#shape = shape;
    this.m = new Float64Array(parameterCount(shape));
    this.v = new Float64Array(parameterCount(shape));
  }

  update(parameters: Float64Array, gradient: Float64Array, options: AdamOptions): void {
    const { learningRate, weightDecay, beta1, beta2, epsilon } = options;
    const shape = this.#shape;
    this.step++;
    const decay = new Float64Array(parameters.length);
    for (let e = 0; e < shape.members; e++) {
      for (const [l, { fanIn, fanOut, weights }] of layersOf(shape, e).entries())
        decay.fill(weightDecay[l], weights, weights + fanIn * fanOut);
    }
    for (let i = 0; i < parameters.length; i++) {
      this.m[i] = beta1 * this.m[i] + (1 - beta1) * gradient[i];
      this.v[i] = beta2 * this.v[i] + (1 - beta2) * gradient[i] ** 2;
      const m = this.m[i] / (1 - beta1 ** this.step);
      const v = this.v[i] / (1 - beta2 ** this.step);
      parameters[i] -= learningRate * (m / (Math.sqrt(v) + epsilon) + decay[i] * parameters[i]);
    }
  }
}

/** States [R, N, P, H, S] of a rollout. */
export function rollout(
  shape: NetShape,
  parameters: ArrayLike<number>,
  request: RolloutRequest,
): Float64Array {
  const { encoding, robots, candidates, horizon, particles } = request;
  const { stateSize, actionSize } = encoding;
  const states = new Float64Array(robots * candidates * particles * horizon * stateSize);
  let at = 0;
  for (let row = 0; row < robots * candidates; row++) {
    const robot = Math.floor(row / candidates);
    for (let p = 0; p < particles; p++) {
      let state = Array.from(request.states.subarray(robot * stateSize, (robot + 1) * stateSize));
      for (let t = 0; t < horizon; t++) {
        const from = (row * horizon + t) * actionSize;
        const source = [...state, ...request.actions.subarray(from, from + actionSize)];
        const input = encoding.features.map(({ kind, index }, i) => {
          const value = source[index];
          const feature = kind === 'value' ? value : kind === 'sine' ? Math.sin(value) : Math.cos(value);
          return (feature - encoding.inputMean[i]) / encoding.inputScale[i];
        });
        const { output } = forward(shape, parameters, request.members[p * horizon + t], input);
        const next = [...state];
        for (const [o, target] of encoding.targets.entries()) {
          const deviation = Math.exp(0.5 * boundedLogVariance(shape, output[shape.outputs + o]));
          const y = output[o] + deviation * request.noise[(p * horizon + t) * shape.outputs + o];
          const value = y * encoding.targetScale[o] + encoding.targetMean[o];
          if ('yaw' in target) {
            // Along the body's own axes, seen in the world: forward (cos, sin), left (−sin, cos).
            const isForward = target.kind === 'forward';
            const partner = encoding.targets[isForward ? o + 1 : o - 1].index;
            const [x, y] = isForward ? [target.index, partner] : [partner, target.index];
            const direction = state[target.yaw] + (isForward ? 0 : Math.PI / 2);
            next[x] += Math.cos(direction) * value;
            next[y] += Math.sin(direction) * value;
          } else if (target.kind === 'absolute') next[target.index] = value;
          else next[target.index] += value;
        }
        state = next;
        for (const value of state) states[at++] = value;
      }
    }
  }
  return states;
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values, expected ${expected.length}`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
