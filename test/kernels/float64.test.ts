import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, type NetShape, parameterCount } from '#src/core/engine';
import { createWasmEngine } from '#src/kernels/index';
import {
  adamOptions,
  makeParameters,
  makePoseRequest,
  makeRequest,
  normals,
  poseNet,
  shapes,
  swishNet,
} from './make.ts';
import { Adam, backward, forward, layersOf, lossAndGradient, relativeError, rollout } from './reference.ts';

/** Relative error of rollouts, which compute in fixed point: see assembly/fixed.ts. Seen: 1.5e-4. */
const FIXED = 3e-4;

/** Rows `[first, first + count)` of a row-major array. */
function rowsOf(data: Float32Array, width: number, first: number, count: number): number[][] {
  return Array.from({ length: count }, (_, r) =>
    Array.from(data.subarray((first + r) * width, (first + r + 1) * width)),
  );
}

const name = (shape: NetShape) =>
  `${shape.members} × ${[shape.inputs, ...shape.hidden, 2 * shape.outputs].join('-')} ${shape.activation}`;

describe.each(['fast', 'portable'] as const)('%s kernels against float64', (numerics) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 2, numerics });
  });
  afterAll(() => engine.close());

  test.each(shapes.map((shape) => [name(shape), shape] as const))(
    'parameters and moments of %s come back as they went in',
    (_, shape) => {
      const nets = engine.createNets(shape);
      const parameters = makeParameters(shape);
      const state = { m: normals(parameters.length, 2), v: normals(parameters.length, 3), step: 7 };
      nets.setParameters(parameters);
      nets.setOptimizer(state);
      expect(nets.getParameters()).toEqual(parameters);
      expect(nets.getOptimizer()).toEqual(state);
      nets.dispose();
    },
  );

  test.each(shapes.map((shape) => [name(shape), shape] as const))(
    'forward and all gradients of %s, for any number of rows',
    async (_, shape) => {
      const nets = engine.createNets(shape);
      const parameters = makeParameters(shape);
      nets.setParameters(parameters);
      const { members: E, inputs: I, outputs: O } = shape;
      for (const rows of [1, 4, 13, 36, 150]) {
        const inputs = normals(E * rows * I, rows);
        const outputGradient = normals(E * rows * 2 * O, rows + 1);
        const expected: number[] = [];
        const gradient = new Float64Array(parameterCount(shape));
        const inputGradient: number[] = [];
        for (let e = 0; e < E; e++) {
          const deltas = rowsOf(outputGradient, 2 * O, e * rows, rows);
          for (const [r, input] of rowsOf(inputs, I, e * rows, rows).entries()) {
            expected.push(...forward(shape, parameters, e, input).output);
            inputGradient.push(...backward(shape, parameters, e, input, deltas[r], gradient));
          }
        }
        expect(relativeError(await nets.forward(inputs, rows), expected)).toBeLessThan(1e-6);
        const actual = await nets.backward(inputs, outputGradient, rows);
        expect(relativeError(actual.inputs, inputGradient)).toBeLessThan(1e-6);
        // Each layer of each member by itself: a small layer must not hide behind a large one.
        for (let e = 0; e < E; e++) {
          for (const { fanIn, fanOut, weights, biases } of layersOf(shape, e)) {
            for (const [from, count] of [
              [weights, fanIn * fanOut],
              [biases, fanOut],
            ]) {
              const part = [from, from + count] as const;
              const error = relativeError(actual.parameters.subarray(...part), gradient.subarray(...part));
              expect(error).toBeLessThan(1e-5);
            }
          }
        }
      }
      nets.dispose();
    },
  );

  test('any shape and any number of rows', async () => {
    const shapeOf = fc.record({
      members: fc.integer({ min: 1, max: 3 }),
      inputs: fc.integer({ min: 1, max: 14 }),
      hidden: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
      outputs: fc.integer({ min: 1, max: 7 }),
      activation: fc.constantFrom('swish', 'relu', 'tanh'),
    });
    await fc.assert(
      fc.asyncProperty(shapeOf, fc.integer({ min: 1, max: 30 }), async (sizes, rows) => {
        const shape: NetShape = { ...swishNet, ...sizes } as NetShape;
        const nets = engine.createNets(shape);
        const parameters = makeParameters(shape);
        nets.setParameters(parameters);
        const inputs = normals(shape.members * rows * shape.inputs, rows);
        const deltas = normals(shape.members * rows * 2 * shape.outputs, rows + 1);
        const gradient = new Float64Array(parameters.length);
        const output: number[] = [];
        for (let e = 0; e < shape.members; e++) {
          const upstream = rowsOf(deltas, 2 * shape.outputs, e * rows, rows);
          for (const [r, input] of rowsOf(inputs, shape.inputs, e * rows, rows).entries()) {
            output.push(...forward(shape, parameters, e, input).output);
            backward(shape, parameters, e, input, upstream[r], gradient);
          }
        }
        expect(relativeError(await nets.forward(inputs, rows), output)).toBeLessThan(1e-5);
        const actual = await nets.backward(inputs, deltas, rows);
        expect(relativeError(actual.parameters, gradient)).toBeLessThan(1e-5);
        nets.dispose();
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  test('saturated activations and log-variances far beyond their bounds', async () => {
    for (const activation of ['swish', 'tanh'] as const) {
      const shape: NetShape = { ...swishNet, activation };
      const nets = engine.createNets(shape);
      const parameters = makeParameters(shape).map((value) => 15 * value);
      nets.setParameters(parameters);
      const rows = 60;
      // Hundreds at the raw outputs.
      const data = { inputs: normals(rows * 5, 41, 3), targets: normals(rows * 4, 42) };
      const unused = new Float64Array(parameters.length);
      const all = [rowsOf(data.inputs, 5, 0, rows), rowsOf(data.targets, 4, 0, rows)] as const;
      const raws = all[0].map((input) => forward(shape, parameters, 0, input).output.slice(4));
      expect(Math.max(...raws.flat())).toBeGreaterThan(20);
      expect(Math.min(...raws.flat())).toBeLessThan(-20);
      const expected = [0, 1, 2].map((e) => lossAndGradient(shape, parameters, e, ...all, unused));
      expect(relativeError(await nets.evaluate(data), expected)).toBeLessThan(1e-5);
      nets.dispose();
    }
  });

  test('Adam steps from the same gradients, with decay per layer', async () => {
    const shape = swishNet;
    const nets = engine.createNets(shape);
    const start = makeParameters(shape);
    nets.setParameters(start);
    const expected = Float64Array.from(start);
    const adam = new Adam(shape);
    const options = adamOptions(shape);
    for (let step = 0; step < 5; step++) {
      const gradient = normals(start.length, 20 + step, 0.1);
      await nets.adam(gradient, options);
      adam.update(expected, Float64Array.from(gradient), options);
    }
    const moved = (parameters: ArrayLike<number>) => Array.from(start, (value, i) => parameters[i] - value);
    expect(relativeError(nets.getParameters(), expected)).toBeLessThan(1e-6);
    expect(relativeError(moved(nets.getParameters()), moved(expected))).toBeLessThan(3e-5);
    const { m, v, step } = nets.getOptimizer();
    expect(relativeError(m, adam.m)).toBeLessThan(1e-6);
    expect(relativeError(v, adam.v)).toBeLessThan(1e-6);
    expect(step).toBe(5);
    nets.dispose();
  });

  test.each([
    ['one block', 32],
    ['several blocks', 157],
  ])('training in minibatches of %s follows the float64 training', async (_, batch) => {
    const shape: NetShape = { ...swishNet, members: 2, hidden: [9, 8] };
    const { members: E, inputs: I, outputs: O } = shape;
    const nets = engine.createNets(shape);
    const start = makeParameters(shape);
    nets.setParameters(start);
    const rows = 200;
    const steps = 4;
    const data = { inputs: normals(rows * I, 31), targets: normals(rows * O, 32, 0.5) };
    const order = Uint32Array.from({ length: E * steps * batch }, (__, i) => (i * 37 + (i >> 3)) % rows);
    const options = adamOptions(shape);

    const expected = Float64Array.from(start);
    const adam = new Adam(shape);
    const losses = new Float64Array(E);
    for (let step = 0; step < steps; step++) {
      const gradient = new Float64Array(expected.length);
      for (let e = 0; e < E; e++) {
        const from = (e * steps + step) * batch;
        const chosen = Array.from(order.subarray(from, from + batch));
        losses[e] +=
          lossAndGradient(
            ...([shape, expected, e] as const),
            chosen.map((r) => rowsOf(data.inputs, I, r, 1)[0]),
            chosen.map((r) => rowsOf(data.targets, O, r, 1)[0]),
            gradient,
          ) / steps;
      }
      adam.update(expected, gradient, options);
    }
    expect(relativeError(await nets.train(data, order, steps, batch, options), losses)).toBeLessThan(1e-5);
    expect(relativeError(nets.getParameters(), expected)).toBeLessThan(1e-5);
    expect(nets.getOptimizer().step).toBe(steps);

    const trained = nets.getParameters();
    const all = [rowsOf(data.inputs, I, 0, rows), rowsOf(data.targets, O, 0, rows)] as const;
    const unused = new Float64Array(trained.length);
    const evaluated = Array.from({ length: E }, (__, e) =>
      lossAndGradient(shape, trained, e, ...all, unused),
    );
    expect(relativeError(await nets.evaluate(data), evaluated)).toBeLessThan(1e-5);
    nets.dispose();
  });

  test.each([
    ['members changing every step', {}],
    ['one member a particle', { members: Uint8Array.from({ length: 36 }, (__, i) => Math.floor(i / 6) % 3) }],
    ['the mean prediction', { noise: new Float32Array(6 * 6 * 4) }],
    ['one candidate', { candidates: 1, robots: 1 }],
    ['31 candidates of 3 robots', { candidates: 31, robots: 3 }],
  ])('rollouts with %s', async (_, change) => {
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const request = makeRequest(swishNet, change);
    const { states, returns } = await nets.rollout(request);
    expect(relativeError(states!, rollout(swishNet, nets.getParameters(), request))).toBeLessThan(FIXED);
    expect(returns.every((value) => value === 0)).toBe(true);
    nets.dispose();
  });

  test('rollouts of a planar pose, in memory shared or not, in the middle of other targets', async () => {
    const request = makePoseRequest({ candidates: 31, horizon: 20 });
    const alone = await createWasmEngine({ threads: 1, numerics, inline: true });
    const [shared, own] = await Promise.all(
      [engine, alone].map(async (each) => {
        const nets = each.createNets(poseNet);
        nets.setParameters(makeParameters(poseNet));
        return (await nets.rollout(request)).states!;
      }),
    );
    await alone.close();
    expect(own).toEqual(shared);
    const truth = rollout(poseNet, makeParameters(poseNet), request);
    expect(relativeError(shared, truth)).toBeLessThan(FIXED);
    // Every value by itself: a far x must not hide a wrong y.
    for (let s = 0; s < 6; s++) {
      const column = (states: ArrayLike<number>) => Array.from(states).filter((_, i) => i % 6 === s);
      expect(relativeError(column(shared), column(truth))).toBeLessThan(FIXED);
    }
  });

  test('sine and cosine of angles up to ±1000 rad are within 1e-6', async () => {
    // A linear net whose first output is its input, so that the rollout shows the feature itself.
    const shape: NetShape = { ...swishNet, members: 1, inputs: 2, hidden: [], outputs: 2 };
    const nets = engine.createNets(shape);
    nets.setParameters(Float32Array.of(...[1, 0, 0, 0], ...[0, 1, 0, 0], ...[0, 0, 0, 0]));
    const count = 5000;
    const angles = Float32Array.from({ length: count }, (__, i) => (i / (count - 1) - 0.5) * 2000);
    const { states } = await nets.rollout({
      encoding: {
        stateSize: 3,
        actionSize: 1,
        features: [
          { kind: 'sine', index: 0 },
          { kind: 'cosine', index: 0 },
        ],
        inputMean: Float32Array.of(0, 0),
        inputScale: Float32Array.of(1, 1),
        targets: [
          { index: 1, kind: 'absolute' },
          { index: 2, kind: 'absolute' },
        ],
        targetMean: Float32Array.of(0, 0),
        targetScale: Float32Array.of(1, 1),
      },
      states: Float32Array.from({ length: 3 * count }, (__, i) => (i % 3 === 0 ? angles[i / 3] : 0)),
      goals: new Float32Array(0),
      actions: new Float32Array(count),
      ...{ robots: count, candidates: 1, horizon: 1, particles: 1 },
      members: new Uint8Array(1),
      noise: new Float32Array(2),
      wantStates: true,
    });
    let worst = 0;
    for (const [i, angle] of angles.entries()) {
      const [, sine, cosine] = states!.subarray(3 * i, 3 * i + 3);
      worst = Math.max(worst, Math.abs(sine - Math.sin(angle)), Math.abs(cosine - Math.cos(angle)));
    }
    expect(worst).toBeLessThan(1e-6);
    nets.dispose();
  });
});
