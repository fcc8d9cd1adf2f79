import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError, parseClientFrame } from '#src/stream/frames';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('bytes of any kind are read or refused with a ProtocolError, never anything else', () => {
  const check = (data: Uint8Array, binary: boolean) => {
    try {
      parseClientFrame(data, binary);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), check), { seed: 1, numRuns: 2000 });
  // Bodies that look right at first: an opcode that is known, an op that is known.
  fc.assert(
    fc.property(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 }), (opcode, rest) =>
      check(Uint8Array.of(opcode, ...rest), true),
    ),
    { seed: 2, numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.constantFrom('subscribe', 'unsubscribe', 'advertise'), fc.jsonValue(), (op, value) =>
      check(encode({ op, subscriptions: value, subscriptionIds: value }), false),
    ),
    { seed: 3, numRuns: 2000 },
  );
});

test('a view into a larger buffer is read from its own beginning', () => {
  const whole = new Uint8Array(64);
  const view = new DataView(whole.buffer);
  whole[10] = 2;
  view.setUint32(11, 7, true);
  view.setUint32(15, 8, true);
  view.setUint32(19, 4, true);
  whole.set(new TextEncoder().encode('json{}'), 23);
  const frame = parseClientFrame(whole.subarray(10, 29), true);
  expect(frame).toMatchObject({ op: 'serviceRequest', service: 7, call: 8, encoding: 'json' });
});

test.each([
  [{ op: 'subscribe' }],
  [{ op: 'subscribe', subscriptions: [{ id: -1, channelId: 1 }] }],
  [{ op: 'subscribe', subscriptions: [{ id: 1.5, channelId: 1 }] }],
  [{ op: 'subscribe', subscriptions: [null] }],
  [{ op: 'unsubscribe', subscriptionIds: ['1'] }],
  [{ op: 'setParameters' }],
  [[]],
  [null],
])('%j is refused', (message) => {
  expect(() => parseClientFrame(encode(message), false)).toThrow(ProtocolError);
});
