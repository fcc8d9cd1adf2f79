import { layerSizes, type NetShape, parameterCount } from '../core/engine.ts';
import { Random } from '../core/random.ts';

/**
 * Initial parameters in plain order: weights from a normal of deviation 1/(2√fan-in) truncated at two deviations, by
 * resampling; biases 0 (PETS, `FC.py`: "important for rapid progress early in training").
 */
export function initialParameters(shape: NetShape, seed: number): Float32Array {
  const parameters = new Float32Array(parameterCount(shape));
  const random = new Random(seed, 'initialize');
  let offset = 0;
  for (const [fanIn, fanOut] of layerSizes(shape)) {
    const deviation = 1 / (2 * Math.sqrt(fanIn));
    const weights = shape.members * fanIn * fanOut;
    for (let i = 0; i < weights; i++) {
      let z = random.normal();
      while (Math.abs(z) > 2) z = random.normal();
      parameters[offset + i] = deviation * z;
    }
    offset += weights + shape.members * fanOut;
  }
  return parameters;
}

/** Copies one member's parameters from one set in plain order to another. */
export function copyMember(shape: NetShape, member: number, from: Float32Array, to: Float32Array): void {
  let offset = 0;
  for (const [fanIn, fanOut] of layerSizes(shape)) {
    for (const size of [fanIn * fanOut, fanOut]) {
      const start = offset + member * size;
      to.set(from.subarray(start, start + size), start);
      offset += shape.members * size;
    }
  }
}
