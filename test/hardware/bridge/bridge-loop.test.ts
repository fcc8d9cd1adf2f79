import { describe, expect, it } from 'vitest';
import { active } from './stand-in.ts';

describe('the loop of a bridge', () => {
  it('keeps its rate, tells exchanges in order and a tick every control period', async () => {
    const { bridge, clock, exchanges, ticks } = await active();
    await clock.pass(2);
    const cycles = exchanges().map(({ cycle }) => cycle);
    expect(cycles).toEqual(cycles.map((_, i) => cycles[0] + i));
    expect(
      ticks()
        .slice(-50)
        .every(({ cycle }, i, all) => i === 0 || cycle - all[i - 1].cycle === 2),
    ).toBe(true);
    const { loop } = bridge.report();
    expect(loop.rate).toBeCloseTo(100, 6);
    expect(loop).toMatchObject({ overruns: 0, skipped: 0 });
    expect(loop.jitterMs.max).toBeLessThan(0.001);
  });

  it('leaves out what it missed and stays on its grid', async () => {
    const { bridge, clock, robot, exchanges } = await active();
    await clock.pass(0.1);
    const origin = exchanges()[0].began;
    let slow = 3;
    robot.before.read = () =>
      slow-- > 0 ? new Promise<void>((resolve) => clock.at(clock.now() + 0.034, resolve)) : undefined;
    await clock.pass(0.5);
    const { loop } = bridge.report();
    expect(loop.overruns).toBe(3);
    expect(loop.skipped).toBe(7);
    for (const { cycle, began } of exchanges().slice(-20))
      expect(began).toBeCloseTo(origin + 10 * (cycle - exchanges()[0].cycle), 6);
    const cycles = exchanges().map(({ cycle }) => cycle);
    expect(new Set(cycles).size).toBe(cycles.length);
  });

  it('reports five times a second and tells when, in time of day', async () => {
    const { clock, told } = await active();
    told.length = 0;
    await clock.pass(2);
    const reports = told.filter(({ type }) => type === 'report');
    expect(reports.length).toBeGreaterThanOrEqual(9);
    expect(reports.length).toBeLessThanOrEqual(11);
    expect(reports[0]).toMatchObject({ report: { clock: { unixOffset: 1e12 - 5000, robotOffset: null } } });
  });
});
