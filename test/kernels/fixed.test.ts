import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, layerSizes, type NetShape, parameterCount } from '#src/core/engine';
import { createWasmEngine } from '#src/kernels/index';
import { adamOptions, makeParameters, makeRequest, normals, swishNet } from './make.ts';
import { relativeError, rollout } from './reference.ts';

/** One member of one output; what a rollout of one step adds to a state of zero is the net's mean. */
function plainNet(hidden: readonly number[]): NetShape {
  return { ...swishNet, members: 1, inputs: 1, hidden, outputs: 1, activation: 'relu' };
}

/** Parameters in plain order: weight (layer, i, o) and bias (layer, o). */
function parametersOf(
  shape: NetShape,
  weight: (layer: number, i: number, o: number) => number,
  bias: (layer: number, o: number) => number = () => 0,
): Float32Array {
  const parameters = new Float32Array(parameterCount(shape));
  let at = 0;
  for (const [layer, [fanIn, fanOut]] of layerSizes(shape).entries()) {
    for (let i = 0; i < fanIn; i++) for (let o = 0; o < fanOut; o++) parameters[at++] = weight(layer, i, o);
    for (let o = 0; o < fanOut; o++) parameters[at++] = bias(layer, o);
  }
  return parameters;
}

describe.each(['fast', 'portable'] as const)('fixed point in %s rollouts', (numerics) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 2, numerics });
  });
  afterAll(() => engine.close());

  /** The net's means [N] at inputs [N], from a rollout. */
  async function means(shape: NetShape, parameters: Float32Array, inputs: readonly number[]) {
    const nets = engine.createNets(shape);
    nets.setParameters(parameters);
    const { states } = await nets.rollout({
      encoding: {
        ...{ stateSize: 1, actionSize: 1, features: [{ kind: 'value', index: 1 }] },
        ...{ inputMean: Float32Array.of(0), inputScale: Float32Array.of(1) },
        ...{ targets: [{ index: 0, kind: 'absolute' }] },
        ...{ targetMean: Float32Array.of(0), targetScale: Float32Array.of(1) },
      },
      ...{ states: new Float32Array(1), goals: new Float32Array(0), actions: Float32Array.from(inputs) },
      ...{ robots: 1, candidates: inputs.length, horizon: 1, particles: 1 },
      ...{ members: new Uint8Array(1), noise: new Float32Array(1), wantStates: true },
    });
    nets.dispose();
    return Array.from(states as Float32Array);
  }

  test.each([1, 2, 31, 200, 501, 3000])('sums of %d products never overflow', async (width) => {
    const shape = plainNet([width]);
    // All as large as they may be and of one sign: the sum is the largest there is.
    for (const sign of [1, -1]) {
      const parameters = parametersOf(shape, (layer) => (layer === 0 ? 700 : 0.3 * sign));
      const [one, two] = await means(shape, parameters, [1, 2]);
      expect(one / (210 * sign * width)).toBeCloseTo(1, 2);
      expect(two / (420 * sign * width)).toBeCloseTo(1, 2);
    }
  });

  // Widths and weights at which sums in float32, or no room for rounding, would overflow.
  test.each([
    [545, 1.661895513534546],
    [601, 1.0044089555740356],
    [1126, 1.0077182054519653],
    [2028, 1.000420093536377],
  ])('nor do those of %d weights of %d', async (width, weight) => {
    const parameters = parametersOf(plainNet([width]), (layer) => (layer === 0 ? 1 : weight));
    const [sum] = await means(plainNet([width]), parameters, [1]);
    expect(sum / (width * weight)).toBeCloseTo(1, 2);
  });

  test('one large weight or activation leaves the others their say', async () => {
    const shape = plainNet([100]);
    const weights = parametersOf(shape, (layer, i) => (layer === 0 ? 1 : i === 7 ? 1 : 0.01));
    const [sum] = await means(shape, weights, [1]);
    expect(Math.abs(sum - 1.99)).toBeLessThan(2e-3);
    const activations = parametersOf(shape, (layer, _, o) => (layer === 0 && o === 7 ? 100 : 1));
    const [other] = await means(shape, activations, [1]);
    expect(Math.abs(other - 199)).toBeLessThan(0.5);
  });

  test('every row has a scale of its own: a far one does not blur its neighbours', async () => {
    const shape = { ...plainNet([20]), activation: 'swish' } as NetShape;
    const parameters = makeParameters(shape);
    const near = [0.1, -0.4, 0.9];
    const alone = await means(shape, parameters, near);
    expect((await means(shape, parameters, [...near, 1e6])).slice(0, 3)).toEqual(alone);
  });

  test('hidden units that are all zero leave the bias', async () => {
    const shape = plainNet([13]);
    const parameters = parametersOf(
      shape,
      (layer) => (layer === 0 ? -1 : 1),
      (layer) => (layer === 1 ? 0.25 : 0),
    );
    expect(await means(shape, parameters, [1, 5])).toEqual([0.25, 0.25]);
  });

  test.each([
    ['input', Number.NaN, 0],
    ['input', Number.POSITIVE_INFINITY, 0],
    ['weight', 1, Number.NaN],
    ['weight', 1, Number.POSITIVE_INFINITY],
  ])('what has no value, %s %d + %d, has none in the end', async (_, input, change) => {
    const shape = plainNet([5, 7]);
    const parameters = makeParameters(shape).map(Math.abs);
    // A weight of the second layer.
    parameters[10 + 3] += change;
    const [bad, other] = await means(shape, parameters, [input, 2]);
    expect(Number.isFinite(bad)).toBe(false);
    expect(Number.isFinite(other)).toBe(change === 0);
  });

  test('rollouts are of the parameters that there are, however they changed', async () => {
    const nets = engine.createNets(swishNet);
    const request = makeRequest(swishNet);
    const seen = async () => {
      const { states } = await nets.rollout(request);
      expect(relativeError(states!, rollout(swishNet, nets.getParameters(), request))).toBeLessThan(1e-4);
      return (states as Float32Array).join();
    };
    nets.setParameters(makeParameters(swishNet));
    const all = [await seen()];
    nets.setParameters(makeParameters(swishNet, 2));
    all.push(await seen());
    await nets.adam(normals(parameterCount(swishNet), 5), adamOptions(swishNet));
    all.push(await seen());
    const data = { inputs: normals(40 * 5, 6), targets: normals(40 * 4, 7) };
    const order = Uint32Array.from({ length: 3 * 4 * 10 }, (_, i) => i % 40);
    // Asked for before the training ends, and after.
    const before = nets.rollout(request);
    const training = nets.train(data, order, 4, 10, adamOptions(swishNet));
    expect(((await before).states as Float32Array).join()).toBe(all[2]);
    await training;
    all.push(await seen());
    expect(new Set(all).size).toBe(4);
    nets.dispose();
  });
});
