import { expect, test } from 'vitest';
import { RecordingClock } from '#src/stream/recording-clock';
import { FakeClock } from './fake-clock.ts';

test('it goes with the plant while a simulator acts, with the wall while it fits, and never back', () => {
  const wall = new FakeClock();
  const clock = new RecordingClock(wall);
  const began = clock.now();
  const passed = () => clock.now() - began;
  const at = (time: number) => {
    const bodies = new Float64Array();
    clock.follow({ type: 'pose', epoch: 1, time, position: bodies, bodies });
    wall.advance(1);
  };
  wall.advance(100);
  clock.follow({ type: 'reset', epoch: 1, trial: 1, markers: [] });
  clock.follow({ type: 'activity', activity: 'acting' });
  at(2);
  expect(passed()).toBe(2100);
  at(1.5);
  expect(passed()).toBe(2100);
  // A fit within the episode takes its time; then the plant goes on where it was.
  clock.follow({ type: 'activity', activity: 'fitting' });
  wall.advance(500);
  expect(passed()).toBe(2600);
  clock.follow({ type: 'activity', activity: 'acting' });
  at(1.6);
  expect(passed()).toBe(2700);
  clock.follow({ type: 'reset', epoch: 2, trial: 2, markers: [] });
  at(0.5);
  expect(passed()).toBe(3200);
  clock.follow({ type: 'activity', activity: 'paused' });
  wall.advance(500);
  expect(passed()).toBe(3200);
  clock.follow({ type: 'end', reason: 'done' });
  wall.advance(500);
  expect(passed()).toBe(3700);
});
