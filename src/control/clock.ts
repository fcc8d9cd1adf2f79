/** What a fixed-rate loop needs of time. */
export interface LoopClock {
  /** Monotonic, ms; threads of one process agree on it. */
  now(): number;
  /** Returns at `time`, ms, not before; blocks the calling thread. */
  sleepUntil(time: number): void;
}
