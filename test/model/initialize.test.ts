import { describe, expect, it } from 'vitest';
import { layerSizes, type NetShape } from '#src/core/engine';
import { copyMember, initialParameters } from '#src/model/initialize';

const shape: NetShape = {
  members: 3,
  inputs: 100,
  hidden: [200, 50],
  outputs: 4,
  activation: 'swish',
  minLogVariance: -10,
  maxLogVariance: 0.5,
};

describe('initial parameters', () => {
  it('are a normal of deviation 1/(2√fan-in) truncated at two deviations, with zero biases', () => {
    const parameters = initialParameters(shape, 5);
    let offset = 0;
    for (const [fanIn, fanOut] of layerSizes(shape)) {
      const deviation = 1 / (2 * Math.sqrt(fanIn));
      const weights = parameters.subarray(offset, offset + shape.members * fanIn * fanOut);
      const spread = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length) / deviation;
      // Standard deviation of a standard normal truncated at ±2.
      expect(Math.abs(spread - 0.8796)).toBeLessThan(0.02);
      expect(Math.max(...weights.map(Math.abs)) / deviation).toBeLessThanOrEqual(2 + 1e-6);
      offset += weights.length;
      expect(parameters.subarray(offset, offset + shape.members * fanOut).every((b) => b === 0)).toBe(true);
      offset += shape.members * fanOut;
    }
    expect(offset).toBe(parameters.length);
  });

  it('copies one member and leaves the others', () => {
    const from = initialParameters(shape, 1);
    const to = initialParameters(shape, 2);
    const before = to.slice();
    copyMember(shape, 1, from, to);
    const [fanIn, fanOut] = layerSizes(shape)[0];
    const size = fanIn * fanOut;
    expect(to.slice(size, 2 * size)).toEqual(from.slice(size, 2 * size));
    expect(to.slice(0, size)).toEqual(before.slice(0, size));
    expect(to.slice(2 * size, 3 * size)).toEqual(before.slice(2 * size, 3 * size));
    const changed = to.reduce((count, value, i) => count + (value !== before[i] ? 1 : 0), 0);
    expect(changed).toBe(layerSizes(shape).reduce((sum, [a, b]) => sum + a * b, 0));
  });
});
