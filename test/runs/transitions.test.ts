import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { decodeTransitions, encodeTransitionHeader, encodeTransitions } from '#src/runs/transitions';

const transition = (observationSize: number, actionSize: number) => {
  const floats = (size: number) =>
    fc.array(fc.float(), { minLength: size, maxLength: size }).map((values) => Float32Array.from(values));
  return fc.record({
    observation: floats(observationSize),
    action: floats(actionSize),
    reward: fc.double(),
    next: floats(observationSize),
    terminated: fc.boolean(),
  });
};

describe('transitions.bin', () => {
  it('gives back every trial, bit for bit', () => {
    const trials = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }))
      .chain(([o, a]) =>
        fc.array(fc.array(transition(o, a), { minLength: 1, maxLength: 4 }), { minLength: 1 }),
      );
    fc.assert(
      fc.property(trials, (episodes) => {
        const { observation, action } = episodes[0][0];
        const bytes = Buffer.concat([
          encodeTransitionHeader(observation.length, action.length),
          ...episodes.map((episode, i) => encodeTransitions(i + 1, episode)),
        ]);
        expect(decodeTransitions(bytes, 'x')).toEqual(episodes.flat());
      }),
    );
  });

  const one = {
    observation: new Float32Array([1, 2]),
    action: new Float32Array([3]),
    reward: 0.1,
    next: new Float32Array([4, 5]),
    terminated: true,
  };
  const bytes = Buffer.concat([encodeTransitionHeader(2, 1), encodeTransitions(9, [one, one])]);

  it('describes itself: columns, types, episode and step', () => {
    const length = bytes.readUInt32LE(8);
    const header = JSON.parse(bytes.subarray(16, 16 + length).toString());
    expect(header).toEqual({
      format: 1,
      rowBytes: 4 + 4 + 8 + 4 + 8 + 8 + 1,
      columns: [
        { name: 'episode', dtype: 'u32', size: 1 },
        { name: 'step', dtype: 'u32', size: 1 },
        { name: 'observation', dtype: 'f32', size: 2 },
        { name: 'action', dtype: 'f32', size: 1 },
        { name: 'reward', dtype: 'f64', size: 1 },
        { name: 'next', dtype: 'f32', size: 2 },
        { name: 'terminated', dtype: 'u8', size: 1 },
      ],
    });
    // The second row, read by that description alone.
    const row = bytes.subarray(16 + length + 8 + header.rowBytes);
    expect([row.readUInt32LE(0), row.readUInt32LE(4), row.readFloatLE(16), row.readDoubleLE(20)]).toEqual([
      9, 2, 3, 0.1,
    ]);
  });

  it('is empty before the first trial', () => {
    expect(decodeTransitions(new Uint8Array(0), 'x')).toEqual([]);
  });

  it('shows every changed byte and every cut', () => {
    const frames = [0, encodeTransitionHeader(2, 1).length, bytes.length];
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      expect(() => decodeTransitions(changed, 'x'), `byte ${at}`).toThrow(InputError);
      if (!frames.includes(at)) {
        expect(() => decodeTransitions(bytes.subarray(0, at), 'x'), `cut at ${at}`).toThrow(InputError);
      }
    }
  });

  it('answers any bytes with transitions or an InputError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (tail, framed) => {
        const hostile = framed ? Buffer.concat([bytes, tail]) : tail;
        try {
          decodeTransitions(hostile, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
