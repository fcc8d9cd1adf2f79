import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs';
import type { Backend } from '#src/model/engines/tfjs-backend';
import { forward, gaussianLoss } from '#src/model/engines/tfjs-network';
import type { Form } from './contender.ts';
import { ADAM, type FitProblem, layersOf, MEMBERS } from './problem.ts';

/** A fit as TensorFlow.js' own users write it: a variable for every layer's weights and biases, `tf.train.adam`. */
export function fitOfVariables(backend: Backend, problem: FitProblem): Form {
  backend.use();
  const { tf } = backend;
  const { shape, parameters, data, order, steps, batch } = problem;
  const variables = layersOf(shape, parameters).flatMap(({ fanIn, fanOut, weights, biases }) => [
    tf.variable(tf.tensor3d(weights, [MEMBERS, fanIn, fanOut])),
    tf.variable(tf.tensor3d(biases, [MEMBERS, 1, fanOut])),
  ]) as ReturnType<typeof tf.variable>[];
  const optimizer = tf.train.adam(ADAM.learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon);
  /** The rows [E, B, width] of step `s`. */
  const batchOf = (values: Float32Array, width: number, s: number) => {
    const picked = new Float32Array(MEMBERS * batch * width);
    for (let e = 0; e < MEMBERS; e++) {
      for (let b = 0; b < batch; b++) {
        const from = order[(e * steps + s) * batch + b] * width;
        picked.set(values.subarray(from, from + width), (e * batch + b) * width);
      }
    }
    return tf.tensor3d(picked, [MEMBERS, batch, width]);
  };
  return {
    name: 'tf.train.adam',
    written: 'plain',
    async run() {
      backend.use();
      const sums = new Float64Array(MEMBERS);
      for (let s = 0; s < steps; s++) {
        const losses = tf.tidy(() => {
          const x = batchOf(data.inputs, shape.inputs, s);
          const y = batchOf(data.targets, shape.outputs, s);
          let losses: Tensor1D | undefined;
          optimizer.minimize(
            () => {
              const raw = forward(backend, shape, x, variables as unknown as Tensor3D[]);
              losses = tf.keep(tf.div(gaussianLoss(backend, shape, raw, y), batch * shape.outputs));
              return tf.sum(losses);
            },
            false,
            variables,
          );
          return losses as Tensor1D;
        });
        losses.dataSync().forEach((loss, e) => {
          sums[e] += loss;
        });
        losses.dispose();
      }
      return Float32Array.from(sums, (sum) => sum / steps);
    },
    dispose() {
      backend.use();
      tf.dispose(variables);
      optimizer.dispose();
    },
  };
}
