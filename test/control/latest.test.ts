import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { LatestSlot } from '#src/control/latest';

function pair(capacity: number) {
  const buffer = LatestSlot.allocate(capacity);
  return { write: new LatestSlot(buffer, 'write'), read: new LatestSlot(buffer, 'read') };
}
const values = (message: Float64Array | null) => (message ? Array.from(message) : null);

describe('a latest-wins slot', () => {
  it('delivers the newest message once', () => {
    const { write, read } = pair(3);
    expect(read.take()).toBeNull();
    write.put(0, [1, 2]);
    write.put(0, [3]);
    write.put(0, [4, 5, 6]);
    expect(values(read.take())).toEqual([4, 5, 6]);
    expect(read.take()).toBeNull();
    write.put(0, [7]);
    expect(values(read.take())).toEqual([7]);
  });

  it('drops everything of an older epoch, whether it waits or comes later', () => {
    const { write, read } = pair(3);
    write.put(4, [1]);
    read.begin(5);
    expect(read.take()).toBeNull();
    expect(write.put(4, [2])).toBe(false);
    expect(read.take()).toBeNull();
    expect(write.put(5, [3])).toBe(true);
    expect(values(read.take())).toEqual([3]);
  });

  it('refuses what does not fit', () => {
    expect(() => pair(2).write.put(0, [1, 2, 3])).toThrow(/3 values in a slot for 2/);
  });

  it('never shows a reader half a message while another thread writes', async () => {
    const size = 500;
    const messages = 20_000;
    const buffer = LatestSlot.allocate(size);
    const module = new URL('../../dist/src/control/latest.js', import.meta.url).href;
    const code = `
      const { workerData } = require('node:worker_threads');
      import(${JSON.stringify(module)}).then(({ LatestSlot }) => {
        const slot = new LatestSlot(workerData, 'write');
        const message = new Float64Array(${size});
        for (let n = 1; n <= ${messages}; n++) slot.put(0, message.fill(n));
      });`;
    const worker = new Worker(code, { eval: true, workerData: buffer });
    const read = new LatestSlot(buffer, 'read');
    let last = 0;
    let seen = 0;
    while (last < messages) {
      const message = read.take();
      if (message === null) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const [first] = message;
      if (message.some((value) => value !== first) || first <= last)
        throw new Error(`a torn or old message: ${first} after ${last}`);
      last = first;
      seen++;
    }
    expect(seen).toBeGreaterThan(0);
    await worker.terminate();
  });
});
