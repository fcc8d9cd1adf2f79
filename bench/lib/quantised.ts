import { layerSizes, type NetShape } from '#src/core/engine';

export interface Layer {
  readonly fanIn: number;
  readonly fanOut: number;
  /** [in, out] */
  readonly weights: Float64Array;
  readonly biases: Float64Array;
}

export interface QuantisedNet {
  /** Weights rounded to 8 bits, as the numbers that they stand for. */
  readonly layers: readonly Layer[];
  /** Per layer, what one step of its inputs' 7 bits is worth. */
  readonly scales: readonly number[];
}

/** One member's layers from parameters in plain order. */
export function layersOf(shape: NetShape, parameters: Float32Array, member: number): Layer[] {
  let at = 0;
  return layerSizes(shape).map(([fanIn, fanOut]) => {
    const weights = Float64Array.from(
      parameters.subarray(at + member * fanIn * fanOut, at + (member + 1) * fanIn * fanOut),
    );
    at += shape.members * fanIn * fanOut;
    const biases = Float64Array.from(parameters.subarray(at + member * fanOut, at + (member + 1) * fanOut));
    at += shape.members * fanOut;
    return { fanIn, fanOut, weights, biases };
  });
}

/** The net in 8 bits; scales of the activations from their largest on `rows` inputs. */
export function quantised(layers: readonly Layer[], inputs: Float32Array, rows: number): QuantisedNet {
  const most = layers.map(() => 0);
  for (let row = 0; row < rows; row++) {
    predict(
      layers,
      inputs.subarray(row * layers[0].fanIn, (row + 1) * layers[0].fanIn),
      undefined,
      (l, x) => {
        for (const value of x) most[l] = Math.max(most[l], Math.abs(value));
      },
    );
  }
  const rounded = layers.map((layer) => {
    const weights = layer.weights.slice();
    for (let o = 0; o < layer.fanOut; o++) {
      let largest = 0;
      for (let i = o; i < weights.length; i += layer.fanOut)
        largest = Math.max(largest, Math.abs(weights[i]));
      const step = largest / 127;
      for (let i = o; i < weights.length; i += layer.fanOut)
        weights[i] = Math.round(weights[i] / step) * step;
    }
    return { ...layer, weights };
  });
  return { layers: rounded, scales: most.map((value) => value / 63) };
}

/** Raw outputs of one input, swish between layers; with `scales` every layer's inputs are rounded to 7 bits. */
export function predict(
  layers: readonly Layer[],
  input: ArrayLike<number>,
  scales?: readonly number[],
  look?: (layer: number, inputs: Float64Array) => void,
): Float64Array {
  let x = Float64Array.from(input);
  for (const [l, { fanIn, fanOut, weights, biases }] of layers.entries()) {
    look?.(l, x);
    if (scales) x = x.map((value) => Math.max(-64, Math.min(63, Math.round(value / scales[l]))) * scales[l]);
    const y = biases.slice();
    for (let i = 0; i < fanIn; i++) {
      const value = x[i];
      for (let o = 0; o < fanOut; o++) y[o] += value * weights[i * fanOut + o];
    }
    x = l < layers.length - 1 ? y.map((value) => value / (1 + Math.exp(-value))) : y;
  }
  return x;
}
