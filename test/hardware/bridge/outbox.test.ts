import { expect, it } from 'vitest';
import type { FromBridge } from '#src/hardware/bridge/messages';
import { Outbox } from '#src/hardware/bridge/outbox';

const tick = { type: 'tick' } as FromBridge;
const report = { type: 'report' } as FromBridge;

it('readings for a program that takes none are dropped beyond a thousand, nothing else is, and it is told', () => {
  const posted: FromBridge[] = [];
  let taken: (() => void)[] = [];
  const outbox = new Outbox((message, done) => {
    posted.push(message);
    taken.push(done);
  });
  for (let i = 0; i < 3000; i++) outbox.send(tick);
  expect(posted).toHaveLength(1000);
  outbox.send(report);
  expect(posted.slice(1000)).toEqual([report]);
  for (const done of taken) done();
  taken = [];
  for (let i = 0; i < 2; i++) outbox.send(tick);
  expect(posted.slice(1001)).toEqual([
    { type: 'log', level: 'warning', message: '2000 readings were not told, as the program took nothing' },
    tick,
    tick,
  ]);
});
