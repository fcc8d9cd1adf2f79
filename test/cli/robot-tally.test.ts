import { describe, expect, it } from 'vitest';
import { RobotTally } from '#src/cli/hardware/robot-tally';
import type { Exchange, HardwareReport } from '#src/core/hardware';

const exchange = (asked: number, limited: readonly string[]) => ({
  ...({ type: 'exchange', epoch: 1 } as const),
  exchange: { asked: Float64Array.of(asked), limited } as unknown as Exchange,
});
const report = {
  ...{ lifecycle: 'inactive', name: 'a robot', dryRun: false, limited: { 'lift: step': 9 }, fault: null },
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

describe('says that the robot has stopped', () => {
  const heard = (...reports: Partial<HardwareReport>[]) => {
    const tally = new RobotTally();
    for (const each of reports) tally.event({ type: 'hardware', report: { ...report, ...each } });
    return tally;
  };
  const moving = { lifecycle: 'active', stop: null } as const;

  it('of the stop that ended its last activity alone', () => {
    const tally = heard({}, moving);
    expect(tally.lines()[1]).toBe('robot    not known to have stopped: its bridge told of no stop');
    expect(tally.summary?.stop).toEqual({ stopped: false, how: 'its bridge told of no stop' });
    expect(heard({}, moving, {}).lines()[1]).toBe('robot    stopped: read back');
  });

  it('or not, where it was never active', () => {
    expect(heard({ stop: null }).lines()).toHaveLength(1);
    expect(heard({ stop: null }).summary?.stop).toBeNull();
  });

  it('and that it is not known to have, once', () => {
    const tally = heard(moving, { stop: { stopped: false, how: 'motor 2 still moves' } });
    expect(tally.lines('a fault')).toContain('robot    not known to have stopped: motor 2 still moves');
    expect(tally.lines('a fault; not certain: motor 2 still moves')).toHaveLength(1);
  });
});
