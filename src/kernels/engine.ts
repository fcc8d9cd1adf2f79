import { threads as port } from '#kernels/threads';
import type { Engine, NetShape } from '../core/engine.ts';
import { InputError } from '../core/errors.ts';
import type { TaskReference } from '../core/task.ts';
import { type BuildName, buildFile, type EngineBuilds, supportsRelaxedSimd, supportsSimd } from './builds.ts';
import { HEAP_START, MAXIMUM_THREADS } from './control.ts';
import { Executor, instantiate } from './executor.ts';
import { Arena, Heap } from './heap.ts';
import type { Kernels } from './kernel-exports.ts';
import { WasmNets, type Workshop } from './nets.ts';
import { MAXIMUM_PAGES, wasm } from './platform.ts';
import { Pool } from './pool.ts';

export interface WasmEngineOptions {
  /** Worker threads. The result's bits do not depend on them. */
  readonly threads: number;
  /**
   * `fast`: fused multiply-add where the machine has it. `portable`: plain SIMD, the same bits on every machine.
   */
  readonly numerics: 'fast' | 'portable';
  /** Most panels of 12 rows that pass through a rollout together; changes speed, never bits. */
  readonly rolloutPanels?: number;
  /** Compute on the calling thread, as pages do that may not share memory. */
  readonly inline?: boolean;
}

const ROLLOUT_PANELS = 4;

/** Grows when the same build computes other bits than before. */
const REVISION = 3;

/** What of the kernels this machine can run. */
export function engineBuilds(): EngineBuilds {
  if (!supportsRelaxedSimd()) port.enableRelaxedSimd();
  return {
    simd: supportsSimd(),
    relaxedSimd: supportsRelaxedSimd(),
    sharedMemory: port.start !== undefined,
  };
}

/** The compute core: WebAssembly SIMD kernels on worker threads. */
export async function createWasmEngine(options: WasmEngineOptions): Promise<WasmEngine> {
  const { threads, numerics } = options;
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > MAXIMUM_THREADS)
    throw new InputError(`threads is ${threads}, give a whole number from 1 to ${MAXIMUM_THREADS}`);
  const builds = engineBuilds();
  if (!builds.simd) throw new InputError('this JavaScript engine has no WebAssembly SIMD; use --engine tfjs');
  const shared = builds.sharedMemory && options.inline !== true;
  const build: BuildName = numerics === 'fast' && builds.relaxedSimd ? 'relaxed' : 'simd';
  const module = await wasm.compile(await port.readBuild(buildFile(build, shared)));
  const memory = new wasm.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared });
  const kernels = await instantiate(module, memory);
  kernels.initialize();
  const heap = new Heap(memory, HEAP_START);
  const start = port.start;
  const runners =
    shared && start !== undefined
      ? Array.from({ length: threads }, (_, index) => start({ module, memory, index }))
      : new Executor(kernels, memory, 0);
  const pool = new Pool(heap, runners);
  await pool.ready();
  return new WasmEngine(build, kernels, heap, pool, options.rolloutPanels ?? ROLLOUT_PANELS);
}

export class WasmEngine implements Engine {
  readonly name = 'wasm';
  readonly description: string;
  readonly numerics: string;
  readonly #shop: Workshop;

  constructor(build: BuildName, kernels: Kernels, heap: Heap, pool: Pool, panels: number) {
    // Relaxed multiply-add without hardware for it is a multiplication and an addition: the plain build's bits.
    const fused = build === 'relaxed' && kernels.fuses(1 + 2 ** -12) !== 0;
    this.numerics = `${fused ? 'wasm-relaxed-fma' : 'wasm-simd'}-${REVISION}`;
    const threads = pool.threads === 1 ? '1 thread' : `${pool.threads} threads`;
    this.description = `wasm, ${fused ? 'relaxed-simd FMA' : 'plain simd'}, ${threads}`;
    this.#shop = { heap, pool, kernels, arena: new Arena(heap, 'job data'), panels, scored: false };
  }

  /** Bytes of kernel memory in use. */
  get memoryUsed(): number {
    return this.#shop.heap.used;
  }

  createNets(shape: NetShape): WasmNets {
    this.#shop.pool.check();
    return new WasmNets(shape, this.#shop);
  }

  setTask(task: TaskReference): Promise<void> {
    return this.#shop.pool.exclusive(async () => {
      this.#shop.scored = false;
      await this.#shop.pool.setTask(task);
      this.#shop.scored = true;
    });
  }

  /**
   * Multiply-adds in registers on every thread, GFLOP/s: what the machine could do with vectors of 128 bits if nothing
   * but arithmetic took time. In fixed point: sums of 16-bit products, of which a vector holds twice as many.
   */
  async measurePeak(milliseconds = 20, arithmetic: 'float' | 'fixed' = 'float'): Promise<number> {
    const { pool } = this.#shop;
    return pool.exclusive(async () => {
      const fixed = arithmetic === 'fixed' ? 1 : 0;
      const flops = 48 * 8 * (1 + fixed);
      const timed = async (rounds: number) => {
        const begin = performance.now();
        await pool.run('peak', { rounds, items: pool.threads, fixed });
        return performance.now() - begin;
      };
      let rounds = 20_000;
      let elapsed = await timed(rounds);
      while (elapsed < milliseconds / 4) {
        rounds *= 2;
        elapsed = await timed(rounds);
      }
      rounds = Math.ceil((rounds * milliseconds) / elapsed);
      elapsed = await timed(rounds);
      return (pool.threads * rounds * flops) / elapsed / 1e6;
    });
  }

  /** Milliseconds from handing an empty job to every thread until the last has done it, so many times. */
  async measureHandOff(times: number): Promise<Float64Array> {
    const { pool } = this.#shop;
    return pool.exclusive(async () => {
      const elapsed = new Float64Array(times);
      for (let i = 0; i < times; i++) {
        const begin = performance.now();
        await pool.run('peak', { rounds: 0, items: 0, fixed: 0 });
        elapsed[i] = performance.now() - begin;
      }
      return elapsed;
    });
  }

  close(): Promise<void> {
    return this.#shop.pool.close();
  }
}
