import { createInterface, type Interface } from 'node:readline';
import type { TelemetryEvent } from '../core/index.ts';

/** What a run that paused itself asks of a person; undefined for everything else that it tells. */
export function questionOf(event: TelemetryEvent): string | undefined {
  return event.type === 'activity' && event.activity === 'paused' ? event.detail : undefined;
}

/** Enter in the terminal, for a run that waits for a person; what is typed when nothing is asked counts for nothing. */
export class Confirmation {
  readonly #lines: Interface;
  readonly #goOn: () => void;
  readonly #nobody: () => void;
  #asked = false;
  #closed = false;

  /** @param nobody is called when something is asked and standard input has ended. */
  constructor(goOn: () => void, nobody: () => void) {
    this.#goOn = goOn;
    this.#nobody = nobody;
    // No terminal of its own: Ctrl-C stays a signal.
    this.#lines = createInterface({ input: process.stdin, terminal: false });
    this.#lines.on('line', () => {
      if (!this.#asked) return;
      this.#asked = false;
      this.#goOn();
    });
    this.#lines.on('close', () => {
      this.#closed = true;
      if (this.#asked) this.#nobody();
    });
  }

  hear(event: TelemetryEvent): void {
    if (event.type !== 'activity') return;
    this.#asked = questionOf(event) !== undefined;
    if (this.#asked && this.#closed) this.#nobody();
  }

  close(): void {
    this.#asked = false;
    this.#lines.close();
    process.stdin.pause();
  }
}
