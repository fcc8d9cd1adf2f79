import type { Clock } from './clock.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * The time line of a recording, ms since the Unix epoch: it begins at the wall's time and never goes back. It goes with
 * the wall, or, while a simulator acts as fast as it can, with the plant: what is played back then takes as long as it
 * would have taken a robot.
 */
export class RecordingClock implements Clock {
  readonly #system: Clock;
  /** What this clock is ahead of the wall while it goes with it. */
  #ahead = 0;
  /** Where it stands while it goes with the plant. */
  #held: number | undefined;
  #timers: Timer[] = [];

  constructor(system: Clock) {
    this.#system = system;
  }

  now(): number {
    return this.#held ?? this.#system.now() + this.#ahead;
  }

  /** Goes with the wall from here on. */
  run(): void {
    if (this.#held === undefined) return;
    this.#ahead = this.#held - this.#system.now();
    this.#held = undefined;
  }

  /** Stands from here on, until it is moved. */
  hold(): void {
    this.#held = this.now();
  }

  /** Goes forward to a time, where it stands and that is ahead. */
  moveTo(time: number): void {
    if (this.#held !== undefined && time > this.#held) this.#held = time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.now() + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Calls what is due; nothing else does. */
  wake(): void {
    const now = this.now();
    for (const timer of this.#timers.filter(({ due }) => due <= now)) {
      if (!this.#timers.includes(timer)) continue;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.callback();
    }
  }
}
