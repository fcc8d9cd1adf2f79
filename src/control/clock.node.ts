import { setPriority } from 'node:os';
import type { LoopClock } from './clock.ts';

/** A sleeping thread is woken up to so many ms late; the rest of the way is spun. */
const SPIN = 0.3;

const nobody = new Int32Array(new SharedArrayBuffer(4));

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Lets the calling thread go before others where that is allowed (Linux, by root or CAP_SYS_NICE); elsewhere nothing. */
export function askForPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, -10);
  } catch {
    // It goes without.
  }
}

/** The machine's monotonic clock. Sleeping blocks, so never on a main thread. */
export const monotonicClock: LoopClock = {
  now,
  sleepUntil(time) {
    for (;;) {
      const wait = time - now() - SPIN;
      if (wait <= 0) break;
      Atomics.wait(nobody, 0, 0, wait);
    }
    while (now() < time);
  },
};
