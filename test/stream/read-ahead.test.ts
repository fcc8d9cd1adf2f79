import { expect, test } from 'vitest';
import { ReadAhead } from '#src/stream/read-ahead';
import type { RecordedMessage } from '#src/stream/recording';
import { topics } from '#src/stream/wire';

/** A message each 10 ms; `read` counts how many were taken from the disk. */
function disk(count: number, { size = 1, failAt = Infinity } = {}) {
  const state = { read: 0 };
  async function* messages(): AsyncGenerator<RecordedMessage, void, void> {
    for (let i = 0; i < count; i++) {
      if (i >= failAt) throw new Error('damaged');
      state.read++;
      yield { topic: topics.step, time: 10 * i, sequence: i, data: new Uint8Array(size) };
    }
  }
  return { state, ahead: new ReadAhead({ messages }, 0) };
}

function taken(ahead: ReadAhead, due: number): number[] {
  const times: number[] = [];
  for (let message = ahead.take(due); message; message = ahead.take(due)) times.push(message.time);
  return times;
}

test('it reads one message further than asked, and gives away what is due, in order', async () => {
  const { state, ahead } = disk(100);
  expect(await ahead.read(() => 25)).toBe(true);
  expect(state.read).toBe(4);
  expect(await ahead.read(() => 25)).toBe(false);
  expect(taken(ahead, 15)).toEqual([0, 10]);
  expect(ahead.next?.time).toBe(20);
  await ahead.read(() => Infinity);
  expect(ahead.ended).toBe(true);
  expect(taken(ahead, Infinity)).toHaveLength(98);
  expect(ahead.next).toBeUndefined();
});

test('memory is bounded, and room in it is used again', async () => {
  const { state, ahead } = disk(100, { size: 1024 * 1024 });
  await ahead.read(() => Infinity);
  expect(state.read).toBe(17);
  taken(ahead, 90);
  await ahead.read(() => Infinity);
  expect(state.read).toBe(27);
});

test('who asks while it reads waits for the same messages', async () => {
  const { state, ahead } = disk(100);
  const asked = await Promise.all([ahead.read(() => 50), ahead.read(() => 500)]);
  expect(asked).toEqual([true, false]);
  expect(state.read).toBe(7);
});

test('what the disk gives after it was closed is not kept', async () => {
  const { ahead } = disk(100);
  await ahead.read(() => 10);
  const reading = ahead.read(() => 500);
  ahead.close();
  await reading;
  expect(ahead.next).toBeUndefined();
  expect(await ahead.read(() => 500)).toBe(false);
  expect(ahead.failure).toBeUndefined();
});

test('of a damaged recording what was read stays, and the damage is told', async () => {
  const { ahead } = disk(100, { failAt: 3 });
  await ahead.read(() => 500);
  expect(ahead.ended).toBe(true);
  expect(ahead.failure?.message).toBe('damaged');
  expect(taken(ahead, Infinity)).toEqual([0, 10, 20]);
});
