import { describe, expect, it } from 'vitest';
import { cut, Fragments } from '#src/hardware/rosbridge/fragments';
import { encodeCbor } from '#src/hardware/rosbridge/stand-in/cbor';
import { conform } from '#src/hardware/rosbridge/stand-in/message-types';

describe('fragments', () => {
  const whole = { op: 'publish', topic: '/t', msg: { data: 'x'.repeat(50) } };
  const pieces = () => cut(JSON.stringify(whole), 7, 'a').map((piece) => JSON.parse(piece));

  it('make their message again, in any order and doubled', () => {
    const fragments = new Fragments(1000);
    const all = pieces().reverse();
    expect(all.length).toBeGreaterThan(5);
    for (const piece of [...all.slice(0, -1), all[0], all[1]]) expect(fragments.take(piece)).toBeUndefined();
    expect(fragments.take(all.at(-1))).toEqual(whole);
  });

  it('of several messages do not mix', () => {
    const fragments = new Fragments(1000);
    const [a, b] = [pieces(), pieces().map((piece) => ({ ...piece, id: 'b' }))];
    let made = 0;
    a.forEach((piece, i) => {
      for (const each of [piece, b[i]]) if (fragments.take(each) !== undefined) made++;
    });
    expect(made).toBe(2);
  });

  it('pass what is none', () => {
    const fragments = new Fragments(10);
    for (const message of [null, 7, whole, []]) expect(fragments.take(message)).toBe(message);
  });

  it.each([
    ['no id', { id: undefined }],
    ['no data', { data: 7 }],
    ['a number beyond the total', { num: 3, total: 3 }],
    ['a negative number', { num: -1 }],
    ['a part of a number', { num: 0.5 }],
    ['more pieces than characters allowed', { total: 1001 }],
    ['data beyond the limit', { data: 'x'.repeat(1001) }],
    ['a fragment in a fragment', { num: 0, total: 1, data: '{"op":"fragment"}' }],
    ['no JSON', { num: 0, total: 1, data: '{' }],
  ])('that are nonsense are refused: %s', (_, wrong) => {
    const fragments = new Fragments(1000);
    expect(() =>
      fragments.take({ op: 'fragment', id: 'a', num: 0, total: 2, data: 'x', ...wrong }),
    ).toThrow();
  });

  it('of messages that are never whole make room for others', () => {
    const fragments = new Fragments(1000);
    const first = { op: 'fragment', id: 'first', num: 0, total: 2, data: '{"op":' };
    fragments.take(first);
    for (let i = 0; i < 8; i++) fragments.take({ ...first, id: `other ${i}` });
    // The first was given up, so its second half does not make it whole.
    expect(fragments.take({ ...first, num: 1, data: '"x"}' })).toBeUndefined();
    expect(fragments.take({ ...first, id: 'other 7', num: 1, data: '"x"}' })).toEqual({ op: 'x' });
  });
});

describe('CBOR', () => {
  // RFC 8949, appendix A; the last by RFC 8746.
  it.each([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [100, '1864'],
    [1000, '1903e8'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-100, '3863'],
    [1.1, 'fb3ff199999999999a'],
    [-4.1, 'fbc010666666666666'],
    [false, 'f4'],
    [true, 'f5'],
    [null, 'f6'],
    ['', '60'],
    ['IETF', '6449455446'],
    ['\u00fc', '62c3bc'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
    [Float64Array.of(1.5), 'd85648000000000000f83f'],
  ])('of %j is as published', (value, hex) => {
    expect(Buffer.from(encodeCbor(value)).toString('hex')).toBe(hex);
  });
});

describe('messages of a known type', () => {
  it('get the fields that were left out', () => {
    expect(
      conform('trajectory_msgs/msg/JointTrajectory', { joint_names: ['a'], points: [{ positions: [1] }] }),
    ).toEqual({
      header: { stamp: { sec: 0, nanosec: 0 }, frame_id: '' },
      joint_names: ['a'],
      points: [
        {
          ...{ positions: [1], velocities: [], accelerations: [], effort: [] },
          time_from_start: { sec: 0, nanosec: 0 },
        },
      ],
    });
  });

  it.each([
    [{ joint_name: [] }, 'does not have a field joint_name'],
    [{ joint_names: 'a' }, 'joint_names requires a list, but got string'],
    [{ points: [{ positions: [null] }] }, 'positions[0] requires a double, but got null'],
    [{ points: [{ time_from_start: 1 }] }, 'time_from_start requires a time'],
    [{ points: [{ time_from_start: { sec: 0.5 } }] }, 'a time in integers'],
    [7, 'requires an object'],
  ])('are refused where they are not of it: %j', (message, why) => {
    expect(() => conform('trajectory_msgs/JointTrajectory', message)).toThrow(why);
  });
});
