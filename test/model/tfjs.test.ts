import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, NetShape, Nets } from '#src/core/engine';
import { parameterCount } from '#src/core/engine';
import { instantiateTask } from '#src/core/instantiate-task';
import type { TaskReference } from '#src/core/task';
import { createTfjsEngine } from '#src/model/engines/tfjs';
import { type Backend, loadBackend } from '#src/model/engines/tfjs-backend';
import { loadNative } from '#src/model/engines/tfjs-native.node';
import { adamOptions, dataOf, normals, orderOf, parametersOf, requestOf, shape, toyTask } from './nets.ts';
import * as reference from './reference.ts';

const buildTask = async (reference: TaskReference) => (await instantiateTask(reference)).instance;

const native = await loadNative();
const why = 'reason' in native ? ` (skipped: ${native.reason})` : '';

describe.each(['native', 'wasm', 'cpu'] as const)('the tfjs engine, backend %s', (name) => {
  describe.skipIf(name === 'native' && why !== '')(`against float64${name === 'native' ? why : ''}`, () => {
    let engine: Engine;
    let backend: Backend;
    beforeAll(async () => {
      backend = await loadBackend(name);
      engine = await createTfjsEngine({ backend: name });
      await engine.setTask(toyTask());
    });
    afterAll(() => engine.close());

    const withNets = async (net: NetShape, body: (nets: Nets, parameters: Float32Array) => Promise<void>) => {
      const nets = engine.createNets(net);
      const parameters = parametersOf(net);
      nets.setParameters(parameters);
      try {
        await body(nets, parameters);
      } finally {
        nets.dispose();
      }
    };
    const zeroMemory = () => ({
      m: new Float64Array(parameterCount(shape)),
      v: new Float64Array(parameterCount(shape)),
      step: 0,
    });

    it.each(['swish', 'relu', 'tanh'] as const)(
      'computes raw outputs and gradients with %s',
      async (activation) => {
        const net = { ...shape, activation };
        await withNets(net, async (nets, parameters) => {
          const rows = 19;
          const inputs = normals(net.members * rows * net.inputs, 'inputs');
          const given = normals(net.members * rows * 2 * net.outputs, 'gradient');
          const raw = reference.forward(net, parameters, inputs, rows);
          expect(reference.relativeError(await nets.forward(inputs, rows), raw)).toBeLessThan(1e-5);
          const truth = reference.backward(net, parameters, inputs, given, rows);
          const found = await nets.backward(inputs, given, rows);
          expect(reference.relativeError(found.parameters, truth.parameters)).toBeLessThan(1e-5);
          expect(reference.relativeError(found.inputs, truth.inputs)).toBeLessThan(1e-5);
        });
      },
    );

    it('takes the Adam steps that a given gradient asks for', async () => {
      await withNets(shape, async (nets, start) => {
        const parameters = Float64Array.from(start);
        const memory = zeroMemory();
        for (let step = 0; step < 5; step++) {
          const gradient = normals(start.length, `gradient ${step}`, 10 ** (step - 2));
          reference.adam(shape, parameters, memory, gradient, adamOptions);
          await nets.adam(gradient, adamOptions);
        }
        const moved = (now: ArrayLike<number>) => Float64Array.from(now, (value, i) => value - start[i]);
        expect(reference.relativeError(nets.getParameters(), parameters)).toBeLessThan(1e-5);
        // The way travelled is small beside the parameters, so it is looked at on its own.
        expect(reference.relativeError(moved(nets.getParameters()), moved(parameters))).toBeLessThan(1e-4);
        const found = nets.getOptimizer();
        expect(reference.relativeError(found.m, memory.m)).toBeLessThan(1e-5);
        expect(reference.relativeError(found.v, memory.v)).toBeLessThan(1e-5);
        expect(found.step).toBe(5);
      });
    });

    it('trains and evaluates by the loss of the contract', async () => {
      await withNets(shape, async (nets, start) => {
        const data = dataOf(shape, 50);
        const [steps, batch] = [4, 8];
        const order = orderOf(shape, 50, steps, batch);
        const parameters = Float64Array.from(start);
        const losses = reference.train(
          shape,
          parameters,
          zeroMemory(),
          data,
          order,
          steps,
          batch,
          adamOptions,
        );
        const found = await nets.train(data, order, steps, batch, adamOptions);
        expect(reference.relativeError(found, losses)).toBeLessThan(1e-5);
        expect(reference.relativeError(nets.getParameters(), parameters)).toBeLessThan(1e-4);

        const tiled = (values: Float32Array) =>
          Array.from({ length: shape.members }, () => Array.from(values)).flat();
        const raw = reference.forward(shape, parameters, tiled(data.inputs), 50);
        const truth = reference.gaussianLoss(shape, raw, tiled(data.targets), 50).losses;
        expect(reference.relativeError(await nets.evaluate(data), truth)).toBeLessThan(1e-4);
      });
    });

    it('evaluates more rows than it looks at in one go', async () => {
      await withNets(shape, async (nets, parameters) => {
        const data = dataOf(shape, 2500);
        const tiled = (values: Float32Array) =>
          Array.from({ length: shape.members }, () => Array.from(values)).flat();
        const raw = reference.forward(shape, parameters, tiled(data.inputs), 2500);
        const truth = reference.gaussianLoss(shape, raw, tiled(data.targets), 2500).losses;
        expect(reference.relativeError(await nets.evaluate(data), truth)).toBeLessThan(1e-5);
      });
    });

    it.each([
      ['the same member for ever', { robots: 1, candidates: 4, horizon: 12, particles: 6 }],
      ['another member each step', { robots: 2, candidates: 3, horizon: 12, particles: 6, ts1: true }],
    ])('rolls out with the noise it is given: %s', async (_case, sizes) => {
      await withNets(shape, async (nets, parameters) => {
        const request = requestOf(shape, sizes);
        const task = await buildTask(toyTask());
        const truth = reference.rollout(shape, parameters, task, request);
        const found = await nets.rollout(request);
        expect(reference.relativeError(found.states!, truth.states)).toBeLessThan(1e-4);
        expect(reference.relativeError(found.returns, truth.returns)).toBeLessThan(1e-4);
        const blind = await nets.rollout({ ...request, wantStates: false });
        expect(blind.states).toBeNull();
        expect(blind.returns).toEqual(found.returns);
      });
    });

    it('rolls out when members move unequal numbers of particles', async () => {
      await withNets(shape, async (nets, parameters) => {
        const request = requestOf(shape, { robots: 1, candidates: 2, horizon: 5, particles: 6 });
        const members = Uint8Array.from(request.members, (_, i) => (i * i) % 3);
        const truth = reference.rollout(shape, parameters, await buildTask(toyTask()), {
          ...request,
          members,
        });
        const found = await nets.rollout({ ...request, members });
        expect(reference.relativeError(found.returns, truth.returns)).toBeLessThan(1e-4);
      });
    });

    it('stops counting where the task ends, with the terminal reward', async () => {
      await engine.setTask(toyTask({ band: 0.8 }));
      await withNets(shape, async (nets, parameters) => {
        const request = requestOf(shape, { robots: 2, candidates: 5, horizon: 15, particles: 6 });
        const truth = reference.rollout(shape, parameters, await buildTask(toyTask({ band: 0.8 })), request);
        const endless = reference.rollout(shape, parameters, await buildTask(toyTask()), request);
        const changed = truth.returns.filter((value, i) => value !== endless.returns[i]).length;
        expect(changed).toBeGreaterThan(0);
        const found = await nets.rollout(request);
        expect(reference.relativeError(found.returns, truth.returns)).toBeLessThan(1e-4);
      });
      await engine.setTask(toyTask());
    });

    it('says NaN where a reward or a state is not a number, and only there', async () => {
      await engine.setTask(toyTask({ poison: 0.3 }));
      await withNets(shape, async (nets, parameters) => {
        const request = requestOf(shape, { robots: 2, candidates: 5, horizon: 8, particles: 6 });
        const task = await buildTask(toyTask({ poison: 0.3 }));
        const truth = reference.rollout(shape, parameters, task, request);
        const invalid = (returns: ArrayLike<number>) => Array.from(returns, Number.isNaN);
        expect(new Set(invalid(truth.returns)).size).toBe(2);
        expect(invalid((await nets.rollout(request)).returns)).toEqual(invalid(truth.returns));

        const states = request.states.slice();
        states[4] = Number.POSITIVE_INFINITY;
        const { returns } = await nets.rollout({ ...request, states });
        expect(invalid(returns.slice(30))).toEqual(new Array(30).fill(true));
        expect(invalid(returns.slice(0, 30))).toEqual(invalid(truth.returns.slice(0, 30)));
      });
      await engine.setTask(toyTask());
    });

    it('names the task and the step when a reward throws', async () => {
      await engine.setTask(toyTask({ bomb: 0.3 }));
      await withNets(shape, async (nets) => {
        const request = requestOf(shape, { robots: 1, candidates: 5, horizon: 8, particles: 6 });
        await expect(nets.rollout(request)).rejects.toThrow(
          /^task toy: its reward threw at step \d of imagined trajectory \d: boom$/,
        );
      });
      await engine.setTask(toyTask());
    });

    it('gives the same bits twice', async () => {
      const once = async () => {
        const result: Float32Array[] = [];
        await withNets(shape, async (nets) => {
          const data = dataOf(shape, 40);
          result.push(await nets.train(data, orderOf(shape, 40, 5, 8), 5, 8, adamOptions));
          result.push(nets.getParameters());
          result.push(
            (await nets.rollout(requestOf(shape, { robots: 1, candidates: 4, horizon: 6, particles: 6 })))
              .returns,
          );
        });
        return result;
      };
      expect(await once()).toEqual(await once());
    });

    it('hands out copies and takes copies', async () => {
      await withNets(shape, async (nets, parameters) => {
        const given = parameters.slice();
        nets.setParameters(given);
        given.fill(0);
        nets.getParameters().fill(0);
        expect(nets.getParameters()).toEqual(parameters);
      });
    });

    it('continues from saved parameters and moments as if never interrupted', async () => {
      const data = dataOf(shape, 40);
      const order = orderOf(shape, 40, 3, 8);
      await withNets(shape, async (nets) => {
        await nets.train(data, order, 3, 8, adamOptions);
        const saved = { parameters: nets.getParameters(), optimizer: nets.getOptimizer() };
        await nets.train(data, order, 3, 8, adamOptions);
        await withNets(shape, async (other) => {
          other.setParameters(saved.parameters);
          other.setOptimizer(saved.optimizer);
          await other.train(data, order, 3, 8, adamOptions);
          expect(other.getParameters()).toEqual(nets.getParameters());
        });
      });
    });

    it('leaves no tensor behind', async () => {
      const tensors = () => backend.tf.memory().numTensors;
      backend.use();
      const before = tensors();
      const rows = 5;
      const inputs = normals(shape.members * rows * shape.inputs, 'inputs');
      const given = normals(shape.members * rows * 2 * shape.outputs, 'gradient');
      const data = dataOf(shape, 30);
      await withNets(shape, async (nets) => {
        let after = 0;
        for (let round = 0; round < 4; round++) {
          await nets.forward(inputs, rows);
          await nets.backward(inputs, given, rows);
          await nets.adam(nets.getParameters(), adamOptions);
          await nets.train(data, orderOf(shape, 30, 2, 8), 2, 8, adamOptions);
          await nets.evaluate(data);
          await nets.rollout(
            requestOf(shape, { robots: 1, candidates: 2, horizon: 4, particles: 6, ts1: round % 2 === 0 }),
          );
          nets.setOptimizer(nets.getOptimizer());
          backend.use();
          if (round > 0) expect(tensors()).toBe(after);
          after = tensors();
        }
      });
      backend.use();
      expect(tensors()).toBe(before);
    });
  });
});

describe('choosing a backend', () => {
  it('computes on two backends of one thread by turns', async () => {
    const engines = [await createTfjsEngine({ backend: 'wasm' }), await createTfjsEngine({ backend: 'cpu' })];
    expect(engines.map((engine) => engine.description)).toEqual([
      expect.stringContaining('wasm'),
      expect.stringContaining('plain JavaScript'),
    ]);
    const all = engines.map((engine) => engine.createNets(shape));
    const data = dataOf(shape, 30);
    const order = orderOf(shape, 30, 4, 8);
    for (const nets of all) nets.setParameters(parametersOf(shape));
    const losses = await Promise.all(all.map((nets) => nets.train(data, order, 4, 8, adamOptions)));
    expect(reference.relativeError(losses[0], losses[1])).toBeLessThan(1e-5);
    for (const engine of engines) await engine.close();
  });

  it.skipIf(why === '')('says why the native addon cannot be used', async () => {
    await expect(createTfjsEngine({ backend: 'native' })).rejects.toThrow(
      /^engine tfjs, native: @tensorflow\/tfjs-node .*build:tfjs-node/,
    );
  });

  it('wants a task before a rollout', async () => {
    const engine = await createTfjsEngine({ backend: 'cpu' });
    const request = requestOf(shape, { robots: 1, candidates: 1, horizon: 1, particles: 3 });
    await expect(engine.createNets(shape).rollout(request)).rejects.toThrow('call setTask first');
    await engine.close();
  });
});

describe('the float64 reference', () => {
  it('has the gradients that finite differences find', () => {
    const net: NetShape = { ...shape, members: 2, hidden: [5, 4] };
    const rows = 2;
    const parameters = Float64Array.from(parametersOf(net));
    const inputs = Float64Array.from(normals(net.members * rows * net.inputs, 'inputs'));
    const targets = normals(net.members * rows * net.outputs, 'targets');
    const lossAt = () => {
      const raw = reference.forward(net, parameters, inputs, rows);
      return reference.gaussianLoss(net, raw, targets, rows).losses.reduce((sum, loss) => sum + loss, 0);
    };
    const raw = reference.forward(net, parameters, inputs, rows);
    const { gradient } = reference.gaussianLoss(net, raw, targets, rows);
    const found = reference.backward(net, parameters, inputs, gradient, rows);
    for (const [values, slopes] of [
      [parameters, found.parameters],
      [inputs, found.inputs],
    ]) {
      const differences = values.map((value, i) => {
        const step = 1e-6;
        values[i] = value + step;
        const above = lossAt();
        values[i] = value - step;
        const below = lossAt();
        values[i] = value;
        return (above - below) / (2 * step);
      });
      expect(reference.relativeError(slopes, differences)).toBeLessThan(1e-7);
    }
  });
});
