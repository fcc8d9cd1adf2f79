import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandControl } from '#src/core/run-control';
import { Pace } from '#src/train/pace';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Wall ms that `until` took. The clock is faked above: no real time passes and none is measured. */
async function waited(promise: Promise<void>): Promise<number> {
  const start = performance.now();
  let end = Number.NaN;
  void promise.then(() => {
    end = performance.now();
  });
  await vi.advanceTimersByTimeAsync(10_000);
  return end - start;
}

describe('pace', () => {
  it('lets plant time pass no faster than wall time at the chosen speed', async () => {
    const control = new CommandControl(2);
    const pace = new Pace(control, () => performance.now());
    pace.restart();
    expect(await waited(pace.until(0.4))).toBeCloseTo(200, 0);
  });

  it('does not catch up after a late step', async () => {
    const pace = new Pace(new CommandControl(1), () => performance.now());
    pace.restart();
    await vi.advanceTimersByTimeAsync(500);
    expect(await waited(pace.until(0.1))).toBe(0);
    pace.restart();
    expect(await waited(pace.until(0.1))).toBeCloseTo(100, 0);
  });

  it('does not wait at unlimited speed and follows a change of speed', async () => {
    const control = new CommandControl();
    const pace = new Pace(control, () => performance.now());
    pace.restart();
    expect(await waited(pace.until(5))).toBe(0);
    pace.restart();
    control.command({ type: 'speed', value: 0.5 });
    expect(await waited(pace.until(0.1))).toBeCloseTo(200, 0);
  });
});
