export { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export { decodeManifest, encodeManifest, type Manifest, runFormat, sha256 } from './manifest.ts';
export { RunFolder, readRun, type StoredRun } from './run-folder.ts';
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from './safetensors.ts';
export { decodeTransitions, encodeTransitionHeader, encodeTransitions } from './transitions.ts';
