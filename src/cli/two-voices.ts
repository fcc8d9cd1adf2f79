import type { TelemetryEvent } from '../core/index.ts';
import type { DisplayMessage } from '../train/index.ts';

/**
 * The plant's thread and the session's both tell the main one what happens, each by a port of its own, and nothing orders
 * two ports. Here what the plant tells waits for what the session had told by then.
 */
export class TwoVoices {
  readonly #hear: (events: readonly TelemetryEvent[]) => void;
  #heard = 0;
  #waiting: DisplayMessage[] = [];

  constructor(hear: (events: readonly TelemetryEvent[]) => void) {
    this.#hear = hear;
  }

  plant(message: DisplayMessage): void {
    this.#waiting.push(message);
    this.#release();
  }

  /** A message of the session was heard; all that the plant told before it was sent has been handed to `plant`. */
  session(): void {
    this.#heard++;
    this.#release();
  }

  #release(): void {
    while (this.#waiting.length > 0 && this.#waiting[0].after <= this.#heard) {
      this.#hear((this.#waiting.shift() as DisplayMessage).events);
    }
  }
}
