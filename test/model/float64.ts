// What a whole call of an engine should give, from the float64 reference of single rows.
import type { AdamOptions, NetShape, RolloutRequest, TrainingData } from '#src/core/engine';
import type { TaskInstance } from '#src/core/task';
import { type Adam, backward, forward, lossAndGradient } from '../kernels/reference.ts';

function rowOf(data: ArrayLike<number>, width: number, row: number): number[] {
  return Array.from({ length: width }, (_, i) => data[row * width + i]);
}

/** Raw outputs [E, B, 2·O] of inputs [E, B, I]. */
export function forwardAll(
  shape: NetShape,
  parameters: ArrayLike<number>,
  inputs: ArrayLike<number>,
  rows: number,
): number[] {
  return Array.from({ length: shape.members * rows }, (_, r) =>
    forward(shape, parameters, Math.floor(r / rows), rowOf(inputs, shape.inputs, r)),
  ).flatMap(({ output }) => output);
}

/** Gradients in plain order and of the inputs [E, B, I]. */
export function backwardAll(
  shape: NetShape,
  parameters: ArrayLike<number>,
  inputs: ArrayLike<number>,
  outputGradient: ArrayLike<number>,
  rows: number,
): { parameters: Float64Array; inputs: number[] } {
  const gradient = new Float64Array(parameters.length);
  const ofInputs = Array.from({ length: shape.members * rows }, (_, r) =>
    backward(
      shape,
      parameters,
      Math.floor(r / rows),
      rowOf(inputs, shape.inputs, r),
      rowOf(outputGradient, 2 * shape.outputs, r),
      gradient,
    ),
  );
  return { parameters: gradient, inputs: ofInputs.flat() };
}

/** Mean loss per member over some rows of the data each; gradients are added to `gradient`. */
export function losses(
  shape: NetShape,
  parameters: ArrayLike<number>,
  data: TrainingData,
  rows: (member: number) => readonly number[],
  gradient = new Float64Array(parameters.length),
): number[] {
  return Array.from({ length: shape.members }, (_, e) =>
    lossAndGradient(
      shape,
      parameters,
      e,
      rows(e).map((row) => rowOf(data.inputs, shape.inputs, row)),
      rows(e).map((row) => rowOf(data.targets, shape.outputs, row)),
      gradient,
    ),
  );
}

/** Minibatch steps as `Nets.train` defines them; `parameters` and `adam` change, mean losses [E] return. */
export function trainAll(
  shape: NetShape,
  parameters: Float64Array,
  adam: Adam,
  data: TrainingData,
  order: Uint32Array,
  steps: number,
  batch: number,
  options: AdamOptions,
): number[] {
  const means = new Array<number>(shape.members).fill(0);
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(parameters.length);
    const rows = (e: number) => {
      const from = (e * steps + step) * batch;
      return Array.from(order.subarray(from, from + batch));
    };
    losses(shape, parameters, data, rows, gradient).forEach((loss, e) => {
      means[e] += loss / steps;
    });
    adam.update(parameters, gradient, options);
  }
  return means;
}

/** Returns [R, N, P] of states [R, N, P, H, S]. */
export function returnsOf(task: TaskInstance, request: RolloutRequest, states: ArrayLike<number>): number[] {
  const { robots, candidates, particles, horizon, encoding } = request;
  return Array.from({ length: robots * candidates * particles }, (_, index) => {
    const row = Math.floor(index / particles);
    const robot = Math.floor(row / candidates);
    const goal = rowOf(request.goals, request.goals.length / robots, robot);
    let state = rowOf(request.states, encoding.stateSize, robot);
    let sum = 0;
    for (let t = 0; t < horizon; t++) {
      const next = rowOf(states, encoding.stateSize, index * horizon + t);
      sum += task.reward(state, rowOf(request.actions, encoding.actionSize, row * horizon + t), next, goal);
      if (task.terminated?.(next, goal)) return sum + (task.terminalReward ?? 0);
      state = next;
    }
    return sum;
  });
}
