import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, type NetShape, type Nets, parameterCount } from '#src/core/engine';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import type { TaskReference } from '#src/core/task';
import { createTfjsEngine } from '#src/model/engines/tfjs';
import { type Backend, loadBackend } from '#src/model/engines/tfjs-backend';
import { loadNative } from '#src/model/engines/tfjs-native.node';
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
import { Adam, relativeError, rollout } from '../kernels/reference.ts';
import { backwardAll, forwardAll, losses, returnsOf, trainAll } from './float64.ts';

const native = await loadNative();
const why = 'reason' in native ? ` (skipped: ${native.reason})` : '';

const shape = swishNet;
const options = adamOptions(shape);
const name = (net: NetShape) =>
  `${net.members} × ${[net.inputs, ...net.hidden, 2 * net.outputs].join('-')} ${net.activation}`;

function probe(mode: string): TaskReference {
  return {
    module: new URL('../kernels/fixtures/probe.mjs', import.meta.url).href,
    robot: { name: 'any' } as RobotModel,
    params: { mode },
  };
}
const instanceOf = async (mode: string) => (await instantiateTask(probe(mode))).instance;

function dataOf(rows: number) {
  return { inputs: normals(rows * shape.inputs, 5), targets: normals(rows * shape.outputs, 6) };
}

/** Row numbers [E, steps · batch]. */
function orderOf(rows: number, steps: number, batch: number): Uint32Array {
  const random = new Random(7, 'order');
  return Uint32Array.from({ length: shape.members * steps * batch }, () => random.integer(rows));
}

const invalid = (returns: ArrayLike<number>) => Array.from(returns, Number.isNaN);

describe.each(['native', 'wasm', 'cpu'] as const)('the tfjs engine, backend %s', (backendName) => {
  const missing = backendName === 'native' ? why : '';
  describe.skipIf(missing !== '')(`against float64${missing}`, () => {
    let engine: Engine;
    let backend: Backend;
    beforeAll(async () => {
      backend = await loadBackend(backendName);
      engine = await createTfjsEngine({ backend: backendName });
      await engine.setTask(probe('quadratic'));
    });
    afterAll(() => engine.close());

    const withNets = async (net: NetShape, body: (nets: Nets, parameters: Float32Array) => Promise<void>) => {
      const nets = engine.createNets(net);
      const parameters = makeParameters(net);
      nets.setParameters(parameters);
      try {
        await body(nets, parameters);
      } finally {
        nets.dispose();
      }
    };

    it.each(shapes.map((net) => [name(net), net] as const))(
      'computes raw outputs and all gradients of %s',
      async (_, net) => {
        await withNets(net, async (nets, parameters) => {
          const rows = 19;
          const inputs = normals(net.members * rows * net.inputs, 2);
          const given = normals(net.members * rows * 2 * net.outputs, 3);
          const raw = forwardAll(net, parameters, inputs, rows);
          expect(relativeError(await nets.forward(inputs, rows), raw)).toBeLessThan(1e-5);
          const truth = backwardAll(net, parameters, inputs, given, rows);
          const found = await nets.backward(inputs, given, rows);
          expect(relativeError(found.parameters, truth.parameters)).toBeLessThan(1e-5);
          expect(relativeError(found.inputs, truth.inputs)).toBeLessThan(1e-5);
        });
      },
    );

    it('takes the Adam steps that a given gradient asks for', async () => {
      await withNets(shape, async (nets, start) => {
        const parameters = Float64Array.from(start);
        const adam = new Adam(shape);
        for (let step = 0; step < 5; step++) {
          const gradient = normals(start.length, 20 + step, 10 ** (step - 2));
          adam.update(parameters, Float64Array.from(gradient), options);
          await nets.adam(gradient, options);
        }
        const moved = (now: ArrayLike<number>) => Float64Array.from(now, (value, i) => value - start[i]);
        expect(relativeError(nets.getParameters(), parameters)).toBeLessThan(1e-5);
        // The way travelled is small beside the parameters, so it is looked at on its own.
        expect(relativeError(moved(nets.getParameters()), moved(parameters))).toBeLessThan(1e-4);
        const found = nets.getOptimizer();
        expect(relativeError(found.m, adam.m)).toBeLessThan(1e-5);
        expect(relativeError(found.v, adam.v)).toBeLessThan(1e-5);
        expect(found.step).toBe(5);
      });
    });

    it('trains and evaluates by the loss of the contract', async () => {
      await withNets(shape, async (nets, start) => {
        const data = dataOf(50);
        const [steps, batch] = [4, 8];
        const order = orderOf(50, steps, batch);
        const parameters = Float64Array.from(start);
        const truth = trainAll(shape, parameters, new Adam(shape), data, order, steps, batch, options);
        const found = await nets.train(data, order, steps, batch, options);
        expect(relativeError(found, truth)).toBeLessThan(1e-5);
        expect(relativeError(nets.getParameters(), parameters)).toBeLessThan(1e-4);
      });
    });

    it('evaluates more rows than it looks at in one go', async () => {
      await withNets(shape, async (nets, parameters) => {
        const data = dataOf(2500);
        const all = Array.from({ length: 2500 }, (_, row) => row);
        const truth = losses(shape, parameters, data, () => all);
        expect(relativeError(await nets.evaluate(data), truth)).toBeLessThan(1e-5);
      });
    });

    it('rolls out a planar pose by what its body does', async () => {
      await withNets(poseNet, async (nets, parameters) => {
        const request = makePoseRequest({ horizon: 12 });
        const states = rollout(poseNet, parameters, request);
        expect(relativeError((await nets.rollout(request)).states!, states)).toBeLessThan(1e-4);
      });
    });

    it.each([
      ['by the same members for ever', (p: number, _t: number) => p % 3],
      ['by other members each step', (p: number, t: number) => (p + t) % 3],
      ['by members of unequal load', (p: number, t: number) => (p * t) % 3],
    ])('rolls out with the noise it is given, moved %s', async (_case, member) => {
      await withNets(shape, async (nets, parameters) => {
        const [particles, horizon] = [6, 12];
        const members = new Uint8Array(particles * horizon);
        for (let p = 0; p < particles; p++)
          for (let t = 0; t < horizon; t++) members[p * horizon + t] = member(p, t);
        const request = makeRequest(shape, { particles, horizon, members });
        const states = rollout(shape, parameters, request);
        const found = await nets.rollout(request);
        expect(relativeError(found.states!, states)).toBeLessThan(1e-4);
        const returns = returnsOf(await instanceOf('quadratic'), request, states);
        expect(relativeError(found.returns, returns)).toBeLessThan(1e-4);
        const blind = await nets.rollout({ ...request, wantStates: false });
        expect(blind.states).toBeNull();
        expect(blind.returns).toEqual(found.returns);
      });
    });

    it('stops counting where the task ends, with the terminal reward', async () => {
      await engine.setTask(probe('terminate'));
      await withNets(shape, async (nets, parameters) => {
        const request = makeRequest(shape);
        const states = rollout(shape, parameters, request);
        const truth = returnsOf(await instanceOf('terminate'), request, states);
        const endless = returnsOf(await instanceOf('quadratic'), request, states);
        expect(truth.some((value, i) => value !== endless[i])).toBe(true);
        expect(truth.some((value, i) => value === endless[i])).toBe(true);
        const { returns } = await nets.rollout(request);
        expect(relativeError(returns, truth)).toBeLessThan(1e-4);
      });
      await engine.setTask(probe('quadratic'));
    });

    it.each(['nan', 'infinite', 'text'])(
      'says NaN where a reward is no number, and only there: %s',
      async (mode) => {
        await engine.setTask(probe(mode));
        await withNets(shape, async (nets) => {
          const request = makeRequest(shape, { horizon: 2 });
          const { candidates, particles, horizon, encoding } = request;
          const bad = Array.from({ length: 2 * candidates * particles }, (_, index) => {
            const first = Math.floor(index / particles) * horizon * encoding.actionSize;
            return (
              mode === 'text' ||
              request.actions[first] > 1 ||
              request.actions[first + encoding.actionSize] > 1
            );
          });
          if (mode !== 'text') expect(new Set(bad).size).toBe(2);
          expect(invalid((await nets.rollout(request)).returns)).toEqual(bad);
        });
        await engine.setTask(probe('quadratic'));
      },
    );

    it('says NaN where a state is not finite, and only there', async () => {
      await withNets(shape, async (nets) => {
        const request = makeRequest(shape);
        const states = request.states.slice();
        states[5] = Number.POSITIVE_INFINITY;
        const { returns } = await nets.rollout({ ...request, states });
        expect(invalid(returns)).toEqual(Array.from(returns, (_, i) => i >= returns.length / 2));
      });
    });

    it('names the task and the step when a reward throws', async () => {
      await engine.setTask(probe('throw'));
      await withNets(shape, async (nets) => {
        await expect(nets.rollout(makeRequest(shape))).rejects.toThrow(
          /^task probe: its reward threw at step \d of imagined trajectory \d: the arm fell off$/,
        );
      });
      await engine.setTask(probe('quadratic'));
    });

    it('gives the same bits twice', async () => {
      const once = async () => {
        const result: Float32Array[] = [];
        await withNets(shape, async (nets) => {
          result.push(await nets.train(dataOf(40), orderOf(40, 5, 8), 5, 8, options));
          result.push(nets.getParameters());
          result.push((await nets.rollout(makeRequest(shape))).returns);
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

    it('goes on from saved parameters and moments as if never interrupted', async () => {
      const data = dataOf(40);
      const order = orderOf(40, 3, 8);
      await withNets(shape, async (nets) => {
        await nets.train(data, order, 3, 8, options);
        const saved = { parameters: nets.getParameters(), optimizer: nets.getOptimizer() };
        await nets.train(data, order, 3, 8, options);
        await withNets(shape, async (other) => {
          other.setParameters(saved.parameters);
          other.setOptimizer(saved.optimizer);
          await other.train(data, order, 3, 8, options);
          expect(other.getParameters()).toEqual(nets.getParameters());
        });
      });
    });

    it('leaves no tensor behind', async () => {
      const tensors = () => {
        backend.use();
        return backend.tf.memory().numTensors;
      };
      const before = tensors();
      const rows = 5;
      const inputs = normals(shape.members * rows * shape.inputs, 2);
      const given = normals(shape.members * rows * 2 * shape.outputs, 3);
      await withNets(shape, async (nets) => {
        let after = 0;
        for (let round = 0; round < 4; round++) {
          await nets.forward(inputs, rows);
          await nets.backward(inputs, given, rows);
          await nets.adam(new Float32Array(parameterCount(shape)), {
            ...options,
            learningRate: 10 ** -round,
          });
          await nets.train(dataOf(30), orderOf(30, 2, 8), 2, 8, options);
          await nets.evaluate(dataOf(30));
          await nets.rollout(makeRequest(shape));
          nets.setOptimizer(nets.getOptimizer());
          if (round > 0) expect(tensors()).toBe(after);
          after = tensors();
        }
      });
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
    for (const nets of all) nets.setParameters(makeParameters(shape));
    const found = await Promise.all(
      all.map((nets) => nets.train(dataOf(30), orderOf(30, 4, 8), 4, 8, options)),
    );
    expect(relativeError(found[0], found[1])).toBeLessThan(1e-5);
    for (const engine of engines) await engine.close();
  });

  it.skipIf(why === '')('says why the native addon cannot be used', async () => {
    await expect(createTfjsEngine({ backend: 'native' })).rejects.toThrow(
      /^engine tfjs, native: @tensorflow\/tfjs-node .*build:tfjs-node/,
    );
  });

  it('wants a task before a rollout', async () => {
    const engine = await createTfjsEngine({ backend: 'cpu' });
    await expect(engine.createNets(shape).rollout(makeRequest(shape))).rejects.toThrow('call setTask first');
    await engine.close();
  });
});

describe('the float64 reference', () => {
  it('has the gradients that finite differences find', () => {
    const rows = [0, 1];
    const data = { inputs: normals(2 * shape.inputs, 5), targets: normals(2 * shape.outputs, 6) };
    const parameters = Float64Array.from(makeParameters(shape));
    const gradient = new Float64Array(parameters.length);
    const lossAt = () => losses(shape, parameters, data, () => rows).reduce((sum, loss) => sum + loss, 0);
    losses(shape, parameters, data, () => rows, gradient);
    const differences = parameters.map((value, i) => {
      const step = 1e-6;
      parameters[i] = value + step;
      const above = lossAt();
      parameters[i] = value - step;
      const below = lossAt();
      parameters[i] = value;
      return (above - below) / (2 * step);
    });
    expect(relativeError(gradient, differences)).toBeLessThan(1e-7);
  });
});
