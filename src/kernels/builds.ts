import { type WasmModule, wasm } from './platform.ts';

export type BuildName = 'relaxed' | 'simd';

/** What this machine's WebAssembly can run. */
export interface EngineBuilds {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** WebAssembly memory that threads share. */
  readonly sharedMemory: boolean;
}

// (module (func (result v128) i32.const 0 i32x4.splat))
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17, 11,
];
// The same with f32x4.relaxed_madd of three such vectors.
const RELAXED = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
];

export function supportsSimd(): boolean {
  return wasm.validate(new Uint8Array(SIMD));
}

export function supportsRelaxedSimd(): boolean {
  return wasm.validate(new Uint8Array(RELAXED));
}

/** File of a build, beside this module. */
export function buildFile(build: BuildName, shared: boolean): string {
  return `kernels-${build}${shared ? '' : '-unshared'}.wasm`;
}

export function compile(bytes: Uint8Array): Promise<WasmModule> {
  return wasm.compile(bytes);
}
