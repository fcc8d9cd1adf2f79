import { MAXIMUM_PAGES, PAGE, type WasmMemory } from './platform.ts';

/** A piece of the kernels' memory. */
export interface Block {
  readonly name: string;
  /** Byte offset, a multiple of 64. */
  readonly address: number;
  /** Usable bytes. */
  readonly bytes: number;
}

const ALIGNMENT = 64;
/** Written behind every block: kernels take raw addresses, and what is written past an end must not go unnoticed. */
const GUARD = 0x5afe_c0de;
const GUARD_WORDS = ALIGNMENT / 4;

interface Gap {
  start: number;
  end: number;
}

/** First-fit allocator over the memory that kernels and threads share. Blocks start as zeros. */
export class Heap {
  readonly memory: WasmMemory;
  readonly #blocks = new Set<Block>();
  #gaps: Gap[];
  #buffer: ArrayBufferLike;
  #u8!: Uint8Array;
  #i32!: Int32Array;
  #f32!: Float32Array;
  #f64!: Float64Array;

  constructor(memory: WasmMemory, start: number) {
    this.memory = memory;
    this.#buffer = memory.buffer;
    this.#view();
    this.#gaps = [{ start, end: this.#buffer.byteLength }];
  }

  #view(): void {
    this.#buffer = this.memory.buffer;
    this.#u8 = new Uint8Array(this.#buffer);
    this.#i32 = new Int32Array(this.#buffer);
    this.#f32 = new Float32Array(this.#buffer);
    this.#f64 = new Float64Array(this.#buffer);
  }

  // Views of the whole memory. Not to be kept: after growth they are others.
  get i32(): Int32Array {
    return this.#i32;
  }
  get u8(): Uint8Array {
    return this.#u8;
  }
  get f32(): Float32Array {
    return this.#f32;
  }
  get f64(): Float64Array {
    return this.#f64;
  }

  /** Bytes in blocks, guards included. */
  get used(): number {
    let bytes = 0;
    for (const block of this.#blocks) bytes += extent(block.bytes);
    return bytes;
  }

  allocate(bytes: number, name: string): Block {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`${name}: ${bytes} bytes`);
    const need = extent(bytes);
    let gap = this.#gaps.find(({ start, end }) => end - start >= need);
    if (gap === undefined) gap = this.#grow(need, name);
    const block: Block = { name, address: gap.start, bytes };
    gap.start += need;
    if (gap.start === gap.end) this.#gaps.splice(this.#gaps.indexOf(gap), 1);
    this.#u8.fill(0, block.address, block.address + need);
    const guard = (block.address + need) / 4 - GUARD_WORDS;
    this.#i32.fill(GUARD, guard, guard + GUARD_WORDS);
    this.#blocks.add(block);
    return block;
  }

  free(block: Block): void {
    if (!this.#blocks.delete(block)) throw new Error(`${block.name} is not allocated`);
    const freed: Gap = { start: block.address, end: block.address + extent(block.bytes) };
    const gaps: Gap[] = [];
    for (const gap of [...this.#gaps, freed].sort((a, b) => a.start - b.start)) {
      const last = gaps.at(-1);
      if (last !== undefined && last.end === gap.start) last.end = gap.end;
      else gaps.push({ ...gap });
    }
    this.#gaps = gaps;
  }

  /** Throws when something was written past the end of a block. */
  check(): void {
    for (const block of this.#blocks) {
      const end = (block.address + extent(block.bytes)) / 4;
      for (let i = end - GUARD_WORDS; i < end; i++) {
        if (this.#i32[i] !== GUARD)
          throw new Error(`a kernel wrote past the end of ${block.name} (${block.bytes} bytes)`);
      }
    }
  }

  #grow(need: number, name: string): Gap {
    const end = this.#buffer.byteLength;
    const last = this.#gaps.find((gap) => gap.end === end);
    const missing = need - (last === undefined ? 0 : last.end - last.start);
    // Grow by an eighth at least: memory never shrinks, and every growth renews the views.
    const pages = Math.max(Math.ceil(missing / PAGE), Math.ceil(end / PAGE / 8));
    const allowed = Math.min(pages, MAXIMUM_PAGES - end / PAGE);
    if (allowed * PAGE < missing)
      throw new RangeError(`${name} needs ${need} bytes, more than is left of the kernels' 2 GiB`);
    this.memory.grow(allowed);
    this.#view();
    if (last !== undefined) {
      last.end = this.#buffer.byteLength;
      return last;
    }
    const gap: Gap = { start: end, end: this.#buffer.byteLength };
    this.#gaps.push(gap);
    return gap;
  }
}

/** Bytes of a block with its guard: the guard begins within 64 bytes of the block's end, at a multiple of 4. */
function extent(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT + ALIGNMENT;
}

/**
 * One block for what a job reads and writes besides parameters. Grows to the largest job seen and stays there;
 * everything placed before is gone after the next `begin`.
 */
export class Arena {
  readonly #heap: Heap;
  readonly #name: string;
  #block: Block | undefined;
  #next = 0;
  #end = 0;

  constructor(heap: Heap, name: string) {
    this.#heap = heap;
    this.#name = name;
  }

  /** Makes room for pieces of these sizes in bytes. */
  begin(sizes: readonly number[]): void {
    const bytes = sizes.reduce((sum, size) => sum + align(size), 0);
    if (this.#block === undefined || this.#block.bytes < bytes) {
      if (this.#block !== undefined) this.#heap.free(this.#block);
      this.#block = undefined;
      this.#block = this.#heap.allocate(bytes, this.#name);
    }
    this.#next = this.#block.address;
    this.#end = this.#block.address + this.#block.bytes;
  }

  /** Address of the next piece. */
  take(bytes: number): number {
    const address = this.#next;
    this.#next += align(bytes);
    if (this.#next > this.#end) throw new Error(`${this.#name}: more taken than announced`);
    return address;
  }

  /** Copies `data` into the next piece. */
  put(data: Float32Array | Uint32Array | Uint8Array): number {
    const address = this.take(data.byteLength);
    const { f32, i32, u8 } = this.#heap;
    if (data instanceof Float32Array) f32.set(data, address / 4);
    else if (data instanceof Uint32Array) i32.set(data, address / 4);
    else u8.set(data, address);
    return address;
  }

  /** The next piece, filled with zeros. */
  zeros(bytes: number): number {
    const address = this.take(bytes);
    this.#heap.u8.fill(0, address, address + bytes);
    return address;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
