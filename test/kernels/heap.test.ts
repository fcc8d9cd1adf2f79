import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena, Heap } from '#src/kernels/heap';

const PAGE = 65536;
// What the heap needs of a WebAssembly.Memory, which TypeScript knows only together with a browser's types.
interface Memory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (d: object) => Memory } })
  .WebAssembly;
const heapOf = (pages = 1) => new Heap(new Memory({ initial: pages, maximum: 32768, shared: true }), 4096);

test('a write past the end of a block is noticed and the block named', () => {
  const heap = heapOf();
  heap.allocate(100, 'a neighbour');
  const block = heap.allocate(1000, 'gradients of the test');
  heap.allocate(100, 'another');
  heap.f32.fill(1, block.address / 4, (block.address + block.bytes) / 4);
  heap.check();
  heap.f32[Math.ceil((block.address + block.bytes) / 64) * 16] = 1;
  expect(() => heap.check()).toThrow('a kernel wrote past the end of gradients of the test (1000 bytes)');
});

test('blocks are aligned, apart, inside the memory, and start as zeros, whatever was freed before', () => {
  const step = fc.record({ bytes: fc.integer({ min: 0, max: 3 * PAGE }), free: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const heap = heapOf();
      const live: ReturnType<Heap['allocate']>[] = [];
      for (const { bytes, free } of steps) {
        if (free % 3 === 0 && live.length > 0) {
          heap.free(live.splice(free % live.length, 1)[0]);
        } else {
          const block = heap.allocate(bytes, 'block');
          expect(block.address % 64).toBe(0);
          const words = heap.f32.subarray(block.address / 4, Math.floor((block.address + bytes) / 4));
          expect(words.every((word) => word === 0)).toBe(true);
          words.fill(7);
          live.push(block);
        }
        heap.check();
        const sorted = live.toSorted((a, b) => a.address - b.address);
        for (const [i, block] of sorted.entries()) {
          const end = block.address + block.bytes;
          expect(end).toBeLessThanOrEqual(sorted[i + 1]?.address ?? heap.u8.length);
        }
      }
      for (const block of live) heap.free(block);
      expect(heap.used).toBe(0);
      // Everything freed is one gap again.
      const room = heap.u8.length - 4096 - 64;
      expect(heap.allocate(room, 'all').address).toBe(4096);
      expect(heap.u8.length - 4096 - 64).toBe(room);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('more than 2 GiB is refused with the name of what needed it', () => {
  const heap = heapOf();
  expect(() => heap.allocate(2 ** 31, 'a very wide net')).toThrow('a very wide net needs');
});

test('a block cannot be freed twice', () => {
  const heap = heapOf();
  const block = heap.allocate(10, 'once');
  heap.free(block);
  expect(() => heap.free(block)).toThrow('once is not allocated');
});

test('an arena keeps its largest size and refuses more than was announced', () => {
  const heap = heapOf();
  const arena = new Arena(heap, 'job data');
  arena.begin([1000, 2000]);
  const used = heap.used;
  arena.begin([10, 20]);
  expect(heap.used).toBe(used);
  const first = arena.put(Float32Array.of(1, 2, 3));
  const second = arena.put(Uint8Array.of(4, 5));
  expect(Array.from(heap.f32.subarray(first / 4, first / 4 + 3))).toEqual([1, 2, 3]);
  expect(Array.from(heap.u8.subarray(second, second + 2))).toEqual([4, 5]);
  expect(() => arena.take(4000)).toThrow('job data: more taken than announced');
});
