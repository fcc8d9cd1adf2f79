/** Time as the server sees it; tests bring their own. */
export interface Clock {
  /** ms since the Unix epoch, never going back. */
  now(): number;
  /** Calls back once after at least `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** ms since the Unix epoch in ns; microseconds are what a float64 of it resolves. */
export function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Calls back every `ms` until the returned function is called. */
export function every(clock: Clock, ms: number, callback: () => void): () => void {
  let cancel = clock.after(ms, tick);
  function tick(): void {
    cancel = clock.after(ms, tick);
    callback();
  }
  return () => cancel();
}

/** Passes values on at most once per `interval` ms; of those in between the latest wins and is passed on when due. */
export class LatestWins<T> {
  #last = -Infinity;
  #waiting: { value: T; cancel: () => void } | undefined;
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #pass: (value: T) => void;

  constructor(clock: Clock, interval: number, pass: (value: T) => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#pass = pass;
  }

  push(value: T): void {
    if (this.#waiting) {
      this.#waiting.value = value;
      return;
    }
    const wait = this.#last + this.#interval - this.#clock.now();
    if (wait <= 0) this.#send(value);
    else {
      const waiting = {
        value,
        cancel: this.#clock.after(wait, () => {
          this.#waiting = undefined;
          this.#send(waiting.value);
        }),
      };
      this.#waiting = waiting;
    }
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
  }

  #send(value: T): void {
    this.#last = this.#clock.now();
    this.#pass(value);
  }
}
