import { expect, test } from 'vitest';
import { buildFile } from '#src/kernels/builds';
import { HEAP_START } from '#src/kernels/control';
import { instantiate } from '#src/kernels/executor';
import { Heap } from '#src/kernels/heap';
import { layoutOf } from '#src/kernels/layout';
import { MAXIMUM_PAGES, wasm } from '#src/kernels/platform';
import { threads } from '#src/kernels/threads.node';
import { swishNet } from './make.ts';

test('kernels that are given too little scratch trap instead of writing past it', async () => {
  const module = await wasm.compile(await threads.readBuild(buildFile('simd', false)));
  const memory = new wasm.Memory({ initial: 2, maximum: MAXIMUM_PAGES, shared: false });
  const kernels = await instantiate(module, memory);
  kernels.initialize();
  const heap = new Heap(memory, HEAP_START);
  const layout = layoutOf(swishNet);
  const place = (bytes: number) => heap.allocate(bytes, 'block').address;
  const net = place(layout.descriptor.length);
  heap.u8.set(layout.descriptor, net);
  const [parameters, gradient, data, deltas, out] = [1, 2, 3, 4, 5].map(() => place(8192));
  const forwardBytes = kernels.forwardScratch(net, 2);
  const backwardBytes = kernels.backwardScratch(net, 2);
  const one = place(forwardBytes);
  const two = place(backwardBytes);
  const rows = 24;
  const forward = (bytes: number) => kernels.forward(net, parameters, one, bytes, data, out, 0, rows);
  const backward = (bytes: number) =>
    kernels.backward(net, parameters, gradient, two, bytes, data, deltas, out, rows);
  forward(forwardBytes);
  backward(backwardBytes);
  // What the sizes promise is enough: nothing behind the blocks has changed.
  heap.check();
  expect(() => forward(forwardBytes - 1)).toThrow('unreachable');
  expect(() => backward(backwardBytes - 1)).toThrow('unreachable');
  expect(() => kernels.evaluate(net, parameters, one, 100, data, deltas, 0, rows)).toThrow('unreachable');
});
