import type { LoopClock } from './clock.ts';

/**
 * A sleeping thread is woken late: by a few tens of µs on a quiet machine, by a scheduler's slice of some ms on a busy
 * one. It asks to be woken so much earlier, ms, and spins the rest of the way; the lead follows what wake-ups took.
 */
const LEAST_LEAD = 0.3;
const MOST_LEAD = 4;
/** Of what is left to the tick: a thread that never slept would not notice that wake-ups have become punctual. */
const MOST_SHARE = 0.25;
/** Share of the lead that a punctual wake-up keeps. */
const KEPT = 0.998;
let lead = LEAST_LEAD;

const nobody = new Int32Array(new SharedArrayBuffer(4));

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The machine's monotonic clock. Sleeping blocks, so never on a main thread. */
export const monotonicClock: LoopClock = {
  now,
  sleepUntil(time) {
    for (;;) {
      const rest = time - now();
      if (rest <= LEAST_LEAD) break;
      const early = Math.min(lead, Math.max(LEAST_LEAD, MOST_SHARE * rest));
      const wake = time - early;
      Atomics.wait(nobody, 0, 0, rest - early);
      const took = now() - wake + LEAST_LEAD;
      lead = Math.min(MOST_LEAD, Math.max(LEAST_LEAD, took, lead * KEPT));
      if (took > 0) break;
    }
    while (now() < time);
  },
};
