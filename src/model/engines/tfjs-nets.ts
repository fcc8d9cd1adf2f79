import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs';
import {
  type AdamOptions,
  layerSizes,
  type NetShape,
  type Nets,
  type OptimizerState,
  parameterCount,
  type RolloutRequest,
  type RolloutResult,
  type TrainingData,
} from '../../core/engine.ts';
import { InputError } from '../../core/errors.ts';
import type { Backend } from './tfjs-backend.ts';
import { forward, gaussianLoss, joinParameters, splitParameters } from './tfjs-network.ts';
import { type BuiltTask, rollout } from './tfjs-rollout.ts';

/** Rows a member looks at in one go when a loss is evaluated: bounds the memory. */
const evaluationRows = 2048;

/** Parameters and Adam's moments live as one tensor each, in plain order: a step is a dozen kernels, not hundreds. */
export class TfjsNets implements Nets {
  readonly shape: NetShape;
  /** A call costs more than a dozen rows do. */
  readonly grain = 12;
  readonly #backend: Backend;
  readonly #task: () => BuiltTask | undefined;
  readonly #size: number;
  #parameters: Tensor1D;
  #m: Tensor1D;
  #v: Tensor1D;
  #step = 0;
  /** Decay per parameter and step, of the options it was made for. */
  #decay: { readonly key: string; readonly tensor: Tensor1D } | undefined;

  constructor(backend: Backend, shape: NetShape, task: () => BuiltTask | undefined) {
    backend.use();
    this.#backend = backend;
    this.shape = shape;
    this.#task = task;
    this.#size = parameterCount(shape);
    this.#parameters = backend.tf.zeros([this.#size]);
    this.#m = backend.tf.zeros([this.#size]);
    this.#v = backend.tf.zeros([this.#size]);
  }

  getParameters(): Float32Array {
    this.#backend.use();
    return read(this.#parameters);
  }

  setParameters(parameters: Float32Array): void {
    this.#parameters = this.#replace(this.#parameters, parameters);
  }

  getOptimizer(): OptimizerState {
    this.#backend.use();
    return { m: read(this.#m), v: read(this.#v), step: this.#step };
  }

  setOptimizer({ m, v, step }: OptimizerState): void {
    this.#m = this.#replace(this.#m, m);
    this.#v = this.#replace(this.#v, v);
    this.#step = step;
  }

  async forward(inputs: Float32Array, rows: number): Promise<Float32Array> {
    const { tf } = this.#use();
    const raw = tf.tidy(() => forward(this.#backend, this.shape, this.#inputs(inputs, rows), this.#layers()));
    return take(raw);
  }

  async backward(
    inputs: Float32Array,
    outputGradient: Float32Array,
    rows: number,
  ): Promise<{ parameters: Float32Array; inputs: Float32Array }> {
    const { tf } = this.#use();
    const { members, outputs } = this.shape;
    const [parameters, input] = tf.tidy(() => {
      const gradients = tf.grads((x, ...layers) =>
        forward(this.#backend, this.shape, x as Tensor3D, layers as Tensor3D[]),
      );
      const given = tf.tensor3d(outputGradient, [members, rows, 2 * outputs]);
      const [x, ...layers] = gradients([this.#inputs(inputs, rows), ...this.#layers()], given);
      return [joinParameters(this.#backend, layers), x];
    });
    return { parameters: take(parameters), inputs: take(input) };
  }

  async adam(gradient: Float32Array, options: AdamOptions): Promise<void> {
    const { tf } = this.#use();
    const tensor = tf.tensor1d(gradient);
    this.#descend(tensor, options);
    tensor.dispose();
  }

  async train(
    data: TrainingData,
    order: Uint32Array,
    steps: number,
    batch: number,
    options: AdamOptions,
  ): Promise<Float32Array> {
    const { tf } = this.#use();
    const { members } = this.shape;
    const sums = new Float64Array(members);
    for (let step = 0; step < steps; step++) {
      const [losses, gradient] = tf.tidy(() => this.#lossGradient(data, order, step, batch));
      this.#descend(gradient, options);
      gradient.dispose();
      take(losses).forEach((loss, e) => {
        sums[e] += loss;
      });
      // Lets messages through, then takes the backend back.
      await tf.nextFrame();
      this.#backend.use();
    }
    return Float32Array.from(sums, (sum) => sum / steps);
  }

  async evaluate(data: TrainingData): Promise<Float32Array> {
    const { tf } = this.#use();
    const { members, inputs, outputs } = this.shape;
    const rows = data.inputs.length / inputs;
    const sums = new Float64Array(members);
    for (let from = 0; from < rows; from += evaluationRows) {
      const count = Math.min(evaluationRows, rows - from);
      const slice = (values: Float32Array, width: number) =>
        tf.tile(tf.tensor3d(values.slice(from * width, (from + count) * width), [1, count, width]), [
          members,
          1,
          1,
        ]);
      const losses = tf.tidy(() => {
        const raw = forward(this.#backend, this.shape, slice(data.inputs, inputs), this.#layers());
        return gaussianLoss(this.#backend, this.shape, raw, slice(data.targets, outputs));
      });
      take(losses).forEach((loss, e) => {
        sums[e] += loss;
      });
    }
    return Float32Array.from(sums, (sum) => sum / (rows * outputs));
  }

  async rollout(request: RolloutRequest): Promise<RolloutResult> {
    const task = this.#task();
    if (!task) throw new InputError('a rollout needs a task to score it: call setTask first');
    this.#use();
    return rollout(this.#backend, this.shape, this.#parameters, task, request);
  }

  dispose(): void {
    for (const tensor of [this.#parameters, this.#m, this.#v, this.#decay?.tensor]) {
      if (tensor && !tensor.isDisposed) tensor.dispose();
    }
  }

  #use(): Backend {
    this.#backend.use();
    return this.#backend;
  }

  #layers(): Tensor3D[] {
    return splitParameters(this.#backend, this.shape, this.#parameters);
  }

  #inputs(values: Float32Array, rows: number): Tensor3D {
    return this.#backend.tf.tensor3d(values, [this.shape.members, rows, this.shape.inputs]);
  }

  /** Mean loss per member [E] of batch number `step`, and the gradient in plain order. */
  #lossGradient(data: TrainingData, order: Uint32Array, step: number, batch: number): [Tensor1D, Tensor1D] {
    const { tf } = this.#backend;
    const { members, inputs, outputs } = this.shape;
    const steps = order.length / (members * batch);
    const rows = new Uint32Array(members * batch);
    for (let e = 0; e < members; e++) {
      const from = (e * steps + step) * batch;
      rows.set(order.subarray(from, from + batch), e * batch);
    }
    const x = tf.tensor3d(pick(data.inputs, inputs, rows), [members, batch, inputs]);
    const y = tf.tensor3d(pick(data.targets, outputs, rows), [members, batch, outputs]);
    let losses: Tensor1D | undefined;
    const { grads } = tf.valueAndGrads((...layers) => {
      const raw = forward(this.#backend, this.shape, x, layers as Tensor3D[]);
      const mean = tf.div(gaussianLoss(this.#backend, this.shape, raw, y), batch * outputs) as Tensor1D;
      losses = tf.keep(mean);
      return tf.sum(mean);
    })(this.#layers());
    return [losses as Tensor1D, joinParameters(this.#backend, grads)];
  }

  /** One AdamW step (Loshchilov and Hutter 2019) of all parameters. */
  #descend(gradient: Tensor1D, options: AdamOptions): void {
    const { tf } = this.#backend;
    const { learningRate, beta1, beta2, epsilon } = options;
    const decay = this.#decayOf(options);
    this.#step++;
    const firstCorrection = 1 - beta1 ** this.#step;
    const secondCorrection = 1 - beta2 ** this.#step;
    const [parameters, m, v] = tf.tidy(() => {
      const m = tf.add(tf.mul(this.#m, beta1), tf.mul(gradient, 1 - beta1)) as Tensor1D;
      const v = tf.add(tf.mul(this.#v, beta2), tf.mul(tf.square(gradient), 1 - beta2)) as Tensor1D;
      const root = tf.add(tf.sqrt(tf.div(v, secondCorrection)), epsilon);
      const change = tf.div(tf.mul(m, learningRate / firstCorrection), root);
      // Decay joins the change before it meets the parameter: alone it would be lost in rounding.
      const total = tf.add(change, tf.mul(this.#parameters, decay));
      return [tf.sub(this.#parameters, total) as Tensor1D, m, v];
    });
    tf.dispose([this.#parameters, this.#m, this.#v]);
    [this.#parameters, this.#m, this.#v] = [parameters, m, v];
  }

  #decayOf({ learningRate, weightDecay }: AdamOptions): Tensor1D {
    const key = JSON.stringify([learningRate, weightDecay]);
    if (this.#decay?.key === key) return this.#decay.tensor;
    this.#decay?.tensor.dispose();
    const values = new Float32Array(this.#size);
    let offset = 0;
    layerSizes(this.shape).forEach(([fanIn, fanOut], l) => {
      const weights = this.shape.members * fanIn * fanOut;
      values.fill(learningRate * weightDecay[l], offset, offset + weights);
      offset += weights + this.shape.members * fanOut;
    });
    this.#decay = { key, tensor: this.#backend.tf.tensor1d(values) };
    return this.#decay.tensor;
  }

  /** A tensor of a copy of `values` in the place of `old`. */
  #replace(old: Tensor1D, values: Float32Array): Tensor1D {
    if (values.length !== this.#size) {
      throw new InputError(`these nets have ${this.#size} parameters, not ${values.length}`);
    }
    const { tf } = this.#use();
    old.dispose();
    return tf.tensor1d(values.slice());
  }
}

/** Some backends hand out the memory they compute in, so what leaves is a copy. */
function read(tensor: { dataSync(): ArrayLike<number> }): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

function take(tensor: { dataSync(): ArrayLike<number>; dispose(): void }): Float32Array {
  const values = read(tensor);
  tensor.dispose();
  return values;
}

/** The rows [B, width] of a matrix. */
function pick(values: Float32Array, width: number, rows: Uint32Array): Float32Array {
  const picked = new Float32Array(rows.length * width);
  rows.forEach((row, b) => {
    picked.set(values.subarray(row * width, (row + 1) * width), b * width);
  });
  return picked;
}
