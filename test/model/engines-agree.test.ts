import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Nets } from '#src/core/engine';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { createWasmEngine } from '#src/kernels/index';
import { createTfjsEngine } from '#src/model/engines/tfjs';
import {
  adamOptions,
  makeParameters,
  makePoseRequest,
  makeRequest,
  normals,
  poseNet,
  shapes,
  swishNet,
} from '../kernels/make.ts';
import { relativeError } from '../kernels/reference.ts';

/** Tolerances of docs/design.md: 1e-5 for forward, gradients and an Adam step, 1e-4 for a rollout. */
describe.each(['fast', 'portable'] as const)('our %s kernels and TensorFlow.js', (numerics) => {
  let engines: Engine[];
  beforeAll(async () => {
    engines = [await createWasmEngine({ threads: 2, numerics }), await createTfjsEngine()];
    const module = new URL('../kernels/fixtures/probe.mjs', import.meta.url).href;
    for (const engine of engines)
      await engine.setTask({ module, robot: { name: 'any' } as RobotModel, params: { mode: 'terminate' } });
  });
  afterAll(async () => {
    for (const engine of engines) await engine.close();
  });

  it.each(shapes.map((shape) => [shape.activation, shape.hidden.join('-'), shape] as const))(
    'agree on outputs, gradients and an Adam step, %s [%s]',
    async (_activation, _hidden, shape) => {
      const rows = 37;
      const inputs = normals(shape.members * rows * shape.inputs, 2);
      const given = normals(shape.members * rows * 2 * shape.outputs, 3);
      const answer = async (nets: Nets) => {
        nets.setParameters(makeParameters(shape));
        const raw = await nets.forward(inputs, rows);
        const gradient = await nets.backward(inputs, given, rows);
        await nets.adam(gradient.parameters, adamOptions(shape));
        return { raw, gradient, parameters: nets.getParameters() };
      };
      const [ours, theirs] = await Promise.all(engines.map((engine) => answer(engine.createNets(shape))));
      expect(relativeError(ours.raw, theirs.raw)).toBeLessThan(1e-5);
      expect(relativeError(ours.gradient.parameters, theirs.gradient.parameters)).toBeLessThan(1e-5);
      expect(relativeError(ours.gradient.inputs, theirs.gradient.inputs)).toBeLessThan(1e-5);
      expect(relativeError(ours.parameters, theirs.parameters)).toBeLessThan(1e-5);
    },
  );

  it('agree on a pass of training and on what it reached', async () => {
    const data = { inputs: normals(100 * swishNet.inputs, 5), targets: normals(100 * swishNet.outputs, 6) };
    const [steps, batch] = [6, 16];
    const random = new Random(7, 'order');
    const order = Uint32Array.from({ length: swishNet.members * steps * batch }, () => random.integer(100));
    const answer = async (nets: Nets) => {
      nets.setParameters(makeParameters(swishNet));
      const losses = await nets.train(data, order, steps, batch, adamOptions(swishNet));
      return { losses, after: await nets.evaluate(data) };
    };
    const [ours, theirs] = await Promise.all(engines.map((engine) => answer(engine.createNets(swishNet))));
    expect(relativeError(ours.losses, theirs.losses)).toBeLessThan(1e-5);
    expect(relativeError(ours.after, theirs.after)).toBeLessThan(1e-4);
  });

  it.each([
    ['values and angles', swishNet, makeRequest(swishNet, { candidates: 11, horizon: 20, particles: 6 })],
    ['a planar pose', poseNet, makePoseRequest({ candidates: 11, horizon: 20, particles: 6 })],
  ])('agree on a rollout of %s from the same noise, states and returns', async (_, shape, request) => {
    const answer = async (nets: Nets) => {
      nets.setParameters(makeParameters(shape));
      return nets.rollout(request);
    };
    const [ours, theirs] = await Promise.all(engines.map((engine) => answer(engine.createNets(shape))));
    expect(relativeError(ours.states!, theirs.states!)).toBeLessThan(1e-4);
    expect(relativeError(ours.returns, theirs.returns)).toBeLessThan(1e-4);
  });
});
