import { describe, expect, it } from 'vitest';
import type { Transition } from '#src/core/agent';
import { channel, layoutOf } from '#src/core/channel';
import { Random } from '#src/core/random';
import { Dataset } from '#src/model/dataset';
import { encode, fittedEncoding, plainEncoding } from '#src/model/encoding';

const layout = layoutOf([
  channel('x', 'm'),
  channel('goal', 'm', { kind: 'goal', size: 2 }),
  channel('turn', 'rad', { kind: 'angle' }),
  channel('speed', 'm/s', { target: 'absolute' }),
  channel('still', 'm'),
]);

function episode(length: number, seed: number): Transition[] {
  const random = new Random(seed, 'episode');
  let observation = Float32Array.of(random.normal(), 5, 6, random.normal(), random.normal(), 3);
  return Array.from({ length }, () => {
    const next = observation.slice();
    next[0] += 0.01 * random.normal(2);
    next[3] += random.normal(0, 4);
    next[4] = random.normal(7, 2);
    const transition = {
      observation,
      action: Float32Array.of(random.normal(0, 3)),
      reward: 0,
      next,
      terminated: false,
    };
    observation = next;
    return transition;
  });
}

function filled(): Dataset {
  const data = new Dataset(layout, 1);
  data.add(episode(300, 1), true);
  data.add(episode(120, 3), true);
  data.dropEpisode();
  const second = episode(200, 2);
  data.add(second.slice(0, 50), true);
  data.add(second.slice(50), false);
  return data;
}

const allRows = (data: Dataset) => Uint32Array.from({ length: data.size }, (_, i) => i);

describe('dataset', () => {
  it('keeps states without goals, actions and next states in order, and where episodes begin', () => {
    const data = filled();
    const second = episode(200, 2);
    expect(data.size).toBe(500);
    expect(data.episodes).toEqual([
      { start: 0, length: 300 },
      { start: 300, length: 200 },
    ]);
    const { observation, action, next } = second[17];
    expect(Array.from(data.states.subarray(317 * 4, 318 * 4))).toEqual(
      [0, 3, 4, 5].map((i) => observation[i]),
    );
    expect(Array.from(data.nexts.subarray(317 * 4, 318 * 4))).toEqual([0, 3, 4, 5].map((i) => next[i]));
    expect(data.actions[317]).toBe(action[0]);
  });
});

describe('encoding', () => {
  it('shows the network sine and cosine of an angle, nothing of a goal, and the action', () => {
    expect(plainEncoding(layout, 1).features).toEqual([
      { kind: 'value', index: 0 },
      { kind: 'sine', index: 1 },
      { kind: 'cosine', index: 1 },
      { kind: 'value', index: 2 },
      { kind: 'value', index: 3 },
      { kind: 'value', index: 4 },
    ]);
  });

  it('normalises inputs and targets to mean 0 and spread 1; constant inputs are left alone, constant targets hardly move', () => {
    const data = filled();
    const encoding = fittedEncoding(plainEncoding(layout, 1), data);
    const { inputs, targets } = encode(encoding, data, allRows(data));
    const check = (values: Float32Array, columns: number, constant: number[]) => {
      for (let c = 0; c < columns; c++) {
        const column = Array.from({ length: data.size }, (_, n) => values[n * columns + c]);
        const mean = column.reduce((sum, v) => sum + v, 0) / column.length;
        const spread = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / column.length);
        expect(Math.abs(mean)).toBeLessThan(1e-4);
        if (constant.includes(c)) expect(spread).toBe(0);
        else expect(Math.abs(spread - 1)).toBeLessThan(1e-4);
      }
    };
    check(inputs, 6, [4]);
    check(targets, 4, [3]);
    expect(encoding.inputScale[4]).toBe(1);
    expect(encoding.targetScale[3]).toBe(Math.fround(1e-5));
  });

  it('turns targets back into the next state, also for an angle that turned many times', () => {
    const data = filled();
    const encoding = fittedEncoding(plainEncoding(layout, 1), data);
    const { targets } = encode(encoding, data, allRows(data));
    for (let n = 0; n < data.size; n++) {
      encoding.targets.forEach(({ index, kind }, o) => {
        const change = targets[n * 4 + o] * encoding.targetScale[o] + encoding.targetMean[o];
        const next = kind === 'delta' ? data.states[n * 4 + index] + change : change;
        expect(Math.abs(next - data.nexts[n * 4 + index])).toBeLessThan(2e-4);
      });
    }
  });
});
