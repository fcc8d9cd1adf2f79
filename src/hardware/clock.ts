/** Time as buses keep it. A test's clock goes when it is told to. */
export interface BusClock {
  /** Monotonic, s. */
  now(): number;
  /** Calls `run` at `time`, s, or as soon after as it can; `exact` spends processor time to be less than 0.1 ms late. */
  at(time: number, run: () => void, exact?: boolean): () => void;
}

/** Timers of Node come up to so much late, s. */
const TIMER_SLACK = 0.0015;

const now = () => performance.now() / 1000;

/** The machine's monotonic clock. */
export const wallClock: BusClock = {
  now,
  at(time, run, exact = false) {
    let cancel: () => void;
    const wake = () => {
      if (time <= now()) run();
      else wait();
    };
    const wait = () => {
      const rest = time - now();
      if (rest <= 0 || (exact && rest <= TIMER_SLACK)) {
        const immediate = setImmediate(wake);
        cancel = () => clearImmediate(immediate);
      } else {
        const timer = setTimeout(wake, (exact ? rest - TIMER_SLACK : rest) * 1000);
        cancel = () => clearTimeout(timer);
      }
    };
    wait();
    return () => cancel();
  },
};

/** Resolves after `seconds` of a clock. */
export function sleep(clock: BusClock, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.at(clock.now() + seconds, resolve);
  });
}
