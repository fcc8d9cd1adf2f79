import {
  type AdamOptions,
  layerSizes,
  type NetShape,
  type RolloutRequest,
  type TrainingData,
} from '#src/core/engine';
import type { TaskInstance } from '#src/core/task';

/** The ensemble in float64 by plain loops, as core/engine.ts defines it: what every engine is measured against. */

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const activations = {
  swish: {
    value: (z: number) => z * sigmoid(z),
    slope: (z: number) => sigmoid(z) * (1 + z * (1 - sigmoid(z))),
  },
  relu: { value: (z: number) => Math.max(z, 0), slope: (z: number) => (z > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, slope: (z: number) => 1 - Math.tanh(z) ** 2 },
};

/** Where layer l's weights and biases of member e begin in the plain order. */
function offsets(shape: NetShape, e: number) {
  let offset = 0;
  return layerSizes(shape).map(([fanIn, fanOut]) => {
    const weights = offset + e * fanIn * fanOut;
    offset += shape.members * fanIn * fanOut;
    const biases = offset + e * fanOut;
    offset += shape.members * fanOut;
    return { fanIn, fanOut, weights, biases };
  });
}

/** Sums before activation of each layer for one row of member e; the last are the raw outputs. */
function layerSums(shape: NetShape, parameters: ArrayLike<number>, e: number, input: ArrayLike<number>) {
  const { value } = activations[shape.activation];
  const sums: number[][] = [];
  let x = Array.from(input);
  for (const { fanIn, fanOut, weights, biases } of offsets(shape, e)) {
    const z = Array.from({ length: fanOut }, (_, j) => {
      let sum = parameters[biases + j];
      for (let i = 0; i < fanIn; i++) sum += x[i] * parameters[weights + i * fanOut + j];
      return sum;
    });
    sums.push(z);
    x = z.map(value);
  }
  return sums;
}

/** Raw outputs [E, B, 2·O] of inputs [E, B, I]. */
export function forward(
  shape: NetShape,
  parameters: ArrayLike<number>,
  inputs: ArrayLike<number>,
  rows: number,
) {
  const raw: number[] = [];
  const all = Array.from(inputs);
  for (let row = 0; row < shape.members * rows; row++) {
    const input = all.slice(row * shape.inputs, (row + 1) * shape.inputs);
    raw.push(...layerSums(shape, parameters, Math.floor(row / rows), input).at(-1)!);
  }
  return Float64Array.from(raw);
}

export function backward(
  shape: NetShape,
  parameters: ArrayLike<number>,
  inputs: ArrayLike<number>,
  outputGradient: ArrayLike<number>,
  rows: number,
) {
  const { value, slope } = activations[shape.activation];
  const gradient = new Float64Array(parameters.length);
  const inputGradient = new Float64Array(shape.members * rows * shape.inputs);
  const width = 2 * shape.outputs;
  const all = Array.from(inputs);
  for (let row = 0; row < shape.members * rows; row++) {
    const e = Math.floor(row / rows);
    const input = all.slice(row * shape.inputs, (row + 1) * shape.inputs);
    const sums = layerSums(shape, parameters, e, input);
    const layers = offsets(shape, e);
    let delta = Array.from({ length: width }, (_, j) => outputGradient[row * width + j]);
    for (let l = layers.length - 1; l >= 0; l--) {
      const { fanIn, fanOut, weights, biases } = layers[l];
      const x = l === 0 ? input : sums[l - 1].map(value);
      const below = new Array<number>(fanIn).fill(0);
      for (let j = 0; j < fanOut; j++) {
        gradient[biases + j] += delta[j];
        for (let i = 0; i < fanIn; i++) {
          gradient[weights + i * fanOut + j] += x[i] * delta[j];
          below[i] += parameters[weights + i * fanOut + j] * delta[j];
        }
      }
      delta = l === 0 ? below : below.map((d, i) => d * slope(sums[l - 1][i]));
    }
    inputGradient.set(delta, row * shape.inputs);
  }
  return { parameters: gradient, inputs: inputGradient };
}

export function logVariance(shape: NetShape, raw: number): number {
  const { minLogVariance: min, maxLogVariance: max } = shape;
  return min + softplus(max - softplus(max - raw) - min);
}

/** Mean loss per member [E] of raw outputs and targets [E, B, O], and its gradient by the raw outputs. */
export function gaussianLoss(
  shape: NetShape,
  raw: ArrayLike<number>,
  targets: ArrayLike<number>,
  rows: number,
) {
  const { members, outputs: O, minLogVariance: min, maxLogVariance: max } = shape;
  const losses = new Float64Array(members);
  const gradient = new Float64Array(raw.length);
  const scale = 1 / (rows * O);
  for (let row = 0; row < members * rows; row++) {
    for (let o = 0; o < O; o++) {
      const at = row * 2 * O + o;
      const v = logVariance(shape, raw[at + O]);
      const error = raw[at] - targets[row * O + o];
      const surprise = error * error * Math.exp(-v);
      losses[Math.floor(row / rows)] += 0.5 * scale * (surprise + v);
      gradient[at] = scale * error * Math.exp(-v);
      const upper = max - softplus(max - raw[at + O]);
      gradient[at + O] = 0.5 * scale * (1 - surprise) * sigmoid(upper - min) * sigmoid(max - raw[at + O]);
    }
  }
  return { losses, gradient };
}

export interface AdamMemory {
  readonly m: Float64Array;
  readonly v: Float64Array;
  step: number;
}

/** One AdamW step, in place. */
export function adam(
  shape: NetShape,
  parameters: Float64Array,
  memory: AdamMemory,
  gradient: ArrayLike<number>,
  options: AdamOptions,
): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  memory.step++;
  let at = 0;
  layerSizes(shape).forEach(([fanIn, fanOut], l) => {
    const weightsEnd = at + shape.members * fanIn * fanOut;
    const end = weightsEnd + shape.members * fanOut;
    for (; at < end; at++) {
      memory.m[at] = beta1 * memory.m[at] + (1 - beta1) * gradient[at];
      memory.v[at] = beta2 * memory.v[at] + (1 - beta2) * gradient[at] ** 2;
      const mean = memory.m[at] / (1 - beta1 ** memory.step);
      const root = Math.sqrt(memory.v[at] / (1 - beta2 ** memory.step));
      const decay = at < weightsEnd ? learningRate * weightDecay[l] * parameters[at] : 0;
      parameters[at] -= decay + (learningRate * mean) / (root + epsilon);
    }
  });
}

/** Minibatch steps as `Nets.train` defines them, in place; mean loss of each member over the pass [E]. */
export function train(
  shape: NetShape,
  parameters: Float64Array,
  memory: AdamMemory,
  data: TrainingData,
  order: Uint32Array,
  steps: number,
  batch: number,
  options: AdamOptions,
): Float64Array {
  const { members, inputs: I, outputs: O } = shape;
  const means = new Float64Array(members);
  for (let step = 0; step < steps; step++) {
    const x: number[] = [];
    const y: number[] = [];
    for (let e = 0; e < members; e++) {
      for (let b = 0; b < batch; b++) {
        const row = order[(e * steps + step) * batch + b];
        x.push(...data.inputs.subarray(row * I, (row + 1) * I));
        y.push(...data.targets.subarray(row * O, (row + 1) * O));
      }
    }
    const { losses, gradient } = gaussianLoss(shape, forward(shape, parameters, x, batch), y, batch);
    adam(shape, parameters, memory, backward(shape, parameters, x, gradient, batch).parameters, options);
    for (let e = 0; e < members; e++) means[e] += losses[e] / steps;
  }
  return means;
}

export function rollout(
  shape: NetShape,
  parameters: ArrayLike<number>,
  task: TaskInstance,
  request: RolloutRequest,
) {
  const { robots, candidates, particles, horizon, encoding } = request;
  const { stateSize: S, actionSize: A } = encoding;
  const O = shape.outputs;
  const G = request.goals.length / robots;
  const returns = new Float64Array(robots * candidates * particles);
  const states = new Float64Array(returns.length * horizon * S);
  for (let n = 0; n < robots * candidates; n++) {
    const robot = Math.floor(n / candidates);
    const goal = request.goals.slice(robot * G, (robot + 1) * G);
    for (let p = 0; p < particles; p++) {
      let state = Array.from(request.states.slice(robot * S, (robot + 1) * S));
      let total = 0;
      let ended = false;
      for (let t = 0; t < horizon; t++) {
        const action = request.actions.slice((n * horizon + t) * A, (n * horizon + t + 1) * A);
        const seen = [...state, ...action];
        const input = encoding.features.map(({ kind, index }, i) => {
          const feature = { value: (x: number) => x, sine: Math.sin, cosine: Math.cos }[kind](seen[index]);
          return (feature - encoding.inputMean[i]) / encoding.inputScale[i];
        });
        const raw = layerSums(shape, parameters, request.members[p * horizon + t], input).at(-1)!;
        const next = [...state];
        encoding.targets.forEach(({ index, kind }, o) => {
          const deviation = Math.exp(0.5 * logVariance(shape, raw[O + o]));
          const sampled = raw[o] + deviation * request.noise[(p * horizon + t) * O + o];
          const target = sampled * encoding.targetScale[o] + encoding.targetMean[o];
          next[index] = kind === 'delta' ? state[index] + target : target;
        });
        if (!ended) {
          total += task.reward(state, action, next, goal);
          if (task.terminated?.(next, goal)) {
            total += task.terminalReward ?? 0;
            ended = true;
          }
        }
        state = next;
        states.set(state, ((n * particles + p) * horizon + t) * S);
      }
      returns[n * particles + p] = total;
    }
  }
  return { returns, states };
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}
