import { expect, test } from 'vitest';
import { cartpole, stream } from './broadcast-stream.ts';
import { exchange, hardwareReport } from './fixture.ts';

test('of the bridge’s cycles at most 20 a second are shown, NaN as null; a fault is told at once, with since when', () => {
  const parts = stream(cartpole);
  parts.listen();
  for (let cycle = 0; cycle < 300; cycle++) {
    parts.broadcast.emit({ type: 'exchange', epoch: 0, exchange: exchange(cartpole.robot, cycle) });
    if (cycle % 5 === 0) parts.broadcast.emit({ type: 'hardware', report: hardwareReport(cartpole.robot) });
    parts.clock.advance(10);
  }
  const cycles = parts.of('/hardware/exchange');
  expect(cycles.length).toBeGreaterThan(50);
  expect(cycles.length).toBeLessThanOrEqual(61);
  const sent = exchange(cartpole.robot, cycles[1].message.cycle);
  expect(cycles[1].message.position).toEqual(Array.from(sent.position));
  expect(cycles[1].message.effort).toEqual([null]);
  const reports = parts.of('/hardware/report');
  expect(reports.length).toBeGreaterThan(10);
  expect(reports.length).toBeLessThanOrEqual(16);
  const began = (parts.clock.now() - 3000) / 1000;
  expect(reports.at(-1)?.message).toMatchObject({ fault: null, since: expect.closeTo(began, 6) });
  const fault = 'motor 3 (elbow_flex): overheated, 71 °C';
  parts.broadcast.emit({
    type: 'hardware',
    report: hardwareReport(cartpole.robot, { lifecycle: 'inactive', fault }),
  });
  const now = parts.clock.now() / 1000;
  expect(parts.newest('/hardware/report')).toMatchObject({ fault, since: expect.closeTo(now, 6) });
});
