import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Encoding, NetShape, RolloutRequest } from '#src/core/engine';
import type { RobotModel } from '#src/core/robot';
import type { TaskReference } from '#src/core/task';
import { createWasmEngine, engineBuilds, measurePeak, type WasmEngine } from '#src/kernels/index';
import {
  adamOptions,
  makeParameters,
  makePoseRequest,
  makeRequest,
  normals,
  poseNet,
  swishNet,
} from './make.ts';

const engines: WasmEngine[] = [];
async function engineOf(options: Partial<Parameters<typeof createWasmEngine>[0]> = {}): Promise<WasmEngine> {
  const engine = await createWasmEngine({ threads: 2, numerics: 'fast', ...options });
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

function probe(mode: string, robot = 'any', weight = 1): TaskReference {
  return {
    module: new URL('./fixtures/probe.mjs', import.meta.url).href,
    robot: { name: robot } as RobotModel,
    params: { mode, weight },
  };
}

const hash = (...arrays: ArrayBufferView[]) => {
  const sum = createHash('sha256');
  for (const array of arrays) sum.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return sum.digest('hex');
};

/** Returns of the quadratic probe from the states that the engine itself reports. */
function quadraticReturns(
  request: RolloutRequest,
  states: Float32Array,
  stopAt?: number,
  bonus = 0,
): number[] {
  const { robots, candidates, particles, horizon } = request;
  const { stateSize: S, actionSize: A } = request.encoding;
  const G = request.goals.length / robots;
  const returns: number[] = [];
  for (let row = 0; row < robots * candidates; row++) {
    const robot = Math.floor(row / candidates);
    for (let p = 0; p < particles; p++) {
      let s = Array.from(request.states.subarray(robot * S, (robot + 1) * S));
      let sum = 0;
      for (let t = 0; t < horizon; t++) {
        const at = ((row * particles + p) * horizon + t) * S;
        const next = Array.from(states.subarray(at, at + S));
        for (let i = 0; i < S; i++) sum += (i + 1) * next[i] ** 2 + 0.1 * s[i] * next[i];
        for (let i = 0; i < A; i++) sum += 0.5 * request.actions[(row * horizon + t) * A + i] * (1 + i);
        for (let i = 0; i < G; i++) sum += (request.goals[robot * G + i] - next[0]) ** 2;
        s = next;
        if (stopAt !== undefined && next[1] > stopAt) {
          sum += bonus;
          break;
        }
      }
      returns.push(sum);
    }
  }
  return returns;
}

describe('returns', () => {
  test('are the sum of the task’s rewards along each trajectory', async () => {
    const engine = await engineOf();
    await engine.setTask(probe('quadratic'));
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const request = makeRequest(swishNet, { robots: 3, candidates: 11 });
    const { returns, states } = await nets.rollout(request);
    const expected = quadraticReturns(request, states!);
    for (const [i, value] of expected.entries()) expect(returns[i]).toBeCloseTo(value, 3);
    const alone = await nets.rollout({ ...request, wantStates: false });
    expect(alone.states).toBeNull();
    expect(alone.returns).toEqual(returns);
  });

  test('end with the terminal reward where the task terminates', async () => {
    const engine = await engineOf();
    await engine.setTask(probe('terminate'));
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const request = makeRequest(swishNet, { candidates: 20 });
    const { returns, states } = await nets.rollout(request);
    const expected = quadraticReturns(request, states!, 0.5, -7);
    for (const [i, value] of expected.entries()) expect(returns[i]).toBeCloseTo(value, 3);
    expect(expected).not.toEqual(quadraticReturns(request, states!));
  });

  test.each(['nan', 'infinite'])('are NaN where a reward is %s, and only there', async (mode) => {
    const engine = await engineOf();
    await engine.setTask(probe(mode));
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const request = makeRequest(swishNet, { robots: 1, candidates: 30 });
    const { returns } = await nets.rollout(request);
    const { horizon, particles } = request;
    for (let n = 0; n < 30; n++) {
      let bad = false;
      for (let t = 0; t < horizon; t++) bad ||= request.actions[(n * horizon + t) * 2] > 1;
      for (let p = 0; p < particles; p++) expect(returns[n * particles + p]).toBe(bad ? Number.NaN : horizon);
    }
  });

  test('are NaN where a state is not finite', async () => {
    const engine = await engineOf();
    await engine.setTask(probe('nan'));
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const request = makeRequest(swishNet, { robots: 1, candidates: 3 });
    request.actions.fill(0);
    request.actions[(request.horizon + 2) * 2 + 1] = Number.POSITIVE_INFINITY;
    const { returns } = await nets.rollout(request);
    const P = request.particles;
    expect(Array.from(returns.subarray(0, P)).every((value) => value === request.horizon)).toBe(true);
    expect(Array.from(returns.subarray(P, 2 * P)).every(Number.isNaN)).toBe(true);
    expect(Array.from(returns.subarray(2 * P)).every((value) => value === request.horizon)).toBe(true);
  });

  test('are NaN where a reward is no number', async () => {
    const engine = await engineOf();
    await engine.setTask(probe('text'));
    const nets = engine.createNets(swishNet);
    const { returns } = await nets.rollout(makeRequest(swishNet));
    expect(returns.every(Number.isNaN)).toBe(true);
  });

  test('follow the newest task', async () => {
    const engine = await engineOf();
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const request = makeRequest(swishNet);
    await engine.setTask(probe('quadratic'));
    const once = (await nets.rollout(request)).returns;
    await engine.setTask(probe('quadratic', 'any', 2));
    const twice = (await nets.rollout(request)).returns;
    for (const [i, value] of once.entries()) expect(twice[i]).toBeCloseTo(2 * value, 3);
  });

  test('need a task, unless only the states are wanted', async () => {
    const engine = await engineOf();
    const nets = engine.createNets(swishNet);
    await expect(nets.rollout(makeRequest(swishNet, { wantStates: false }))).rejects.toThrow('setTask');
  });
});

describe('the same bits', () => {
  async function run(options: Partial<Parameters<typeof createWasmEngine>[0]>): Promise<string> {
    const engine = await engineOf(options);
    await engine.setTask(probe('quadratic'));
    const shape: NetShape = { ...swishNet, members: 5, hidden: [40, 41] };
    const nets = engine.createNets(shape);
    nets.setParameters(makeParameters(shape));
    const rows = 300;
    const steps = 12;
    const batch = 150;
    const data = { inputs: normals(rows * 5, 1), targets: normals(rows * 4, 2) };
    const order = Uint32Array.from({ length: 5 * steps * batch }, (_, i) => (i * 31) % rows);
    const losses = await nets.train(data, order, steps, batch, adamOptions(shape));
    const { m, v } = nets.getOptimizer();
    const evaluated = await nets.evaluate(data);
    const { returns, states } = await nets.rollout(makeRequest(shape, { candidates: 67, particles: 5 }));
    const rest = await nets.backward(normals(5 * 160 * 5, 3), normals(5 * 160 * 8, 4), 160);
    return hash(
      ...[losses, nets.getParameters(), m, v, evaluated, returns, states!],
      ...[rest.parameters, rest.inputs],
    );
  }

  test.each(['fast', 'portable'] as const)(
    'whatever the threads, the blocks and the thread that computes, %s',
    async (numerics) => {
      const expected = await run({ numerics, threads: 1 });
      expect(await run({ numerics, threads: 2 })).toBe(expected);
      expect(await run({ numerics, threads: 3 })).toBe(expected);
      expect(await run({ numerics, threads: 2, rolloutPanels: 1 })).toBe(expected);
      expect(await run({ numerics, threads: 3, rolloutPanels: 2 })).toBe(expected);
      expect(await run({ numerics, threads: 1, rolloutPanels: 50 })).toBe(expected);
      expect(await run({ numerics, threads: 1, inline: true })).toBe(expected);
    },
  );

  test.each([1, 2, 3])(
    'of training %i members, although more threads share their blocks',
    async (members) => {
      const shape: NetShape = { ...swishNet, members };
      const rows = 400;
      const data = { inputs: normals(rows * 5, 1), targets: normals(rows * 4, 2) };
      const trained = async (threads: number) => {
        const engine = await engineOf({ threads });
        const nets = engine.createNets(shape);
        nets.setParameters(makeParameters(shape));
        const losses: Float32Array[] = [];
        // Of one block, of two, and of three, the last of them shorter.
        for (const batch of [100, 256, 398]) {
          const order = Uint32Array.from({ length: members * 5 * batch }, (_, i) => (i * 31) % rows);
          losses.push(await nets.train(data, order, 5, batch, adamOptions(shape)));
        }
        const { m, v, step } = nets.getOptimizer();
        expect(step).toBe(15);
        return hash(...losses, nets.getParameters(), m, v);
      };
      const alone = await trained(1);
      for (const threads of [2, 3, 4]) expect(await trained(threads)).toBe(alone);
    },
  );

  test('of a candidate, however many are tried beside it', async () => {
    const engine = await engineOf();
    await engine.setTask(probe('quadratic'));
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    const all = makeRequest(swishNet, { robots: 1, candidates: 40 });
    const { particles, horizon } = all;
    const { returns, states } = await nets.rollout(all);
    for (let candidates = 1; candidates < 40; candidates++) {
      const actions = all.actions.slice(0, candidates * horizon * 2);
      const some = await nets.rollout({ ...all, candidates, actions });
      expect(hash(some.returns)).toBe(hash(returns.slice(0, candidates * particles)));
      expect(hash(some.states!)).toBe(hash(states!.slice(0, candidates * particles * horizon * 4)));
    }
  });

  test('the name of the numerics tells builds apart that differ in bits', async () => {
    const [fast, portable] = [await engineOf(), await engineOf({ numerics: 'portable' })];
    const same = (await run({ numerics: 'fast' })) === (await run({ numerics: 'portable' }));
    expect(fast.numerics === portable.numerics).toBe(same);
    expect(portable.numerics).toBe('wasm-simd-3');
    expect(portable.description).toBe('wasm, plain simd, 2 threads');
  });
});

describe('trouble', () => {
  test('a reward that throws rejects the rollout, naming task and step, and the engine goes on', async () => {
    const engine = await engineOf();
    const nets = engine.createNets(swishNet);
    const request = makeRequest(swishNet, { robots: 1, candidates: 40 });
    // Again and again: all threads fail at once, and what the last one says must not be taken for a later answer.
    for (let round = 0; round < 20; round++) {
      await engine.setTask(probe('throw'));
      await expect(nets.rollout(request)).rejects.toThrow(
        /task probe: its reward threw at step \d of imagined trajectory \d+: the arm fell off/,
      );
      if (round % 2) await engine.setTask(probe('quadratic'));
      const still = nets.rollout({ ...request, actions: new Float32Array(request.actions.length) });
      expect((await still).returns.every(Number.isFinite)).toBe(true);
    }
  });

  test('a task that cannot be built rejects setTask', async () => {
    const engine = await engineOf();
    await expect(engine.setTask(probe('quadratic', 'broken'))).rejects.toThrow('no such robot');
    await expect(engine.setTask({ ...probe('x'), module: 'file:///nowhere/task.mjs' })).rejects.toThrow();
    await expect(engine.setTask(probe('nonsense'))).rejects.toThrow('mode nonsense');
    await engine.setTask(probe('quadratic'));
  });

  test('a dead thread surfaces in the call in progress and in every later one', async () => {
    const engine = await engineOf();
    await engine.setTask(probe('exit'));
    const nets = engine.createNets(swishNet);
    const request = makeRequest(swishNet);
    await expect(nets.rollout(request)).rejects.toThrow(/kernel thread \d died: it exited with code 3/);
    await expect(nets.rollout(request)).rejects.toThrow(/died/);
    expect(() => nets.getParameters()).toThrow(/died/);
    expect(() => engine.createNets(swishNet)).toThrow(/died/);
  });

  test('a closed engine refuses work', async () => {
    const engine = await engineOf();
    const nets = engine.createNets(swishNet);
    await engine.close();
    await expect(nets.evaluate({ inputs: normals(5, 1), targets: normals(4, 1) })).rejects.toThrow('closed');
  });

  test('arrays of the wrong length and indices out of range are refused', async () => {
    const engine = await engineOf();
    const nets = engine.createNets(swishNet);
    const request = makeRequest(swishNet);
    const data = { inputs: normals(50, 1), targets: normals(40, 1) };
    const options = adamOptions(swishNet);
    expect(() => nets.setParameters(new Float32Array(3))).toThrow('parameters');
    await expect(nets.rollout({ ...request, noise: new Float32Array(1) })).rejects.toThrow('noise');
    await expect(nets.rollout({ ...request, members: new Uint8Array(36).fill(3) })).rejects.toThrow(
      'member 3 of 3',
    );
    await expect(nets.train(data, new Uint32Array(3 * 4).fill(10), 2, 2, options)).rejects.toThrow(
      'row 10 of 10',
    );
    await expect(nets.forward(new Float32Array(4), 1)).rejects.toThrow('inputs');
    await expect(
      nets.train(data, new Uint32Array(12), 2, 2, { ...options, weightDecay: [0] }),
    ).rejects.toThrow();
    const pose = engine.createNets(poseNet);
    const { encoding } = makePoseRequest();
    const aimed = (targets: Encoding['targets']) =>
      pose.rollout(makePoseRequest({ encoding: { ...encoding, targets } }));
    const [speed, forward, left, ...rest] = encoding.targets;
    await expect(aimed([speed, { ...forward, yaw: 6 } as typeof forward, left, ...rest])).rejects.toThrow(
      'yaw 6',
    );
    for (const wrong of [
      [speed, left, forward, ...rest],
      [forward, speed, left, ...rest],
      [speed, ...rest, left, forward],
      [speed, ...rest, forward, { ...left, yaw: 0 } as typeof left],
    ])
      await expect(aimed(wrong)).rejects.toThrow('one after the other');
    await expect(createWasmEngine({ threads: 0, numerics: 'fast' })).rejects.toThrow('threads');
  });

  test('parameters cannot be read in the middle of training', async () => {
    const engine = await engineOf();
    const nets = engine.createNets(swishNet);
    const data = { inputs: normals(50, 1), targets: normals(40, 1) };
    const training = nets.train(data, new Uint32Array(3 * 20), 10, 2, adamOptions(swishNet));
    expect(() => nets.getParameters()).toThrow('being trained');
    await training;
    nets.getParameters();
  });
});

test('memory is flat over many calls', async () => {
  const engine = await engineOf();
  await engine.setTask(probe('quadratic'));
  const data = { inputs: normals(500, 1), targets: normals(400, 1) };
  const use = async () => {
    const nets = engine.createNets(swishNet);
    nets.setParameters(makeParameters(swishNet));
    await nets.train(data, new Uint32Array(3 * 20), 10, 2, adamOptions(swishNet));
    await nets.rollout(makeRequest(swishNet, { candidates: 30 }));
    await nets.evaluate(data);
    nets.dispose();
  };
  await use();
  await engine.measurePeak(1);
  const before = engine.memoryUsed;
  for (let i = 0; i < 100; i++) await use();
  await engine.measurePeak(1);
  expect(engine.memoryUsed).toBe(before);
});

test('calls made at once are served one after another', async () => {
  const engine = await engineOf();
  await engine.setTask(probe('quadratic'));
  const nets = engine.createNets(swishNet);
  nets.setParameters(makeParameters(swishNet));
  const requests = [3, 9, 27].map((candidates) => makeRequest(swishNet, { candidates }));
  const together = await Promise.all(requests.map((request) => nets.rollout(request)));
  for (const [i, request] of requests.entries()) expect(together[i]).toEqual(await nets.rollout(request));
});

test('the peak of multiply-adds is a plausible figure', async () => {
  expect(engineBuilds().simd).toBe(true);
  const peak = await measurePeak(1, 2);
  expect(peak).toBeGreaterThan(1);
  expect(peak).toBeLessThan(1000);
});

test('a program that forgot to close its engine ends all the same', () => {
  const program = `
    import { createWasmEngine } from '#src/kernels/index';
    const engine = await createWasmEngine({ threads: 2, numerics: 'fast' });
    const nets = engine.createNets({ members: 2, inputs: 1, hidden: [3], outputs: 1, activation: 'relu',
      minLogVariance: -1, maxLogVariance: 1 });
    const [loss] = await nets.evaluate({ inputs: Float32Array.of(1), targets: Float32Array.of(0) });
    console.log(loss.toFixed(3));`;
  const root = new URL('../..', import.meta.url);
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '0.047\n' });
});
