import type { LoopClock } from '#src/control/clock';

/** Time that moves when it is told to, or when somebody sleeps. */
export class FakeClock implements LoopClock {
  time = 1000;
  /** ms by which a sleeper is woken late. */
  overshoot = 0;

  now(): number {
    return this.time;
  }

  sleepUntil(time: number): void {
    this.time = Math.max(this.time, time) + this.overshoot;
  }
}
