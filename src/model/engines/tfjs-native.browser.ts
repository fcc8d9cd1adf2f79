import type { NativeAttempt } from './tfjs-package.ts';

export async function loadNative(): Promise<NativeAttempt> {
  return { reason: 'the native addon runs in Node only' };
}
