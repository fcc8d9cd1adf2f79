import { expect, test } from 'vitest';
import { act, cartpole, stream, tick } from './broadcast-stream.ts';
import { wallDescription } from './fixture.ts';

test('what a run on the wall clock tells of time adds up over the episode, at most ten times a second', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'start', run: wallDescription(cartpole) });
  expect(parts.newest('/run').run).toMatchObject({ clock: 'wall', delayMs: 30 });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: [] });
  const good = Array.from({ length: 20 }, (_, i) => ['plan', 34, i % 2] as const);
  tick(parts, [...good, ['old-plan', 70, 5], ['hold', 110, 0], ['stop', null, 0]]);
  parts.clock.advance(200);
  const told = parts.of('/timing');
  for (let i = 1; i < told.length; i++) expect(told[i].at - told[i - 1].at).toBeGreaterThanOrEqual(99);
  expect(told.length).toBeGreaterThan(6);
  expect(Math.max(...told.map(({ message }) => message.level))).toBe(4);
  expect(told.find(({ message }) => message.planAge === 110)?.message.lateness).toBeGreaterThanOrEqual(0);
  expect(Math.max(...told.map(({ message }) => message.lateness))).toBe(5);
  const { jitter, ...last } = parts.newest('/timing');
  expect(last).toMatchObject({ epoch: 1, trial: 2, step: 23, ticks: 23, missed: 1, starved: 2, delay: 30 });
  expect(last.rungs).toEqual({ plan: 20, 'old-plan': 1, hold: 1, decay: 0, stop: 1 });
  // |Δ lateness|: 19 times 1, then 4, 5 and 0.
  expect(jitter).toEqual({ mean: expect.closeTo(28 / 22, 9), p99: 5, max: 5 });
  expect(parts.of('/step')[20].message.timing).toEqual({
    rung: 'old-plan',
    planAge: 70,
    lateness: 5,
    delay: 30,
  });
  // A stall of 90 ms leaves out two ticks of 40 ms; the tick after it is off by the 10 ms that are left.
  tick(
    parts,
    [
      ['plan', 34, 90, 2],
      ['plan', 34, 0],
    ],
    3,
  );
  parts.clock.advance(200);
  expect(parts.newest('/timing').jitter).toEqual({ mean: 10, p99: 10, max: 10 });
  expect(parts.newest('/timing').missed).toBe(3);
  // Counts begin anew with the episode; what was told stays for who comes late.
  parts.broadcast.emit({ type: 'reset', epoch: 4, trial: 3, markers: [] });
  tick(parts, [['plan', 34, 0]], 4);
  parts.clock.advance(200);
  expect(parts.newest('/timing')).toMatchObject({ epoch: 4, ticks: 1, missed: 0, starved: 0 });
  const before = parts.of('/timing').length;
  parts.listen();
  expect(parts.of('/timing')).toHaveLength(2 * before);
});

test('a run on the simulator’s clock tells nothing of time', () => {
  const parts = stream(cartpole);
  parts.listen();
  act(parts, cartpole, 10);
  parts.clock.advance(1000);
  expect(parts.of('/timing')).toEqual([]);
  expect(parts.newest('/step').timing).toBeNull();
});
