import { describe, expect, it } from 'vitest';
import { monotonicClock } from '#src/control/clock.node';
import { FixedRate, GivenRate } from '#src/control/loop';
import { FakeClock } from './fake-clock.ts';

describe('a fixed-rate loop', () => {
  it('ticks on its grid, however long the work between ticks takes within a period', () => {
    const clock = new FakeClock();
    const rate = new FixedRate(clock);
    const ticks = [3, 19, 0, 11].map((work) => {
      const tick = rate.next(20);
      clock.time += work;
      return tick;
    });
    expect(ticks.map(({ due }) => due)).toEqual([1000, 1020, 1040, 1060]);
    expect(ticks.map(({ lateness }) => lateness)).toEqual([0, 0, 0, 0]);
    expect(ticks.map(({ interval }) => interval)).toEqual([null, 20, 20, 20]);
  });

  it('tells how late a tick began, and keeps the grid', () => {
    const clock = new FakeClock();
    const rate = new FixedRate(clock);
    rate.next(20);
    clock.time += 27;
    expect(rate.next(20)).toEqual({ due: 1020, lateness: 7, interval: 27, skipped: 0 });
    expect(rate.next(20)).toEqual({ due: 1040, lateness: 0, interval: 13, skipped: 0 });
    clock.overshoot = 0.4;
    expect(rate.next(20).lateness).toBeCloseTo(0.4, 9);
  });

  it('leaves out the ticks of a long stall instead of catching up in a burst', () => {
    const clock = new FakeClock();
    const rate = new FixedRate(clock);
    rate.next(20);
    clock.time += 1010;
    const late = rate.next(20);
    expect(late).toMatchObject({ due: 2000, lateness: 990, skipped: 49 });
    const begun = [0, 1, 2].map(() => {
      rate.next(20);
      return clock.time;
    });
    expect(begun).toEqual([2020, 2040, 2060]);
  });

  it('begins a new grid when it is restarted, and follows another period', () => {
    const clock = new FakeClock();
    const rate = new FixedRate(clock);
    rate.next(20);
    clock.time += 777;
    rate.restart();
    expect(rate.next(10)).toMatchObject({ lateness: 0, interval: null, skipped: 0 });
    expect(rate.next(10).due).toBe(1787);
    expect(rate.next(0).due).toBe(1797);
    expect(rate.next(0).lateness).toBe(0);
  });
});

describe('ticks that are given', () => {
  const ticksAt = (...times: number[]) => {
    const clock = new FakeClock();
    const rate = new GivenRate(clock);
    return times.map((time) => {
      clock.time = time;
      return rate.next(20);
    });
  };

  it('are measured against the grid of the earliest', () => {
    const ticks = ticksAt(1003, 1020, 1041, 1060);
    expect(ticks.map(({ lateness }) => lateness)).toEqual([0, 0, 1, 0]);
    expect(ticks.map(({ due }) => due)).toEqual([1003, 1020, 1040, 1060]);
    expect(ticks.map(({ interval }) => interval)).toEqual([null, 17, 21, 19]);
  });

  it('that never came are counted, and one that is late is not taken for the next', () => {
    const ticks = ticksAt(1000, 1034, 1040, 1100, 1119, 1140);
    expect(ticks.map(({ lateness }) => lateness)).toEqual([0, 14, 0, 40, 0, 1]);
    expect(ticks.map(({ skipped }) => skipped)).toEqual([0, 0, 0, 2, 0, 0]);
    expect(ticks[3].due).toBe(1100);
  });

  it('lie on a new grid after a restart', () => {
    const clock = new FakeClock();
    const rate = new GivenRate(clock);
    rate.next(20);
    clock.time += 507;
    rate.restart();
    expect(rate.next(20)).toEqual({ due: 1507, lateness: 0, interval: null, skipped: 0 });
  });
});

it('the monotonic clock never wakes a sleeper early', () => {
  for (const wait of [0.1, 1.3, 4]) {
    const time = monotonicClock.now() + wait;
    monotonicClock.sleepUntil(time);
    expect(monotonicClock.now()).toBeGreaterThanOrEqual(time);
  }
});
