import { describe, expect, it } from 'vitest';
import { active } from './stand-in.ts';

describe('how a robot is stopped', () => {
  it('it holds, and the torque stays on', async () => {
    const { bridge, clock, robot } = await active();
    await clock.run(bridge.stop());
    await clock.pass(60);
    expect(robot.calls.filter((call) => call.startsWith('stop'))).toEqual(['stop hold']);
    expect(robot.torque).toBe(true);
  });

  it('its torque goes off after the time that the policy names, also when the program is gone', async () => {
    const { bridge, clock, robot } = await active({ hardware: { stop: { release: 5 } } });
    await clock.run(bridge.finalize('the program ended'));
    const closed = bridge.close();
    await clock.pass(4.9);
    expect(robot.torque).toBe(true);
    await clock.run(closed);
    expect(robot.torque).toBe(false);
    expect(robot.calls.slice(-2)).toEqual(['stop release', 'close']);
  });

  it('a release that waits does not come when it has been activated again', async () => {
    const { bridge, clock, robot } = await active({ hardware: { stop: { release: 5 } } });
    await clock.run(bridge.stop());
    await clock.pass(1);
    await clock.run(bridge.activate());
    await clock.pass(10);
    expect(robot.torque).toBe(true);
  });

  it('a release that is under way is over before it is activated again', async () => {
    const { bridge, clock, robot } = await active({ hardware: { stop: { release: 5 } } });
    await clock.run(bridge.stop());
    robot.unverified = 20;
    await clock.pass(5.1);
    expect(robot.unverified).toBeGreaterThan(0);
    await clock.run(bridge.activate());
    await clock.pass(3);
    expect(robot.torque).toBe(true);
    expect(robot.calls.lastIndexOf('stop release')).toBeLessThan(robot.calls.lastIndexOf('activate'));
  });

  it('at once without torque where the policy says 0, or when asked to', async () => {
    const first = await active({ hardware: { stop: { release: 0 } } });
    expect(await first.clock.run(first.bridge.stop())).toEqual({ stopped: true, how: 'release' });
    const second = await active();
    expect(await second.clock.run(second.bridge.stop('release'))).toEqual({ stopped: true, how: 'release' });
  });

  it('it is told again until it is verified, and never said to be stopped before', async () => {
    const { bridge, clock, robot } = await active();
    robot.unverified = 4;
    expect(await clock.run(bridge.stop())).toEqual({ stopped: true, how: 'hold' });
    expect(robot.calls.filter((call) => call === 'stop hold')).toHaveLength(5);
    await clock.run(bridge.activate());
    robot.unverified = Number.POSITIVE_INFINITY;
    const report = await clock.run(bridge.stop());
    expect(report.stopped).toBe(false);
    expect(report.how).toMatch(/^not verified after \d+ tries: no answer$/);
    expect(bridge.lifecycle).toBe('inactive');
  });

  it('a driver that hangs while stopping is not waited for', async () => {
    const { bridge, clock, robot } = await active();
    robot.before.stop = () => new Promise(() => {});
    const report = await clock.run(bridge.stop());
    expect(report).toMatchObject({ stopped: false, how: expect.stringContaining('no answer for 2.5 s') });
  });
});

describe('what is told of its stop', () => {
  it('is of the one that ended its last activity: nothing while it may move, nor while it is being stopped', async () => {
    const { bridge, clock, robot, told } = await active();
    const last = () => bridge.report().stop;
    expect(last()).toBeNull();
    await clock.run(bridge.stop());
    expect(last()).toEqual({ stopped: true, how: 'hold' });
    told.length = 0;
    robot.before.activate = () => {
      const reports = told.flatMap((message) => (message.type === 'report' ? [message.report] : []));
      expect(reports.at(-1)?.stop, 'before it could move').toBeNull();
    };
    await clock.run(bridge.activate());
    expect(last()).toBeNull();
    robot.unverified = 1;
    const stopping = bridge.stop();
    expect(last()).toBeNull();
    await clock.run(stopping);
    expect(last()).toEqual({ stopped: true, how: 'hold' });
  });
});
