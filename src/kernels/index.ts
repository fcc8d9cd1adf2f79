export type { EngineBuilds } from './builds.ts';
export { createWasmEngine, engineBuilds, WasmEngine, type WasmEngineOptions } from './engine.ts';
export { measurePeak } from './peak.ts';
