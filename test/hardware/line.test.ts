import { describe, expect, it } from 'vitest';
import type { BusClock } from '#src/hardware/clock';
import { encodeStatus } from '#src/hardware/feetech/codec';
import { feetech } from '#src/hardware/feetech/protocol';
import { Line } from '#src/hardware/line';
import { loopback } from '#src/hardware/port';

/** A clock that a program hears of only when it is awake. */
class SleepyClock implements BusClock {
  time = 0;
  readonly events: { readonly time: number; readonly run: () => void }[] = [];
  now(): number {
    return this.time;
  }
  at(time: number, run: () => void): () => void {
    const event = { time, run };
    this.events.push(event);
    return () => {
      const place = this.events.indexOf(event);
      if (place >= 0) this.events.splice(place, 1);
    };
  }
  /** Wakes at `time`: timers first, as Node has it. */
  wake(time: number): void {
    this.time = time;
    for (const event of this.events.filter((item) => item.time <= time)) {
      this.events.splice(this.events.indexOf(event), 1);
      event.run();
    }
  }
}

function asked() {
  const clock = new SleepyClock();
  const [near, far] = loopback();
  const timing = { baud: 1_000_000, returnDelay: 0, latency: 0.001, margin: 0.005 };
  const line = new Line(near, feetech, { ...timing, echo: false, clock });
  const answer = line.attempt(feetech.ping(3), new Map([[3, 0]]));
  return { clock, answer, reply: () => far.write(encodeStatus(3, 0, [])) };
}

describe('a program that slept through a deadline', () => {
  it('looks whether the answer lies there before it calls it missing', async () => {
    const { clock, answer, reply } = asked();
    clock.wake(0.08);
    reply();
    expect((await answer).statuses.has(3)).toBe(true);
  });

  it('waits once more, and no longer', async () => {
    const { clock, answer } = asked();
    clock.wake(0.08);
    clock.wake(0.2);
    expect((await answer).missing.get(3)).toBe('no answer');
  });

  it('does not wait once more when it woke in time', async () => {
    const { clock, answer } = asked();
    clock.wake(0.0075);
    expect((await answer).missing.get(3)).toBe('no answer');
  });
});
