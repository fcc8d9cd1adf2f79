import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transition } from '#src/core/agent';
import { channel, layoutOf } from '#src/core/channel';
import { modelConfig } from '#src/core/config';
import type { Engine } from '#src/core/engine';
import { Random } from '#src/core/random';
import { createWasmEngine } from '#src/kernels/index';
import { Dataset } from '#src/model/dataset';
import { boundLogVariance, holdoutAccuracy, openLoopError } from '#src/model/diagnostics';
import { encode } from '#src/model/encoding';
import { Ensemble } from '#src/model/ensemble';

/** A turning, noisy system: the angle follows a rate, the rate a push; the rate's noise is 0.05 per step. */
const layout = layoutOf([
  channel('angle', 'rad', { kind: 'angle' }),
  channel('rate', 'rad/s'),
  channel('goal', 'rad', { kind: 'goal' }),
]);
const NOISE = 0.05;
const config = modelConfig.parse({ hidden: [32, 32], minSteps: 1500, maxEpochs: 40, holdout: 0.2 });

function experience(rows: number, seed: number): Transition[] {
  const random = new Random(seed, 'system');
  let angle = 0;
  let rate = 0;
  return Array.from({ length: rows }, () => {
    const action = random.uniform(-1, 1);
    const observation = Float32Array.of(angle, rate, 9);
    angle += 0.1 * rate;
    rate += 0.3 * action - 0.2 * Math.sin(angle) - 0.1 * rate + random.normal(0, NOISE);
    return {
      observation,
      action: Float32Array.of(action),
      reward: 0,
      next: Float32Array.of(angle, rate, 9),
      terminated: false,
    };
  });
}

function filled(): Dataset {
  const data = new Dataset(layout, 1);
  data.add(experience(700, 1), true);
  data.add(experience(300, 2), true);
  return data;
}

let engine: Engine;
beforeAll(async () => {
  engine = await createWasmEngine({ threads: 2, numerics: 'fast' });
});
afterAll(() => engine.close());

const make = (seed = 3, overrides = {}) => new Ensemble(engine, layout, 1, { ...config, ...overrides }, seed);

describe('an ensemble', () => {
  it('learns a noisy system: its error is the noise, and its doubt is as large as its error', async () => {
    const data = filled();
    const ensemble = make();
    const { split } = await ensemble.fit(data);
    const [angle, rate] = await holdoutAccuracy(ensemble, data, layout, split);
    expect(rate.rmse).toBeGreaterThan(0.85 * NOISE);
    expect(rate.rmse).toBeLessThan(1.25 * NOISE);
    expect(rate.persistence).toBeGreaterThan(3 * NOISE);
    expect(rate.within1).toBeGreaterThan(0.58);
    expect(rate.within1).toBeLessThan(0.78);
    expect(rate.within2).toBeGreaterThan(0.9);
    expect(angle.rmse).toBeLessThan(0.1 * angle.persistence);
    ensemble.dispose();
  });

  it('keeps each member’s best weights on the rows held out, and members that differ', async () => {
    const data = filled();
    const ensemble = make(4, { maxEpochs: 60, minSteps: 3000 });
    const seen: number[] = [];
    const { holdoutLoss, split } = await ensemble.fit(data, ({ holdoutLoss: loss }) => seen.push(loss));
    const losses = await ensemble.nets.evaluate(encode(ensemble.encoding, data, split.holdout));
    expect(losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toBeCloseTo(holdoutLoss, 5);
    expect(holdoutLoss).toBeLessThanOrEqual(Math.min(...seen) + 1e-6);
    expect(new Set(losses).size).toBe(losses.length);
    ensemble.dispose();
  });

  it('stops when nothing improves, but not before the least number of steps', async () => {
    const data = filled();
    const patient = make(5, { minSteps: 0, maxEpochs: 1000 });
    const outcome = await patient.fit(data);
    expect(outcome.epochs).toBeLessThan(500);
    const forced = make(5, { minSteps: 4000, maxEpochs: 1 });
    const { steps } = await forced.fit(data);
    expect(steps).toBeGreaterThanOrEqual(4000);
    expect(steps).toBeLessThan(4000 + 60);
    patient.dispose();
    forced.dispose();
  });

  it('predicts in planning exactly what it was fitted to: one step, many steps, turned angles', async () => {
    const data = filled();
    const ensemble = make();
    await ensemble.fit(data);
    const { encoding, shape } = ensemble;
    const start = Float32Array.of(7 * Math.PI + 0.3, -0.4);
    const actions = Float32Array.of(0.5, -0.7, 0.1);
    const { states } = await ensemble.rollout({
      states: start,
      goals: Float32Array.of(9),
      actions,
      robots: 1,
      candidates: 1,
      horizon: 3,
      particles: 5,
      propagation: 'ts-infinity',
      noiseIndex: undefined,
      wantStates: true,
    });
    for (let e = 0; e < shape.members; e++) {
      let state = [...start];
      for (let t = 0; t < 3; t++) {
        const features = [Math.sin(state[0]), Math.cos(state[0]), state[1], actions[t]];
        const inputs = new Float32Array(shape.members * 4);
        features.forEach((value, i) => {
          inputs[e * 4 + i] = (value - encoding.inputMean[i]) / encoding.inputScale[i];
        });
        const raw = await ensemble.nets.forward(inputs, 1);
        state = state.map(
          (value, s) => value + raw[e * 4 + s] * encoding.targetScale[s] + encoding.targetMean[s],
        );
        for (let s = 0; s < 2; s++) {
          expect(Math.abs((states as Float32Array)[(e * 3 + t) * 2 + s] - state[s])).toBeLessThan(5e-4);
        }
      }
    }
    ensemble.dispose();
  });

  it('gives every candidate the same noise and every member its share of particles', async () => {
    const data = filled();
    const ensemble = make();
    await ensemble.fit(data);
    const rollout = (noiseIndex: number, propagation: 'ts-infinity' | 'ts1') =>
      ensemble.rollout({
        states: Float32Array.of(0.1, 0.2),
        goals: Float32Array.of(9),
        actions: Float32Array.of(0.3, 0.3, 0.3, 0.3),
        robots: 1,
        candidates: 2,
        horizon: 2,
        particles: 10,
        propagation,
        noiseIndex,
        wantStates: true,
      });
    const states = (await rollout(1, 'ts-infinity')).states as Float32Array;
    expect(states.slice(0, 40)).toEqual(states.slice(40));
    const rows = Array.from({ length: 10 }, (_, p) => states.slice(p * 4, p * 4 + 4).join());
    expect(new Set(rows).size).toBe(10);
    expect((await rollout(2, 'ts-infinity')).states).not.toEqual(states);
    expect((await rollout(1, 'ts1')).states).not.toEqual(states);
    ensemble.dispose();
  });

  it('doubts more where it has never been', async () => {
    const data = filled();
    const ensemble = make();
    await ensemble.fit(data);
    const spread = async (rate: number) => {
      const { states } = await ensemble.rollout({
        states: Float32Array.of(0, rate),
        goals: Float32Array.of(9),
        actions: Float32Array.of(0),
        robots: 1,
        candidates: 1,
        horizon: 1,
        particles: 5,
        propagation: 'ts-infinity',
        noiseIndex: undefined,
        wantStates: true,
      });
      const rates = [0, 1, 2, 3, 4].map((p) => (states as Float32Array)[p * 2 + 1]);
      return Math.max(...rates) - Math.min(...rates);
    };
    expect(await spread(15)).toBeGreaterThan(5 * (await spread(0)));
    ensemble.dispose();
  });

  it('continues from a checkpoint bit for bit', async () => {
    const data = filled();
    const ensemble = make();
    await ensemble.fit(data);
    const copy = make();
    copy.load(ensemble.save());
    await ensemble.fit(data);
    await copy.fit(data);
    expect(copy.save()).toEqual(ensemble.save());
    expect(() => make(1, { hidden: [16] }).load(ensemble.save())).toThrow(/shape/);
    ensemble.dispose();
    copy.dispose();
  });

  it('tells how far its imagination drifts along an episode', async () => {
    const data = filled();
    const ensemble = make();
    const before = await openLoopError(ensemble, data, [1, 5, 10], 1);
    await ensemble.fit(data);
    const after = await openLoopError(ensemble, data, [1, 5, 10], 1);
    expect(after.map(({ steps }) => steps)).toEqual([1, 5, 10]);
    expect(after[0].error).toBeLessThan(0.2);
    expect(after[0].error).toBeLessThan(after[2].error);
    expect(after[2].error).toBeLessThan(0.5 * before[2].error);
    ensemble.dispose();
  });

  it('bounds its log-variance softly on both sides', () => {
    expect(boundLogVariance(100, -8, 0.5)).toBeCloseTo(0.5, 3);
    expect(boundLogVariance(-100, -8, 0.5)).toBeCloseTo(-8, 3);
    expect(boundLogVariance(-4, -8, 0.5)).toBeGreaterThan(-4.1);
  });
});
