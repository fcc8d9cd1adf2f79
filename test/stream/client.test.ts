import { expect, test } from 'vitest';
import { Client, type ClientSocket, type Frame } from '#src/stream/client';

/** A socket whose other end reads when told to. */
class StuckSocket implements ClientSocket {
  bufferedAmount = 0;
  sent: (string | Uint8Array)[] = [];
  closed: number | undefined;
  terminated = false;
  send(data: string | Uint8Array): void {
    this.sent.push(data);
    this.bufferedAmount += data.length;
  }
  close(code: number): void {
    this.closed = code;
  }
  terminate(): void {
    this.terminated = true;
  }
  drain(): void {
    this.bufferedAmount = 0;
    this.sent = [];
  }
}

const STATE = 1;
const EVENT = 2;

function frame(channel: number, value: number, size = 50_000): Frame {
  const payload = new Uint8Array(size);
  new DataView(payload.buffer).setUint32(0, value);
  return { channel, kind: channel === STATE ? 'state' : 'event', time: 0n, payload };
}

/** Values of the frames that were sent. */
function values(socket: StuckSocket, subscription: number): number[] {
  return socket.sent
    .filter((data) => data instanceof Uint8Array)
    .map((data) => new DataView(data.buffer))
    .filter((view) => view.getUint32(1, true) === subscription)
    .map((view) => view.getUint32(13));
}

function stuckClient() {
  const socket = new StuckSocket();
  const client = new Client(socket);
  client.subscribe(10, STATE);
  client.subscribe(20, EVENT);
  return { socket, client };
}

test('a slow client gets the newest state when it reads again, and drops are counted', () => {
  const { socket, client } = stuckClient();
  for (let i = 0; i < 100; i++) client.deliver(frame(STATE, i));
  expect(values(socket, 10)).toEqual([0, 1, 2]);
  socket.drain();
  client.flush();
  expect(values(socket, 10)).toEqual([99]);
  expect(client.dropped).toBe(96);
});

test('events wait in order, the oldest beyond the bound are dropped', () => {
  const { socket, client } = stuckClient();
  for (let i = 0; i < 1000; i++) client.deliver(frame(EVENT, i, 60_000));
  expect(client.dropped).toBe(1000 - 3 - 512);
  const got: number[] = [];
  for (let i = 0; i < 1000; i++) {
    socket.drain();
    client.flush();
    got.push(...values(socket, 20));
  }
  expect(got).toEqual(Array.from({ length: 512 }, (_, i) => 488 + i));
});

test('what waits never exceeds its bound however long a client sleeps', () => {
  const { socket, client } = stuckClient();
  for (let i = 0; i < 20_000; i++) {
    client.deliver(frame(STATE, i, 2000));
    client.deliver(frame(EVENT, i, 2000));
  }
  expect(socket.bufferedAmount).toBeLessThan(200_000);
});

test('a client is not sent what it did not subscribe to, or left', () => {
  const { socket, client } = stuckClient();
  expect(client.subscribe(30, STATE)).toBe(false);
  expect(client.subscribe(10, 3)).toBe(false);
  expect(client.unsubscribe(10)).toBe(true);
  expect(client.unsubscribe(10)).toBe(false);
  client.deliver(frame(STATE, 1));
  expect(socket.sent).toEqual([]);
});

test('a client that keeps asking without reading is cut off', () => {
  const { socket, client } = stuckClient();
  for (let i = 0; i < 6000; i++) client.reply({ text: 'x'.repeat(1000) });
  expect(socket.terminated).toBe(true);
  expect(socket.bufferedAmount).toBeLessThan(5_000_000);
});

test('bad frames are answered, too many close the connection', () => {
  const { socket, client } = stuckClient();
  for (let i = 0; i < 20; i++) client.complain('no');
  expect(socket.closed).toBeUndefined();
  client.complain('no');
  expect(socket.closed).toBe(1008);
});
