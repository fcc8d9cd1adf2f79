import type { AdamOptions, Encoding, NetShape, RolloutRequest, TrainingData } from '#src/core/engine';
import { layerSizes, parameterCount } from '#src/core/engine';
import { Random } from '#src/core/random';
import type { TaskReference } from '#src/core/task';

/** Shapes, data and requests for tests of engines; everything from a seed. */

export const shape: NetShape = {
  members: 3,
  inputs: 6,
  hidden: [21, 17],
  outputs: 3,
  activation: 'swish',
  minLogVariance: -12,
  maxLogVariance: 0.5,
};

export const adamOptions: AdamOptions = {
  learningRate: 1e-3,
  weightDecay: [1e-2, 0, 1e-1],
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

export function normals(count: number, name: string, deviation = 1): Float32Array {
  return new Random(7, name).fillNormal(new Float32Array(count), 0, deviation);
}

/** Weights of deviation 1/√fan-in and small biases, so that activations stay near 1. */
export function parametersOf(net: NetShape): Float32Array {
  const parameters = normals(parameterCount(net), 'parameters');
  let at = 0;
  for (const [fanIn, fanOut] of layerSizes(net)) {
    const weightsEnd = at + net.members * fanIn * fanOut;
    for (; at < weightsEnd; at++) parameters[at] /= Math.sqrt(fanIn);
    for (const end = at + net.members * fanOut; at < end; at++) parameters[at] *= 0.1;
  }
  return parameters;
}

export function dataOf(net: NetShape, rows: number): TrainingData {
  return {
    inputs: normals(rows * net.inputs, 'inputs'),
    targets: normals(rows * net.outputs, 'targets'),
  };
}

/** Row numbers [E, steps · batch]. */
export function orderOf(net: NetShape, rows: number, steps: number, batch: number): Uint32Array {
  const random = new Random(7, 'order');
  return Uint32Array.from({ length: net.members * steps * batch }, () => random.integer(rows));
}

/** 3 state values (an angle, a value, one predicted as itself), 2 actions; fits `shape`. */
export const encoding: Encoding = {
  stateSize: 3,
  actionSize: 2,
  features: [
    { kind: 'sine', index: 0 },
    { kind: 'cosine', index: 0 },
    { kind: 'value', index: 1 },
    { kind: 'value', index: 2 },
    { kind: 'value', index: 3 },
    { kind: 'value', index: 4 },
  ],
  inputMean: Float32Array.of(0.1, -0.2, 0.3, 0, 0.5, -0.1),
  inputScale: Float32Array.of(0.7, 0.8, 1.5, 1, 2, 0.5),
  targets: [
    { index: 1, kind: 'delta' },
    { index: 0, kind: 'delta' },
    { index: 2, kind: 'absolute' },
  ],
  targetMean: Float32Array.of(0.01, -0.02, 0.3),
  targetScale: Float32Array.of(0.05, 0.1, 0.4),
};

export function requestOf(
  net: NetShape,
  sizes: { robots: number; candidates: number; horizon: number; particles: number; ts1?: boolean },
): RolloutRequest {
  const { robots, candidates, horizon, particles } = sizes;
  const members = new Uint8Array(particles * horizon);
  for (let p = 0; p < particles; p++)
    for (let t = 0; t < horizon; t++) members[p * horizon + t] = (p + (sizes.ts1 ? t : 0)) % net.members;
  return {
    encoding,
    states: normals(robots * encoding.stateSize, 'states'),
    goals: normals(robots * 2, 'goals'),
    actions: normals(robots * candidates * horizon * encoding.actionSize, 'actions'),
    robots,
    candidates,
    horizon,
    particles,
    members,
    noise: normals(particles * horizon * net.outputs, 'noise'),
    wantStates: true,
  };
}

export function toyTask(params: Record<string, number> = {}): TaskReference {
  return {
    module: new URL('./fixtures/toy-task.mjs', import.meta.url).href,
    robot: { name: 'toy' } as TaskReference['robot'],
    params,
  };
}
