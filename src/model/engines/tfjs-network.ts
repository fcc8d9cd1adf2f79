import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs';
import { layerSizes, type NetShape } from '../../core/engine.ts';
import type { Backend } from './tfjs-backend.ts';

/**
 * The network of core/engine.ts as TensorFlow.js operations. All of these are differentiable and allocate: call them
 * inside `tf.tidy`.
 */

/** Parameters by layer, weights [E, in, out] and biases [E, 1, out] by turns, from the plain order. */
export function splitParameters({ tf }: Backend, shape: NetShape, plain: Tensor1D): Tensor3D[] {
  const parts: Tensor3D[] = [];
  let offset = 0;
  const take = (rows: number, columns: number) => {
    const size = shape.members * rows * columns;
    parts.push(tf.reshape(tf.slice(plain, offset, size), [shape.members, rows, columns]));
    offset += size;
  };
  for (const [fanIn, fanOut] of layerSizes(shape)) {
    take(fanIn, fanOut);
    take(1, fanOut);
  }
  return parts;
}

/** The inverse of `splitParameters`: the plain order from weights and biases by layer. */
export function joinParameters({ tf }: Backend, parts: readonly Tensor[]): Tensor1D {
  return tf.concat1d(parts.map((part) => tf.reshape(part, [-1]) as Tensor1D));
}

/** Raw outputs [E, B, 2·O] of inputs [E, B, I]. */
export function forward(
  backend: Backend,
  shape: NetShape,
  inputs: Tensor3D,
  parameters: readonly Tensor3D[],
): Tensor3D {
  const { tf } = backend;
  const layers = parameters.length / 2;
  let x = inputs;
  for (let l = 0; l < layers; l++) {
    const z = tf.add(product(backend, x, parameters[2 * l]), parameters[2 * l + 1]) as Tensor3D;
    if (l === layers - 1) return z;
    if (shape.activation === 'relu') x = tf.relu(z);
    else if (shape.activation === 'tanh') x = tf.tanh(z);
    else x = tf.mul(z, tf.sigmoid(z)) as Tensor3D;
  }
  return x;
}

/** [E, B, I] × [E, I, J] → [E, B, J]. */
function product({ tf, batchedProducts }: Backend, x: Tensor3D, w: Tensor3D): Tensor3D {
  // The gradient of unstacking a single matrix throws in TensorFlow.js 4.22.
  if (batchedProducts || x.shape[0] === 1) return tf.matMul(x, w);
  const weights = tf.unstack(w);
  return tf.stack(tf.unstack(x).map((rows, e) => tf.matMul(rows, weights[e]))) as Tensor3D;
}

/** Means and bounded log-variances, each [E, B, O], of raw outputs [E, B, 2·O]. */
export function gaussian({ tf }: Backend, shape: NetShape, raw: Tensor3D): [Tensor3D, Tensor3D] {
  const [mean, unbounded] = tf.split(raw, 2, 2);
  const { minLogVariance: min, maxLogVariance: max } = shape;
  const below = tf.sub(max, tf.softplus(tf.sub(max, unbounded)));
  return [mean as Tensor3D, tf.add(min, tf.softplus(tf.sub(below, min))) as Tensor3D];
}

/** Sum over rows and outputs of ½[(μ−y)²·e^(−v) + v] per member [E], of raw outputs and targets [E, B, O]. */
export function gaussianLoss(backend: Backend, shape: NetShape, raw: Tensor3D, targets: Tensor3D): Tensor1D {
  const { tf } = backend;
  const [mean, logVariance] = gaussian(backend, shape, raw);
  const surprise = tf.mul(tf.square(tf.sub(mean, targets)), tf.exp(tf.neg(logVariance)));
  return tf.mul(0.5, tf.sum(tf.add(surprise, logVariance), [1, 2]));
}
