import {
  type AdamOptions,
  type NetShape,
  type Nets,
  type OptimizerState,
  parameterCount,
  type RolloutRequest,
  type RolloutResult,
  type TrainingData,
} from '../core/engine.ts';
import { checkLength, checkRollout, checkShape } from './checks.ts';
import type { Arena, Block, Heap } from './heap.ts';
import { BLOCK, type Kernels, PANEL } from './kernel-exports.ts';
import { layoutOf, type NetLayout, pack, unpack } from './layout.ts';
import type { Pool } from './pool.ts';
import { FEATURE_BYTES, TARGET_BYTES, writeFeatures, writeTargets } from './tables.ts';

/** What the nets of one engine share. */
export interface Workshop {
  readonly heap: Heap;
  readonly pool: Pool;
  readonly kernels: Kernels;
  /** What the job in progress reads and writes. */
  readonly arena: Arena;
  /** Most panels of a rollout block. */
  readonly panels: number;
  /** Whether `setTask` was called: rollouts are scored. */
  scored: boolean;
}

/** Floating-point operations of one item of a training pass: about a millisecond, to balance threads by. */
const ITEM_WORK = 2e7;

export class WasmNets implements Nets {
  readonly shape: NetShape;
  readonly grain = PANEL;
  readonly #shop: Workshop;
  readonly #layout: NetLayout;
  readonly #count: number;
  readonly #blocks: readonly Block[];
  readonly #net: number;
  readonly #parameters: number;
  readonly #gradient: number;
  readonly #m: number;
  readonly #v: number;
  readonly #fixed: number;
  /** Counts changes of the parameters; which of them the fixed-point weights are of. */
  #version = 0;
  #fixedVersion = -1;
  #step = 0;
  #disposed = false;
  /** Jobs in progress or waiting that write parameters or moments. */
  #writing = 0;

  constructor(shape: NetShape, shop: Workshop) {
    checkShape(shape);
    this.shape = shape;
    this.#shop = shop;
    this.#layout = layoutOf(shape);
    this.#count = parameterCount(shape);
    const { heap } = shop;
    const bytes = shape.members * this.#layout.memberBytes;
    const descriptor = heap.allocate(this.#layout.descriptor.length, 'net descriptor');
    heap.u8.set(this.#layout.descriptor, descriptor.address);
    const numbers = ['parameters', 'gradient', 'first moments', 'second moments'].map((name) =>
      heap.allocate(bytes, name),
    );
    const fixed = heap.allocate(shape.members * Math.max(64, this.#layout.fixedBytes), 'fixed-point weights');
    this.#blocks = [descriptor, ...numbers, fixed];
    this.#fixed = fixed.address;
    this.#net = descriptor.address;
    [this.#parameters, this.#gradient, this.#m, this.#v] = numbers.map((block) => block.address);
  }

  getParameters(): Float32Array {
    this.#checkIdle();
    return this.#read(this.#parameters);
  }

  setParameters(parameters: Float32Array): void {
    this.#checkIdle();
    this.#write(parameters, this.#parameters, 'parameters');
    this.#version++;
  }

  getOptimizer(): OptimizerState {
    this.#checkIdle();
    return { m: this.#read(this.#m), v: this.#read(this.#v), step: this.#step };
  }

  setOptimizer(state: OptimizerState): void {
    this.#checkIdle();
    this.#write(state.m, this.#m, 'first moments');
    this.#write(state.v, this.#v, 'second moments');
    this.#step = state.step;
  }

  async forward(inputs: Float32Array, rows: number): Promise<Float32Array> {
    const { members, inputs: inWidth, outputs } = this.shape;
    const outWidth = 2 * outputs;
    checkLength(inputs, members * rows * inWidth, 'inputs [E, B, I]');
    return this.#exclusive(async () => {
      const { arena, pool, kernels } = this.#shop;
      const size = members * rows * outWidth;
      arena.begin([inputs.byteLength, size * 4]);
      const from = arena.put(inputs);
      const to = arena.take(size * 4);
      pool.reserve(kernels.forwardScratch(this.#net, blockPanels(rows)));
      await pool.run('forward', { ...this.#place(), inputs: from, outputs: to, rows, inWidth, outWidth });
      return this.#copy(to, size);
    });
  }

  async backward(
    inputs: Float32Array,
    outputGradient: Float32Array,
    rows: number,
  ): Promise<{ parameters: Float32Array; inputs: Float32Array }> {
    const { members, inputs: inWidth, outputs } = this.shape;
    const outWidth = 2 * outputs;
    checkLength(inputs, members * rows * inWidth, 'inputs [E, B, I]');
    checkLength(outputGradient, members * rows * outWidth, 'output gradient [E, B, 2·O]');
    return this.#exclusive(async () => {
      const { arena, pool, kernels } = this.#shop;
      arena.begin([inputs.byteLength, outputGradient.byteLength, inputs.byteLength]);
      const from = arena.put(inputs);
      const gradient = arena.put(outputGradient);
      const to = arena.take(inputs.byteLength);
      pool.reserve(kernels.backwardScratch(this.#net, blockPanels(rows)));
      await pool.run('backward', {
        ...this.#place(),
        ...{ gradient: this.#gradient, inputs: from, outputGradient: gradient, inputGradient: to },
        ...{ rows, inWidth, outWidth },
      });
      return { parameters: this.#read(this.#gradient), inputs: this.#copy(to, inputs.length) };
    });
  }

  async adam(gradient: Float32Array, options: AdamOptions): Promise<void> {
    checkLength(gradient, this.#count, 'gradient');
    this.#checkDecay(options);
    return this.#exclusiveWrite(async () => {
      const { arena, pool } = this.#shop;
      this.#write(gradient, this.#gradient, 'gradient');
      arena.begin(this.#adamSizes());
      await pool.run('adam', this.#adamPlace(options));
      this.#step++;
    });
  }

  async train(
    data: TrainingData,
    order: Uint32Array,
    steps: number,
    batch: number,
    options: AdamOptions,
  ): Promise<Float32Array> {
    const { members } = this.shape;
    const rows = this.#checkData(data);
    checkLength(order, members * steps * batch, 'order [E, steps · batch]');
    for (const row of order) if (row >= rows) throw new RangeError(`order names row ${row} of ${rows}`);
    this.#checkDecay(options);
    if (steps === 0 || batch === 0) return new Float32Array(members);
    return this.#exclusiveWrite(async () => {
      const { arena, pool, kernels, heap } = this.#shop;
      const blockRows = kernels.blockRows(batch);
      const blocks = Math.ceil(batch / blockRows);
      // Members go to threads whole, unless some threads would have none and a member has blocks to share.
      const split = Math.ceil((members * blocks) / pool.threads) < blocks;
      const partial = split ? (blocks - 1) * members * this.#layout.memberBytes : 0;
      arena.begin([
        ...[data.inputs.byteLength, data.targets.byteLength, order.byteLength, members * 4, members * 8],
        ...[members * blocks * 8, partial, ...this.#adamSizes()],
      ]);
      const adam = this.#adamPlace(options);
      const inputs = arena.put(data.inputs);
      const targets = arena.put(data.targets);
      const orders = arena.put(order);
      const progress = arena.zeros(members * 4);
      const losses = arena.zeros(members * 8);
      pool.reserve(kernels.backwardScratch(this.#net, Math.ceil(blockRows / PANEL)));
      const shared = { ...adam, inputs, targets, order: orders, steps, batch, losses };
      if (split) {
        const blockLosses = arena.take(members * blocks * 8);
        const partials = arena.zeros(partial);
        const parts = Math.ceil(pool.threads / members);
        const { outputs } = this.shape;
        await pool.run('trainBlocks', {
          ...{ ...shared, blocks, parts, outputs, partials, blockLosses, done: progress },
        });
      } else {
        const work = (6 * batch * this.#count) / members;
        const chunk = Math.max(1, Math.min(steps, Math.round(ITEM_WORK / work)));
        await pool.run('train', { ...shared, chunk, progress });
      }
      this.#step += steps;
      return Float32Array.from(heap.f64.subarray(losses / 8, losses / 8 + members), (loss) => loss / steps);
    });
  }

  async evaluate(data: TrainingData): Promise<Float32Array> {
    const { members, outputs } = this.shape;
    const rows = this.#checkData(data);
    return this.#exclusive(async () => {
      const { arena, pool, kernels, heap } = this.#shop;
      const blocks = Math.ceil(rows / BLOCK);
      arena.begin([data.inputs.byteLength, data.targets.byteLength, members * blocks * 8]);
      const inputs = arena.put(data.inputs);
      const targets = arena.put(data.targets);
      const sums = arena.take(members * blocks * 8);
      pool.reserve(kernels.forwardScratch(this.#net, blockPanels(rows)));
      await pool.run('evaluate', { ...this.#place(), inputs, targets, rows, sums });
      return Float32Array.from({ length: members }, (_, e) => {
        const from = sums / 8 + e * blocks;
        return heap.f64.subarray(from, from + blocks).reduce((a, b) => a + b, 0) / (rows * outputs);
      });
    });
  }

  async rollout(request: RolloutRequest): Promise<RolloutResult> {
    const { encoding, robots, candidates, horizon, particles } = request;
    const { stateSize, actionSize } = encoding;
    checkRollout(this.shape, request);
    return this.#exclusive(async () => {
      const { arena, pool, kernels, heap, scored } = this.#shop;
      if (!scored && !request.wantStates)
        throw new Error('a rollout without states needs a task: call setTask first');
      const rows = robots * candidates;
      const returnCount = rows * particles;
      const stateCount = request.wantStates ? returnCount * horizon * stateSize : 0;
      arena.begin([
        ...[72, encoding.features.length * FEATURE_BYTES, encoding.targets.length * TARGET_BYTES],
        ...[request.states, request.goals, request.actions, request.members, request.noise].map(
          (array) => array.byteLength,
        ),
        ...[returnCount * 4, stateCount * 4],
      ]);
      const at = arena.take(72);
      const features = arena.take(encoding.features.length * FEATURE_BYTES);
      const targets = arena.take(encoding.targets.length * TARGET_BYTES);
      writeFeatures(encoding, heap, features);
      writeTargets(encoding, heap, targets);
      const states = arena.put(request.states);
      const goals = arena.put(request.goals);
      const actions = arena.put(request.actions);
      const members = arena.put(request.members);
      const noise = arena.put(request.noise);
      const returns = arena.take(returnCount * 4);
      const trajectories = arena.take(stateCount * 4);
      heap.f32.fill(0, returns / 4, returns / 4 + returnCount);
      heap.i32.set(
        [
          ...[this.#net, this.#parameters, this.#layout.memberBytes, stateSize, actionSize],
          ...[features, encoding.features.length, targets, encoding.targets.length],
          ...[states, actions, rows, candidates, horizon, members, noise],
          ...[this.#fixed, this.#layout.fixedBytes],
        ],
        at / 4,
      );
      await this.#fix();
      const panels = Math.min(this.#shop.panels, Math.ceil(rows / PANEL));
      pool.reserve(kernels.rolloutScratch(at, panels));
      await pool.run('rollout', {
        ...{ request: at, rows, candidates, particles, horizon, stateSize, actionSize },
        ...{ goalSize: request.goals.length / robots, panels, goals, actions },
        ...{ returns: scored ? returns : 0, states: request.wantStates ? trajectories : 0 },
      });
      return {
        returns: this.#copy(returns, returnCount),
        states: request.wantStates ? this.#copy(trajectories, stateCount) : null,
      };
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const free = () => {
      for (const block of this.#blocks) this.#shop.heap.free(block);
    };
    void this.#shop.pool.exclusive(free).catch(() => {});
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#checkUsable();
    return this.#shop.pool.exclusive(work);
  }

  async #exclusiveWrite<T>(work: () => Promise<T>): Promise<T> {
    this.#writing++;
    try {
      return await this.#exclusive(() => {
        this.#version++;
        return work();
      });
    } finally {
      this.#writing--;
    }
  }

  /** What rollouts compute with; inside `exclusive`. */
  async #fix(): Promise<void> {
    const version = this.#version;
    if (this.#fixedVersion === version) return;
    const { fixedBytes } = this.#layout;
    await this.#shop.pool.run('fix', { ...this.#place(), fixed: this.#fixed, fixedBytes });
    this.#fixedVersion = version;
  }

  #checkUsable(): void {
    if (this.#disposed) throw new Error('these nets were disposed');
    this.#shop.pool.check();
  }

  #checkIdle(): void {
    this.#checkUsable();
    if (this.#writing > 0) throw new Error('these nets are being trained: await that first');
  }

  #place() {
    return {
      net: this.#net,
      parameters: this.#parameters,
      memberBytes: this.#layout.memberBytes,
      members: this.shape.members,
    };
  }

  #adamSizes(): number[] {
    return [4 * (5 + this.#layout.layers.length), 8 * 4];
  }

  /** Writes the options into the arena. */
  #adamPlace(options: AdamOptions) {
    const { learningRate, weightDecay, beta1, beta2, epsilon } = options;
    const { arena, heap } = this.#shop;
    const keep = weightDecay.map((decay) => 1 - learningRate * decay);
    const numbers = arena.put(Float32Array.of(beta1, 1 - beta1, beta2, 1 - beta2, epsilon, ...keep));
    const rates = arena.take(8 * 4);
    heap.f64.set([learningRate, beta1, beta2, this.#step], rates / 8);
    return {
      ...this.#place(),
      ...{ gradient: this.#gradient, m: this.#m, v: this.#v, options: numbers, rates },
    };
  }

  #copy(address: number, count: number): Float32Array {
    return this.#shop.heap.f32.slice(address / 4, address / 4 + count);
  }

  #read(address: number): Float32Array {
    const plain = new Float32Array(this.#count);
    unpack(this.#layout, this.shape.members, this.#shop.heap.f32, address / 4, plain);
    return plain;
  }

  #write(plain: Float32Array, address: number, name: string): void {
    checkLength(plain, this.#count, name);
    pack(this.#layout, this.shape.members, plain, this.#shop.heap.f32, address / 4);
  }

  #checkDecay({ weightDecay }: AdamOptions): void {
    const layers = this.#layout.layers.length;
    if (weightDecay.length !== layers)
      throw new RangeError(`weightDecay has ${weightDecay.length} entries for ${layers} layers`);
  }

  /** Number of rows. */
  #checkData({ inputs, targets }: TrainingData): number {
    const rows = inputs.length / this.shape.inputs;
    if (rows === 0) throw new RangeError('no rows of data');
    checkLength(inputs, Math.floor(rows) * this.shape.inputs, 'inputs [N, I]');
    checkLength(targets, rows * this.shape.outputs, 'targets [N, O]');
    return rows;
  }
}

/** Panels of the largest block of so many rows. */
function blockPanels(rows: number): number {
  return Math.ceil(Math.min(rows, BLOCK) / PANEL);
}
