/** Lines that are drawn over the last ones on a terminal; elsewhere printed whole when they changed, at most once in so many ms. */
export class LiveTable {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #plainEvery: number;
  #drawn = 0;
  #last = Number.NEGATIVE_INFINITY;
  #printed = '';

  constructor(plainEvery = 1000, out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#live = out.isTTY === true && process.env.TERM !== 'dumb';
    this.#plainEvery = plainEvery;
  }

  show(lines: readonly string[]): void {
    const now = performance.now();
    if (!this.#live) {
      const text = `${lines.join('\n')}\n`;
      if (now - this.#last < this.#plainEvery || text === this.#printed) return;
      this.#last = now;
      this.#printed = text;
      this.#out.write(text);
      return;
    }
    const width = (this.#out.columns || 80) - 1;
    // What does not fit would scroll, and then never be drawn over.
    const fitting = lines.slice(0, Math.max(1, (this.#out.rows || 24) - 1));
    const text = fitting.map((line) => `${line.slice(0, width)}\x1b[K\n`).join('');
    this.#out.write(`${this.#drawn > 0 ? `\x1b[${this.#drawn}A\r` : ''}${text}\x1b[J`);
    this.#drawn = fitting.length;
  }
}
