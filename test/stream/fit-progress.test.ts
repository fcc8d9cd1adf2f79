import { expect, test } from 'vitest';
import { cartpole, stream } from './broadcast-stream.ts';
import { fitProgress } from './fixture.ts';

test('during a fit its progress is told at least five times a second, with the time that goes by', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'activity', activity: 'fitting' });
  parts.clock.advance(1000);
  parts.broadcast.emit(fitProgress(1, 1));
  parts.clock.advance(1000);
  const told = parts.of('/fit').map(({ at, message }) => ({ at, ...message }));
  expect(told.filter(({ at }) => at > 0 && at <= 1000).length).toBeGreaterThanOrEqual(5);
  expect(told.filter(({ at }) => at > 1000).length).toBeGreaterThanOrEqual(5);
  expect(told.at(-1)).toMatchObject({ running: true, epoch: 1, epochs: 60 });
  expect(told.at(-1)?.elapsed).toBeGreaterThan(1.8);
  parts.broadcast.emit({ type: 'activity', activity: 'acting' });
  const after = parts.of('/fit').length;
  expect(parts.newest('/fit').running).toBe(false);
  parts.clock.advance(1000);
  expect(parts.of('/fit')).toHaveLength(after);
});

test('who comes late hears of each epoch once, without the repetitions that only tell the time', () => {
  const parts = stream(cartpole);
  parts.broadcast.emit({ type: 'activity', activity: 'fitting' });
  for (const epoch of [1, 2, 3]) {
    parts.clock.advance(1000);
    parts.broadcast.emit(fitProgress(1, epoch));
  }
  parts.clock.advance(1000);
  parts.listen();
  expect(parts.of('/fit').map(({ message }) => message.epoch)).toEqual([0, 1, 2, 3]);
});
