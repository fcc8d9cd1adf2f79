import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatestWins } from '#src/stream/clock';
import { Playout, RealTimeMeter } from '#src/stream/playout';
import { FakeClock } from './fake-clock.ts';

function recorded(clock: FakeClock, capacity?: number) {
  const begin = clock.now();
  const shown: { wall: number; item: string | number; time: number }[] = [];
  const playout = new Playout<string | number>(
    clock,
    (item, time) => shown.push({ wall: clock.now() - begin, item, time }),
    capacity,
  );
  return { shown, playout };
}

test('a burst of poses leaves one by one at the time each is due', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  for (const time of [0.02, 0.04, 0.06]) playout.pose(time, time);
  clock.advance(100);
  expect(shown.map(({ wall }) => Math.round(wall))).toEqual([0, 20, 40]);
});

test('a late pose moves the anchor and nothing is made up for', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  playout.pose(0.1, 1);
  clock.advance(350);
  for (const time of [0.2, 0.3, 0.4]) playout.pose(time, time);
  clock.advance(1000);
  expect(shown.map(({ wall }) => Math.round(wall))).toEqual([0, 350, 450, 550]);
});

test('whatever arrives when, shown time never runs ahead of wall pace and keeps its order', () => {
  const burst = fc.record({ gap: fc.integer({ min: 0, max: 200 }), count: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(fc.array(burst, { maxLength: 30 }), fc.constantFrom(0.25, 1, 2), (bursts, speed) => {
      const clock = new FakeClock();
      const { shown, playout } = recorded(clock);
      playout.speed = speed;
      let time = 0;
      let count = 0;
      for (const { gap, count: size } of bursts) {
        clock.advance(gap);
        for (let i = 0; i < size; i++) {
          time += 1 / 60;
          playout.pose(time, count++);
        }
      }
      clock.advance(60_000);
      expect(shown.map(({ item }) => item)).toEqual(Array.from({ length: count }, (_, i) => i));
      for (let i = 1; i < shown.length; i++)
        for (const j of [0, i - 1])
          expect(shown[i].time - shown[j].time).toBeLessThanOrEqual(
            ((shown[i].wall - shown[j].wall + 0.51) / 1000) * speed,
          );
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('what goes with the poses waits for those before it', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  playout.accompany(0, 'plan');
  for (const time of [0.02, 0.04]) playout.pose(time, time);
  playout.accompany(0.04, 'step');
  expect(shown.map(({ item }) => item)).toEqual(['plan', 0.02]);
  clock.advance(25);
  expect(shown.map(({ item }) => item)).toEqual(['plan', 0.02, 0.04, 'step']);
});

test('what is scheduled waits for its time alone, and the later of those that wait give way to a newer one', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  playout.pose(0, 0);
  playout.schedule(0.03, 'a');
  playout.schedule(0.05, 'b');
  playout.schedule(0.04, 'c');
  for (const time of [0.02, 0.04, 0.06]) playout.pose(time, time);
  clock.advance(100);
  expect(shown.map(({ item }) => item)).toEqual([0, 0.02, 'a', 'c', 0.04, 0.06]);
  expect(shown.map(({ wall }) => Math.round(wall))).toEqual([0, 20, 30, 40, 40, 60]);
  playout.schedule(9, 'never');
  playout.restart();
  expect(playout.waiting).toBe(0);
});

test('after a stall the picture of a live plant catches up, a tenth faster than the wall, and keeps its order', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  playout.live = true;
  const begin = clock.now();
  // Poses come on time but for a stall of 300 ms, after which the plant has caught up at once.
  const stall = { from: 1, to: 1.3 };
  for (let i = 0; i <= 500; i++) {
    const time = i / 100;
    const due = time > stall.from && time < stall.to ? stall.to : time;
    clock.advance(Math.max(0, begin + due * 1000 - clock.now()));
    playout.pose(time, i);
  }
  clock.advance(1000);
  expect(shown.map(({ item }) => item)).toEqual(Array.from({ length: 501 }, (_, i) => i));
  const lag = (time: number) => (shown.find((item) => item.time >= time)?.wall ?? 0) - time * 1000;
  expect(lag(0.9)).toBeLessThan(1);
  expect(lag(1.5)).toBeGreaterThan(250);
  expect(lag(4.9)).toBeLessThan(11);
  for (let i = 1; i < shown.length; i++) {
    const past = shown[i].wall - shown[i - 1].wall;
    expect((shown[i].time - shown[i - 1].time) * 1000).toBeLessThanOrEqual(1.12 * past + 1.1);
  }
});

test('at half speed poses take twice as long, and a change of speed does not jump', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  for (let i = 0; i <= 10; i++) playout.pose(i / 10, i);
  clock.advance(250);
  playout.speed = 0.5;
  clock.advance(10_000);
  expect(shown.map(({ wall }) => Math.round(wall))).toEqual([
    0, 100, 200, 350, 550, 750, 950, 1150, 1350, 1550, 1750,
  ]);
});

test('without a speed limit everything is shown at once', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  playout.speed = Infinity;
  for (let i = 0; i < 100; i++) playout.pose(i, i);
  expect(shown).toHaveLength(100);
});

test('a new epoch drops what waits', () => {
  const clock = new FakeClock();
  const { shown, playout } = recorded(clock);
  for (const time of [1, 2, 3]) playout.pose(time, time);
  playout.restart();
  playout.pose(0, 'new');
  clock.advance(10_000);
  expect(shown.map(({ item }) => item)).toEqual([1, 'new']);
});

test('the queue is bounded and drops are counted', () => {
  const clock = new FakeClock();
  const { playout } = recorded(clock, 5);
  for (let i = 0; i < 10; i++) playout.pose(i, i);
  expect(playout.waiting).toBe(5);
  expect(playout.dropped).toBe(4);
});

test('of values that come too fast the latest wins and none is late', () => {
  const clock = new FakeClock();
  const begin = clock.now();
  const passed: [number, number][] = [];
  const throttle = new LatestWins<number>(clock, 40, (value) => passed.push([clock.now() - begin, value]));
  for (let i = 0; i < 10; i++) {
    throttle.push(i);
    clock.advance(10);
  }
  clock.advance(100);
  expect(passed).toEqual([
    [0, 0],
    [40, 3],
    [80, 7],
    [120, 9],
  ]);
});

test('the real-time factor is the share of wall time that was shown', () => {
  const clock = new FakeClock();
  const meter = new RealTimeMeter();
  for (let i = 0; i <= 120; i++) {
    meter.shown(clock.now(), (i / 60) * 0.5);
    clock.advance(1000 / 60);
  }
  expect(meter.value(clock.now())).toBeCloseTo(0.5, 2);
  clock.advance(500);
  expect(meter.value(clock.now())).toBeLessThan(0.45);
  clock.advance(2000);
  expect(meter.value(clock.now())).toBeNull();
});
