import type { BusClock } from '#src/hardware/clock';

/** Time that passes only while somebody waits for it, and then at once. */
export class VirtualClock implements BusClock {
  #now = 0;
  #events: { readonly time: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): () => void {
    const event = { time, run };
    const next = this.#events.findIndex((other) => other.time > time);
    this.#events.splice(next < 0 ? this.#events.length : next, 0, event);
    return () => {
      this.#events = this.#events.filter((other) => other !== event);
    };
  }

  /** Lets time pass until the promise is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    for (;;) {
      await new Promise(setImmediate);
      if (settled) return done;
      const event = this.#events.shift();
      if (event === undefined) throw new Error('nothing is left to happen, and the promise is not settled');
      this.#now = Math.max(this.#now, event.time);
      event.run();
    }
  }

  /** Time that is gone at once, as when a computer slept: what should have happened meanwhile comes late. */
  jump(seconds: number): void {
    this.#now += seconds;
  }

  /** Lets `seconds` pass. */
  pass(seconds: number): Promise<void> {
    return this.run(new Promise((resolve) => this.at(this.#now + seconds, resolve)));
  }
}
