import {
  type AdamOptions,
  layerSizes,
  type NetShape,
  parameterCount,
  type RolloutRequest,
} from '#src/core/engine';
import { Random } from '#src/core/random';

export const swishNet: NetShape = {
  members: 3,
  inputs: 5,
  hidden: [17, 20],
  outputs: 4,
  activation: 'swish',
  minLogVariance: -9,
  maxLogVariance: 0.5,
};

/** Shapes whose widths hit every remainder of three and of four. */
export const shapes: NetShape[] = [
  swishNet,
  { ...swishNet, activation: 'relu', inputs: 6, hidden: [12], outputs: 3 },
  { ...swishNet, activation: 'tanh', members: 2, hidden: [7, 31, 5], outputs: 1 },
  { ...swishNet, members: 1, inputs: 1, hidden: [], outputs: 2 },
  { ...swishNet, members: 5, inputs: 4, hidden: [1, 2, 3, 4], outputs: 5 },
];

export const adamOptions = (shape: NetShape): AdamOptions => ({
  learningRate: 3e-3,
  weightDecay: layerSizes(shape).map((_, l) => 0.02 * (l + 1)),
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
});

export function normals(count: number, seed: number, deviation = 1): Float32Array {
  return new Random(seed, 'test').fillNormal(new Float32Array(count), 0, deviation);
}

export function makeParameters(shape: NetShape, seed = 1): Float32Array {
  const random = new Random(seed, 'parameters');
  const parameters = new Float32Array(parameterCount(shape));
  let at = 0;
  for (const [fanIn, fanOut] of layerSizes(shape)) {
    for (let i = 0; i < shape.members * fanIn * fanOut; i++)
      parameters[at++] = random.normal(0, 1 / Math.sqrt(fanIn));
    for (let i = 0; i < shape.members * fanOut; i++) parameters[at++] = random.normal(0, 0.1);
  }
  return parameters;
}

/** A state of four values: an angle seen as sine and cosine, one value predicted absolutely, one never predicted. */
export function makeRequest(shape: NetShape, change: Partial<RolloutRequest> = {}): RolloutRequest {
  const { robots = 2, candidates = 7, horizon = 6, particles = 6 } = change;
  const stateSize = 4;
  const actionSize = 2;
  return {
    encoding: {
      stateSize,
      actionSize,
      features: [
        { kind: 'sine', index: 0 },
        { kind: 'cosine', index: 0 },
        { kind: 'value', index: 1 },
        { kind: 'value', index: 3 },
        { kind: 'value', index: 5 },
      ],
      inputMean: Float32Array.of(0.1, -0.2, 0.3, 0, 0.1),
      inputScale: Float32Array.of(0.7, 0.6, 1.5, 2, 0.5),
      targets: [
        { index: 1, kind: 'delta' },
        { index: 0, kind: 'delta' },
        { index: 3, kind: 'absolute' },
        { index: 2, kind: 'delta' },
      ].slice(0, shape.outputs) as RolloutRequest['encoding']['targets'],
      targetMean: Float32Array.of(0.01, -0.02, 0.1, 0).slice(0, shape.outputs),
      targetScale: Float32Array.of(0.1, 0.2, 0.5, 0.3).slice(0, shape.outputs),
    },
    states: normals(robots * stateSize, 11),
    goals: normals(robots * 2, 12),
    actions: normals(robots * candidates * horizon * actionSize, 13),
    robots,
    candidates,
    horizon,
    particles,
    members: Uint8Array.from({ length: particles * horizon }, (_, i) => (i * 7) % shape.members),
    noise: normals(particles * horizon * shape.outputs, 14),
    wantStates: true,
    ...change,
  };
}

export const poseNet: NetShape = { ...swishNet, outputs: 5 };

/** A planar pose (x at 3, y at 1, yaw at 4) between values that are predicted as usual, and one that is not. */
export function makePoseRequest(change: Partial<RolloutRequest> = {}): RolloutRequest {
  const { robots = 2, horizon = 6 } = change;
  const stateSize = 6;
  const request = makeRequest(poseNet, { candidates: 7, ...change });
  return {
    ...request,
    encoding: {
      stateSize,
      actionSize: 2,
      features: [0, 2, 5, 6, 7].map((index) => ({ kind: 'value', index })),
      inputMean: Float32Array.of(0.1, -0.2, 0.3, 0, 0.1),
      inputScale: Float32Array.of(0.7, 0.6, 1.5, 2, 0.5),
      targets: [
        { index: 0, kind: 'absolute' },
        { index: 3, kind: 'forward', yaw: 4 },
        { index: 1, kind: 'left', yaw: 4 },
        { index: 4, kind: 'delta' },
        { index: 2, kind: 'delta' },
      ],
      targetMean: Float32Array.of(0.01, 0.2, -0.1, 0.4, 0.05),
      targetScale: Float32Array.of(0.5, 0.4, 0.3, 0.6, 0.3),
    },
    // Yaws of several turns.
    states: normals(robots * stateSize, 15, 5),
    actions: normals(robots * request.candidates * horizon * 2, 13),
    ...change,
  };
}
