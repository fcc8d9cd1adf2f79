import { type JobArguments, readJob, readJobKind, SPINS, WORD } from './control.ts';
import { BLOCK, type Kernels, PANEL } from './kernel-exports.ts';
import { firstRow } from './panels.ts';
import { type WasmMemory, type WasmModule, wasm } from './platform.ts';
import type { Scorer } from './scorer.ts';

export async function instantiate(module: WasmModule, memory: WasmMemory): Promise<Kernels> {
  return (await wasm.instantiate(module, { env: { memory } })).exports as unknown as Kernels;
}

/**
 * One thread's hands: takes items of the current job until none is left. Which thread takes an item changes no bits.
 * Items of a training pass are (chunk of steps, member), chunk by chunk, so that a member's next chunk can go to any
 * thread as soon as its last is done.
 */
export class Executor {
  scorer: Scorer | undefined;
  readonly #kernels: Kernels;
  readonly #memory: WasmMemory;
  readonly #index: number;
  #words!: Int32Array;
  #f32!: Float32Array;
  #f64!: Float64Array;
  #scratch = 0;
  #scratchBytes = 0;

  constructor(kernels: Kernels, memory: WasmMemory, index: number) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#index = index;
    this.#view();
  }

  #view(): void {
    const { buffer } = this.#memory;
    this.#words = new Int32Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
  }

  run(): void {
    if (this.#words.length * 4 !== this.#memory.buffer.byteLength) this.#view();
    const words = this.#words;
    this.#scratch = words[WORD.scratch + 2 * this.#index];
    this.#scratchBytes = words[WORD.scratch + 2 * this.#index + 1];
    const kind = readJobKind(words);
    switch (kind) {
      case 'forward':
        this.#forward(readJob(words, kind));
        break;
      case 'backward':
        this.#backward(readJob(words, kind));
        break;
      case 'adam':
        this.#adam(readJob(words, kind));
        break;
      case 'train':
        this.#train(readJob(words, kind));
        break;
      case 'trainBlocks':
        this.#trainBlocks(readJob(words, kind));
        break;
      case 'fix':
        this.#fix(readJob(words, kind));
        break;
      case 'evaluate':
        this.#evaluate(readJob(words, kind));
        break;
      case 'rollout':
        this.#rollout(readJob(words, kind));
        break;
      case 'peak':
        this.#peak(readJob(words, kind));
        break;
    }
  }

  /** The next item, or −1. */
  #take(count: number): number {
    if (Atomics.load(this.#words, WORD.failed) !== 0) return -1;
    const item = Atomics.add(this.#words, WORD.next, 1);
    return item < count ? item : -1;
  }

  #forward(job: JobArguments<'forward'>): void {
    const blocks = Math.ceil(job.rows / BLOCK);
    for (let item = this.#take(job.members * blocks); item >= 0; item = this.#take(job.members * blocks)) {
      const member = Math.floor(item / blocks);
      const first = (item % blocks) * BLOCK;
      this.#kernels.forward(
        job.net,
        job.parameters + member * job.memberBytes,
        this.#scratch,
        this.#scratchBytes,
        job.inputs + member * job.rows * job.inWidth * 4,
        job.outputs + member * job.rows * job.outWidth * 4,
        first,
        Math.min(BLOCK, job.rows - first),
      );
    }
  }

  #backward(job: JobArguments<'backward'>): void {
    for (let member = this.#take(job.members); member >= 0; member = this.#take(job.members)) {
      this.#kernels.backward(
        job.net,
        job.parameters + member * job.memberBytes,
        job.gradient + member * job.memberBytes,
        this.#scratch,
        this.#scratchBytes,
        job.inputs + member * job.rows * job.inWidth * 4,
        job.outputGradient + member * job.rows * job.outWidth * 4,
        job.inputGradient + member * job.rows * job.inWidth * 4,
        job.rows,
      );
    }
  }

  #adam(job: JobArguments<'adam'>): void {
    for (let member = this.#take(job.members); member >= 0; member = this.#take(job.members)) {
      const at = member * job.memberBytes;
      const [rate, correction] = this.#corrections(job.rates, 1);
      this.#kernels.adamStep(
        ...([job.net, job.parameters + at, job.gradient + at, job.m + at, job.v + at] as const),
        ...([job.options, rate, correction, 0, 1] as const),
      );
    }
  }

  /** learningRate / (1 − β1^t) and 1 / √(1 − β2^t) at the `step`-th step of this job, from 1. */
  #corrections(rates: number, step: number): [number, number] {
    const [rate, beta1, beta2, before] = this.#f64.subarray(rates / 8, rates / 8 + 4);
    const t = before + step;
    return [rate / (1 - beta1 ** t), 1 / Math.sqrt(1 - beta2 ** t)];
  }

  #train(job: JobArguments<'train'>): void {
    const { members, steps, batch, chunk } = job;
    const words = this.#words;
    const items = members * Math.ceil(steps / chunk);
    for (let item = this.#take(items); item >= 0; item = this.#take(items)) {
      const member = item % members;
      const round = Math.floor(item / members);
      const progress = job.progress / 4 + member;
      if (!this.#reached(progress, round)) return;
      const at = member * job.memberBytes;
      let loss = this.#f64[job.losses / 8 + member];
      for (let step = round * chunk; step < Math.min(steps, (round + 1) * chunk); step++) {
        const [rate, correction] = this.#corrections(job.rates, step + 1);
        loss += this.#kernels.trainStep(
          ...([job.net, job.parameters + at, job.gradient + at, job.m + at, job.v + at] as const),
          ...([this.#scratch, this.#scratchBytes, job.inputs, job.targets] as const),
          ...([
            job.order + (member * steps + step) * batch * 4,
            batch,
            job.options,
            rate,
            correction,
          ] as const),
        );
      }
      this.#f64[job.losses / 8 + member] = loss;
      Atomics.store(words, progress, round + 1);
      Atomics.notify(words, progress);
    }
  }

  #trainBlocks(job: JobArguments<'trainBlocks'>): void {
    const { members, steps, batch, blocks, parts } = job;
    const words = this.#words;
    const perStep = blocks + parts;
    const items = steps * members * perStep;
    const lossScale = batch * job.outputs;
    const stride = members * job.memberBytes;
    for (let item = this.#take(items); item >= 0; item = this.#take(items)) {
      const step = Math.floor(item / (members * perStep));
      const within = item % (members * perStep);
      const isBlock = within < members * blocks;
      const member = within % members;
      const at = member * job.memberBytes;
      const index = Math.floor(within / members);
      const done = job.done / 4 + member;
      const lossAt = job.blockLosses / 8 + member * blocks;
      if (!this.#reached(done, step * perStep + (isBlock ? 0 : blocks))) return;
      if (isBlock) {
        this.#f64[lossAt + index] = this.#kernels.blockGradient(
          ...([job.net, job.parameters + at] as const),
          index === 0 ? job.gradient + at : job.partials + (index - 1) * stride + at,
          ...([this.#scratch, this.#scratchBytes, job.inputs, job.targets] as const),
          ...([job.order + (member * steps + step) * batch * 4, batch, index, 0] as const),
        );
      } else {
        const part = index - blocks;
        const gradient = job.gradient + at;
        // In the blocks' order, as where one thread takes them all.
        for (let block = 1; block < blocks; block++)
          this.#kernels.addGradient(job.net, gradient, job.partials + (block - 1) * stride + at, part, parts);
        const [rate, correction] = this.#corrections(job.rates, step + 1);
        this.#kernels.adamStep(
          ...([job.net, job.parameters + at, gradient, job.m + at, job.v + at] as const),
          ...([job.options, rate, correction, part, parts] as const),
        );
        if (part === 0) {
          let loss = 0;
          for (let block = 0; block < blocks; block++) loss += this.#f64[lossAt + block];
          this.#f64[job.losses / 8 + member] += loss / lossScale;
        }
      }
      Atomics.add(words, done, 1);
      Atomics.notify(words, done);
    }
  }

  /** Waits until a word has grown to `value`; false when the job has failed meanwhile. */
  #reached(index: number, value: number): boolean {
    const words = this.#words;
    for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(words, index) >= value) return true;
    for (let now = Atomics.load(words, index); now < value; now = Atomics.load(words, index)) {
      if (Atomics.load(words, WORD.failed) !== 0) return false;
      Atomics.wait(words, index, now, 100);
    }
    return true;
  }

  #fix(job: JobArguments<'fix'>): void {
    for (let member = this.#take(job.members); member >= 0; member = this.#take(job.members)) {
      this.#kernels.fixWeights(
        job.net,
        job.parameters + member * job.memberBytes,
        job.fixed + member * job.fixedBytes,
      );
    }
  }

  #evaluate(job: JobArguments<'evaluate'>): void {
    const blocks = Math.ceil(job.rows / BLOCK);
    for (let item = this.#take(job.members * blocks); item >= 0; item = this.#take(job.members * blocks)) {
      const first = (item % blocks) * BLOCK;
      this.#f64[job.sums / 8 + item] = this.#kernels.evaluate(
        job.net,
        job.parameters + Math.floor(item / blocks) * job.memberBytes,
        this.#scratch,
        this.#scratchBytes,
        job.inputs,
        job.targets,
        first,
        Math.min(BLOCK, job.rows - first),
      );
    }
  }

  // Items are panels of 12 rows, the last one or two of 8, particle by particle. A thread takes several at once, fewer
  // towards the end, so that all finish together.
  #rollout(job: JobArguments<'rollout'>): void {
    const words = this.#words;
    const perParticle = Math.ceil(job.rows / PANEL);
    const total = perParticle * job.particles;
    const threads = words[WORD.threads];
    for (;;) {
      if (Atomics.load(words, WORD.failed) !== 0) return;
      const first = Atomics.load(words, WORD.next);
      if (first >= total) return;
      const fair = Math.ceil((total - first) / (2 * threads));
      const panels = Math.min(job.panels, fair, perParticle - (first % perParticle));
      if (Atomics.compareExchange(words, WORD.next, first, first + panels) !== first) continue;
      this.#rolloutBlock(job, Math.floor(first / perParticle), first % perParticle, panels);
    }
  }

  #rolloutBlock(job: JobArguments<'rollout'>, particle: number, firstPanel: number, panels: number): void {
    this.#kernels.rolloutBlock(job.request, this.#scratch, this.#scratchBytes, particle, firstPanel, panels);
    for (let panel = 0; panel < panels; panel++) {
      const first = firstRow(job.rows, firstPanel + panel);
      const end = Math.min(job.rows, firstRow(job.rows, firstPanel + panel + 1));
      const start = this.#scratch / 4 + panel * (job.horizon + 1) * job.stateSize * PANEL;
      if (job.states !== 0) this.#copyStates(job, start, first, end, particle);
      if (job.returns !== 0) this.scorer?.score(this.#f32, job, start, first, end, particle);
    }
  }

  /** From a panel's trajectory [H + 1][S][12] to [R · N, P, H, S]. */
  #copyStates(
    job: JobArguments<'rollout'>,
    start: number,
    first: number,
    end: number,
    particle: number,
  ): void {
    const f32 = this.#f32;
    const size = job.horizon * job.stateSize;
    for (let row = first; row < end; row++) {
      let from = start + job.stateSize * PANEL + row - first;
      let to = job.states / 4 + (row * job.particles + particle) * size;
      for (let i = 0; i < size; i++, from += PANEL) f32[to++] = f32[from];
    }
  }

  #peak(job: JobArguments<'peak'>): void {
    while (this.#take(job.items) >= 0) {
      if (job.fixed === 0) this.#kernels.peak(job.rounds, 1);
      else this.#kernels.fixedPeak(job.rounds, 0);
    }
  }
}
