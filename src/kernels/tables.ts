// An encoding as assembly/rollout.ts reads it.

import type { Encoding } from '../core/engine.ts';
import type { Heap } from './heap.ts';

export const FEATURE_BYTES = 16;
export const TARGET_BYTES = 20;
const FEATURE_KINDS = ['value', 'sine', 'cosine'];
const TARGET_KINDS = ['delta', 'absolute', 'forward', 'left'];

/** Kind, index, mean, 1/scale of every input. */
export function writeFeatures(
  { features, inputMean, inputScale }: Encoding,
  { i32, f32 }: Heap,
  address: number,
) {
  for (let i = 0; i < features.length; i++) {
    const at = (address + i * FEATURE_BYTES) / 4;
    i32[at] = FEATURE_KINDS.indexOf(features[i].kind);
    i32[at + 1] = features[i].index;
    f32[at + 2] = inputMean[i];
    f32[at + 3] = 1 / inputScale[i];
  }
}

/** Index, kind, mean, scale and yaw of every target. */
export function writeTargets(
  { targets, targetMean, targetScale }: Encoding,
  { i32, f32 }: Heap,
  address: number,
) {
  for (let o = 0; o < targets.length; o++) {
    const at = (address + o * TARGET_BYTES) / 4;
    const target = targets[o];
    i32[at] = target.index;
    i32[at + 1] = TARGET_KINDS.indexOf(target.kind);
    f32[at + 2] = targetMean[o];
    f32[at + 3] = targetScale[o];
    i32[at + 4] = 'yaw' in target ? target.yaw : 0;
  }
}
