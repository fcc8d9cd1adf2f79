// The parts of WebAssembly and Atomics that the kernels use. TypeScript declares the first only together with the DOM
// and the second only for newer targets; these types go with neither.

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** A compiled module; opaque, can be posted to workers. */
export interface WasmModule {
  readonly __module?: never;
}

interface WasmApi {
  Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ readonly exports: Record<string, unknown> }>;
}

export const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;

type WaitResult =
  | { readonly async: false; readonly value: 'not-equal' | 'timed-out' }
  | { readonly async: true; readonly value: Promise<'ok' | 'timed-out'> };

/** Resolves when somebody notifies `words[index]`, at once if it no longer holds `value`. Never blocks. */
export function waitAsync(words: Int32Array, index: number, value: number): Promise<unknown> | undefined {
  const atomics = Atomics as unknown as {
    waitAsync(words: Int32Array, index: number, value: number): WaitResult;
  };
  const result = atomics.waitAsync(words, index, value);
  return result.async ? result.value : undefined;
}

export const PAGE = 65536;
/** 2 GiB, the maximum that the builds declare. */
export const MAXIMUM_PAGES = 32768;
