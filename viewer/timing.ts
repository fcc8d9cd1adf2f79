import type { RunDescription, Rung } from '../src/core/telemetry.ts';
import { ladder, type TimingMessage } from '../src/stream/wire.ts';

/** What the plot looks back on, s. */
export const MINUTE = 60;
/** A rung is said for so long after the tick that was on it, s. */
const SAID = 1;
/** Between two points of a line nothing is known where more than this lies, s. */
const GAP = 0.6;

/** Whether anything in a run can be late: the simulator's clock waits for every plan. */
export function isTimed(run: RunDescription | null): boolean {
  return run !== null && (run.clock === 'wall' || run.delayMs > 0);
}

/** The last minute of `/timing`, column by column, with a gap where nothing came. */
export class TimingSeries {
  /** Grows with every change. */
  revision = 0;
  last: TimingMessage | null = null;
  /** When each point was sent, s since the Unix epoch by the server's clock. */
  readonly sent: number[] = [];
  /** ms */
  readonly planAge: (number | null)[] = [];
  readonly lateness: (number | null)[] = [];
  readonly #levels: number[] = [];

  clear(): void {
    for (const column of this.#columns) column.length = 0;
    this.last = null;
    this.revision++;
  }

  /** @param sent s since the Unix epoch */
  add(message: TimingMessage, sent: number): void {
    const before = this.sent.at(-1);
    if (before !== undefined && sent - before > GAP) this.#push(before + GAP / 2, null, null, 0);
    this.#push(sent, message.planAge, message.lateness, message.level);
    while (this.sent[0] < sent - MINUTE) for (const column of this.#columns) column.shift();
    this.last = message;
    this.revision++;
  }

  /** The lowest rung of the last second; null where no tick was in it. @param now by the server's clock, s. */
  rung(now: number): Rung | null {
    let level = -1;
    for (let i = this.sent.length - 1; i >= 0 && this.sent[i] > now - SAID; i--)
      level = Math.max(level, this.#levels[i]);
    return ladder[level] ?? null;
  }

  get #columns(): unknown[][] {
    return [this.sent, this.planAge, this.lateness, this.#levels];
  }

  #push(sent: number, planAge: number | null, lateness: number | null, level: number): void {
    this.sent.push(sent);
    this.planAge.push(planAge);
    this.lateness.push(lateness);
    this.#levels.push(level);
  }
}
