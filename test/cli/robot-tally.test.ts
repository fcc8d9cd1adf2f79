import { expect, it } from 'vitest';
import { RobotTally } from '#src/cli/hardware/robot-tally';
import type { Exchange, HardwareReport } from '#src/core/hardware';

const exchange = (asked: number, limited: readonly string[]) => ({
  ...({ type: 'exchange', epoch: 1 } as const),
  exchange: { asked: Float64Array.of(asked), limited } as unknown as Exchange,
});
const report = {
  ...{ name: 'a robot', dryRun: false, limited: { 'lift: step': 9 }, fault: null },
  ...{ stop: { stopped: true, how: 'read back' }, loop: { rate: 100, overruns: 0, skipped: 0 } },
} as unknown as HardwareReport;

it('counts what limits changed of what was asked, a blocked path as one reason, and nothing of what nobody asked for', () => {
  const tally = new RobotTally();
  tally.event({ type: 'hardware', report });
  tally.event(exchange(Number.NaN, ['lift: step']));
  tally.event(exchange(0.1, []));
  tally.event(exchange(0.1, ['lift: velocity', 'path: jaw would go 1.2 mm below the floor']));
  tally.event(exchange(0.1, ['path: jaw would go 3 mm below the floor']));
  expect(tally.summary?.limited).toEqual({ 'lift: velocity': 1, path: 2 });
  expect(tally.lines()).toEqual([
    'commands 3 asked; limits changed 2 (path 2, lift: velocity 1)',
    'robot    stopped: read back',
  ]);
});
