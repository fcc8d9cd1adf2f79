import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transition } from '#src/core/agent';
import { channel, layoutOf } from '#src/core/channel';
import { modelConfig } from '#src/core/config';
import type { Engine } from '#src/core/engine';
import { Random } from '#src/core/random';
import { createWasmEngine } from '#src/kernels/index';
import { Dataset } from '#src/model/dataset';
import { holdoutAccuracy, openLoopError } from '#src/model/diagnostics';
import { encode, fittedEncoding, plainEncoding } from '#src/model/encoding';
import { Ensemble } from '#src/model/ensemble';
import { relativeError } from '../kernels/reference.ts';

const layout = layoutOf([
  channel('speed', 'm/s'),
  channel('pose', 'm', { kind: 'pose2', size: 3 }),
  channel('yaw_rate', 'rad/s', { target: 'absolute' }),
]);
const S = 5;
const [SPEED, X, Y, YAW, RATE] = [0, 1, 2, 3, 4];
const PERIOD = 0.1;

/** A sliding car: throttle and steering, drag, a side-slip that grows in curves, a little noise. */
function drive(steps: number, seed: number): Transition[] {
  const random = new Random(seed, 'drive');
  let state = Float32Array.of(random.uniform(0, 2), random.normal(0, 2), random.normal(0, 2), 0, 0);
  state[YAW] = random.uniform(-7, 7);
  return Array.from({ length: steps }, () => {
    const action = Float32Array.of(random.uniform(-1, 1), random.uniform(-1, 1));
    const next = state.slice();
    next[SPEED] += PERIOD * (2 * action[0] - 0.4 * state[SPEED]) + random.normal(0, 0.01);
    next[RATE] = 0.8 * state[SPEED] * action[1] + random.normal(0, 0.01);
    const [forward, left] = [state[SPEED] * PERIOD, -0.05 * state[RATE] * state[SPEED] * PERIOD];
    next[X] += Math.cos(state[YAW]) * forward - Math.sin(state[YAW]) * left;
    next[Y] += Math.sin(state[YAW]) * forward + Math.cos(state[YAW]) * left;
    next[YAW] += PERIOD * next[RATE];
    const transition = { observation: state, action, reward: 0, next, terminated: false };
    state = next;
    return transition;
  });
}

/** The world shifted by (3, −2) m after a turn by 1.1 rad about its origin. */
function moved(state: Float32Array): Float32Array {
  const [s, c] = [Math.sin(1.1), Math.cos(1.1)];
  const next = state.slice();
  next[X] = c * state[X] - s * state[Y] + 3;
  next[Y] = s * state[X] + c * state[Y] - 2;
  next[YAW] = state[YAW] + 1.1;
  return next;
}

function filled(change = (state: Float32Array) => state): Dataset {
  const data = new Dataset(layout, 2);
  for (const seed of [1, 2, 3]) {
    const episode = drive(250, seed).map((transition) => ({
      ...transition,
      observation: change(transition.observation),
      next: change(transition.next),
    }));
    data.add(episode, true);
  }
  return data;
}

const allRows = (data: Dataset) => Uint32Array.from({ length: data.size }, (_, i) => i);

describe('a planar pose', () => {
  it('is hidden from the network and predicted in the frame of the body', () => {
    const { features, targets } = plainEncoding(layout, 2);
    expect(features.map(({ index }) => index)).toEqual([SPEED, RATE, S, S + 1]);
    expect(targets).toEqual([
      { index: SPEED, kind: 'delta' },
      { index: X, kind: 'forward', yaw: YAW },
      { index: Y, kind: 'left', yaw: YAW },
      { index: YAW, kind: 'delta' },
      { index: RATE, kind: 'absolute' },
    ]);
  });

  it('has targets that are what the car does, whatever its yaw, with mean 0 and spread 1', () => {
    const data = filled();
    const encoding = fittedEncoding(plainEncoding(layout, 2), data);
    const { targets } = encode(encoding, data, allRows(data));
    for (let o = 0; o < 5; o++) {
      let sum = 0;
      let squares = 0;
      for (let n = 0; n < data.size; n++) {
        const target = targets[n * 5 + o];
        sum += target;
        squares += target * target;
        const state = data.states.subarray(n * S, (n + 1) * S);
        const value = target * encoding.targetScale[o] + encoding.targetMean[o];
        if (o === 1) expect(Math.abs(value - PERIOD * state[SPEED])).toBeLessThan(1e-5);
        if (o === 2) expect(Math.abs(value + 0.05 * PERIOD * state[RATE] * state[SPEED])).toBeLessThan(1e-5);
      }
      expect(Math.abs(sum / data.size)).toBeLessThan(1e-4);
      expect(Math.abs(squares / data.size - 1)).toBeLessThan(1e-4);
    }
  });

  it('must be x, y and yaw, predicted as a change', () => {
    for (const wrong of [{ size: 2 }, { size: 3, target: 'absolute' as const }]) {
      const channels = [channel('pose', 'm', { kind: 'pose2', ...wrong })];
      expect(() => plainEncoding(layoutOf(channels), 1)).toThrow(/"pose": a pose2 is x, y and yaw/);
    }
  });
});

describe('an ensemble that drives', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 2, numerics: 'fast' });
  });
  afterAll(() => engine.close());

  const make = (overrides = {}) => {
    const config = modelConfig.parse({ hidden: [32, 32], minSteps: 1000, maxEpochs: 20, ...overrides });
    return new Ensemble(engine, layout, 2, config, 3);
  };
  const H = 30;
  const N = 4;
  const actions = Float32Array.from({ length: N * H * 2 }, (_, i) => Math.sin(i * 1.7));
  const rollout = async (ensemble: Ensemble, state: Float32Array) => {
    const { states } = await ensemble.rollout({
      ...{ states: state, goals: new Float32Array(0), actions },
      ...{ robots: 1, candidates: N, horizon: H, particles: 10 },
      ...{ propagation: 'ts1' as const, noiseIndex: 5, wantStates: true },
    });
    return states as Float32Array;
  };
  const start = Float32Array.of(1.2, 0.4, -0.7, 2.5, 0.3);

  it('predicts the same when the world is shifted and turned', async () => {
    const ensemble = make();
    await ensemble.fit(filled());
    const here = await rollout(ensemble, start);
    const there = await rollout(ensemble, moved(start));
    let travelled = 0;
    for (let at = 0; at < here.length; at += S) {
      const state = here.subarray(at, at + S);
      // Bit for bit what the network sees …
      expect(there[at + SPEED]).toBe(state[SPEED]);
      expect(there[at + RATE]).toBe(state[RATE]);
      // … and to float32's rounding where that is in the world.
      const expected = moved(state);
      for (const i of [X, Y, YAW]) expect(Math.abs(there[at + i] - expected[i])).toBeLessThan(2e-5);
      travelled = Math.max(travelled, Math.hypot(state[X] - start[X], state[Y] - start[Y]));
    }
    expect(travelled).toBeGreaterThan(1);
    ensemble.dispose();
  });

  it('learns the same network from a world that is shifted and turned', async () => {
    const [here, there] = [make({ maxEpochs: 2, minSteps: 0 }), make({ maxEpochs: 2, minSteps: 0 })];
    const before = here.nets.getParameters();
    const [data, other] = [filled(), filled(moved)];
    await here.fit(data);
    await there.fit(other);
    expect(there.encoding.inputMean).toEqual(here.encoding.inputMean);
    expect(relativeError(there.encoding.targetMean, here.encoding.targetMean)).toBeLessThan(1e-5);
    expect(relativeError(there.encoding.targetScale, here.encoding.targetScale)).toBeLessThan(1e-5);
    const [ours, theirs] = [here, there].map(({ nets }) =>
      Float64Array.from(nets.getParameters(), (value, i) => value - before[i]),
    );
    expect(relativeError(theirs, ours)).toBeLessThan(1e-4);
    here.dispose();
    there.dispose();
  });

  it('reports forward, left and yaw by name, each in its unit, and the drift of the pose in the world', async () => {
    const data = filled();
    const ensemble = make();
    const { split } = await ensemble.fit(data);
    const dimensions = await holdoutAccuracy(ensemble, data, layout, split);
    expect(dimensions.map(({ name }) => name)).toEqual([
      ...['speed', 'pose.forward', 'pose.left', 'pose.yaw', 'yaw_rate'],
    ]);
    const [, forward, left] = dimensions;
    const rms = (values: number[]) => Math.hypot(...values) / Math.sqrt(values.length);
    const held = Array.from(split.holdout, (row) => data.states.subarray(row * S, (row + 1) * S));
    expect(forward.persistence).toBeCloseTo(rms(held.map((state) => PERIOD * state[SPEED])), 4);
    expect(left.persistence).toBeCloseTo(
      rms(held.map((state) => 0.05 * PERIOD * state[RATE] * state[SPEED])),
      4,
    );
    expect(forward.rmse).toBeLessThan(0.1 * forward.persistence);
    expect(left.rmse).toBeLessThan(0.3 * left.persistence);

    const [one, ten] = await openLoopError(ensemble, data, [1, 10], 0);
    expect(one.error).toBeLessThan(0.05);
    expect(ten.error).toBeLessThan(0.1);
    expect((await openLoopError(ensemble, filled(moved), [10], 0))[0].error).toBeCloseTo(ten.error, 2);
    ensemble.dispose();
  });
});
