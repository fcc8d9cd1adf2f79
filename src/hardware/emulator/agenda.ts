import type { BusClock } from '../clock.ts';

/** What is to happen on a bus, in order of time; of two at one time the earlier entered comes first. */
export class Agenda {
  readonly #clock: BusClock;
  readonly #events: { readonly time: number; readonly run: () => void }[] = [];
  #cancel: (() => void) | undefined;

  constructor(clock: BusClock) {
    this.#clock = clock;
  }

  /** Returns a function that takes the event off again. */
  at(time: number, run: () => void): () => void {
    const event = { time, run };
    const next = this.#events.findIndex((other) => other.time > time);
    this.#events.splice(next < 0 ? this.#events.length : next, 0, event);
    if (this.#events[0] === event) this.#wait();
    return () => {
      const place = this.#events.indexOf(event);
      if (place < 0) return;
      this.#events.splice(place, 1);
      if (place === 0) this.#wait();
    };
  }

  clear(): void {
    this.#events.length = 0;
    this.#cancel?.();
  }

  #wait(): void {
    this.#cancel?.();
    const [first] = this.#events;
    if (first) this.#cancel = this.#clock.at(first.time, () => this.#due(), true);
  }

  #due(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    while (this.#events.length > 0 && this.#events[0].time <= now) this.#events.shift()!.run();
    this.#wait();
  }
}
