import type { TelemetryEvent } from '../core/telemetry.ts';
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
  /** Plant time 0 of the episode on the time line; the plant's time there, s since reset. */
  #anchor = 0;
  #plantTime = 0;
  #timers: Timer[] = [];

  constructor(system: Clock) {
    this.#system = system;
  }

  now(): number {
    return this.#held ?? this.#system.now() + this.#ahead;
  }

  /** Goes as a simulator's run tells: with the plant while it acts; while it fits or waits, with the wall. */
  follow(event: TelemetryEvent): void {
    if (event.type === 'reset') {
      this.#plantTime = 0;
      this.#hold();
    } else if (event.type === 'pose' || event.type === 'step') {
      this.#plantTime = event.time;
      this.#moveTo(this.#anchor + 1000 * event.time);
    } else if (event.type === 'activity' && event.activity === 'acting') {
      this.#hold();
    } else if (event.type === 'end' || (event.type === 'activity' && event.activity !== 'paused')) {
      this.#run();
    }
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

  /** Goes with the wall from here on. */
  #run(): void {
    if (this.#held === undefined) return;
    this.#ahead = this.#held - this.#system.now();
    this.#held = undefined;
  }

  /** Stands from here on, until it is moved: here the plant is at its time. */
  #hold(): void {
    this.#held = this.now();
    this.#anchor = this.#held - 1000 * this.#plantTime;
  }

  /** Goes forward to a time, where it stands and that is ahead. */
  #moveTo(time: number): void {
    if (this.#held !== undefined && time > this.#held) this.#held = time;
  }
}
