/** Text on standard error that is overwritten; nothing where that is no terminal. */
export class StatusLine {
  readonly #live: boolean;
  #drawn = false;

  constructor(quiet = false) {
    this.#live = !quiet && process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  }

  show(text: string): void {
    if (!this.#live) return;
    process.stderr.write(`\r${text.slice(0, (process.stderr.columns || 80) - 1)}\x1b[K`);
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) process.stderr.write('\r\x1b[K');
    this.#drawn = false;
  }
}
