import type { FromBridge } from './messages.ts';

/** Messages that may wait for a program that takes none. */
const MOST = 1000;

/** Sends what a bridge tells; of a program that takes nothing, readings are dropped, so that they do not pile up. */
export class Outbox {
  readonly #post: (message: FromBridge, taken: () => void) => void;
  #waiting = 0;
  #dropped = 0;

  /** @param post sends a message, and calls `taken` when it is out of this process. */
  constructor(post: (message: FromBridge, taken: () => void) => void) {
    this.#post = post;
  }

  send(message: FromBridge): void {
    const reading = message.type === 'exchange' || message.type === 'tick';
    if (reading && this.#waiting >= MOST) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0 && this.#waiting < MOST) {
      const lost = `${this.#dropped} readings were not told, as the program took nothing`;
      this.#dropped = 0;
      this.send({ type: 'log', level: 'warning', message: lost });
    }
    this.#waiting++;
    this.#post(message, () => {
      this.#waiting--;
    });
  }
}
