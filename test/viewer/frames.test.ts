import { expect, test } from 'vitest';
import type { TimingMessage } from '#src/stream/wire';
import { FrameMeter } from '#viewer/frames';
import { TimingSeries } from '#viewer/timing';

test('frames are counted by the second, and those that fail to come as dropped', () => {
  const meter = new FrameMeter();
  let now = 1000;
  const run = (frames: number, interval = 1000 / 60) => {
    for (let i = 0; i < frames; i++) {
      meter.frame(now);
      now += interval;
    }
  };
  expect(meter.rate).toBeNull();
  run(180);
  expect(meter.rate).toBeGreaterThanOrEqual(59);
  expect(meter.rate).toBeLessThanOrEqual(61);
  expect(meter.dropped).toBe(0);
  now += 3 * (1000 / 60);
  run(60);
  expect(meter.dropped).toBe(3);
  // Nobody saw the page.
  now += 20_000;
  run(60);
  expect(meter.dropped).toBe(3);
  run(60 * 60);
  expect(meter.dropped).toBe(0);
});

test('at a display of 144 Hz every frame of 60 Hz is dropped that could have been', () => {
  const meter = new FrameMeter();
  const usual = 1000 / 144;
  for (let i = 0; i <= 143; i++) meter.frame(1000 + i * usual);
  for (let i = 1; i <= 30; i++) meter.frame(1000 + (143 + 2 * i) * usual);
  expect(meter.dropped).toBe(30);
});

const message = (level: number, planAge: number | null): TimingMessage => ({
  ...{ epoch: 1, trial: 1, step: 1, time: 0, level, planAge, lateness: 0, delay: 0 },
  rung: (['plan', 'old-plan', 'hold', 'decay', 'stop'] as const)[level],
  ...{ ticks: 1, missed: 0, starved: 0, jitter: { mean: 0, p99: 0, max: 0 } },
  rungs: { plan: 1, 'old-plan': 0, hold: 0, decay: 0, stop: 0 },
});

test('the lowest rung of a second is said, and a minute is kept with gaps where nothing came', () => {
  const series = new TimingSeries();
  expect(series.rung(0)).toBeNull();
  for (let i = 0; i < 1000; i++) series.add(message(i === 995 ? 2 : 0, 30), 100 + i / 10);
  expect(series.rung(199.9)).toBe('hold');
  expect(series.rung(200.6)).toBe('plan');
  expect(series.rung(202)).toBeNull();
  expect(series.sent.length).toBe(601);
  series.add(message(1, 80), 210);
  expect(series.planAge.slice(-3)).toEqual([30, null, 80]);
  expect(series.lateness).toHaveLength(series.sent.length);
  expect(series.rung(210.2)).toBe('old-plan');
  series.clear();
  expect(series.rung(210.2)).toBeNull();
});
