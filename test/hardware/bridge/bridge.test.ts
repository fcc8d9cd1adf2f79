import { beforeAll, describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { type StageOptions, stage } from './stand-in.ts';

let model: RobotModel;
beforeAll(async () => {
  model = await loadRobot('so101');
});

/** An active robot, its controller beating. */
async function active(options?: StageOptions) {
  const it = stage(model, options);
  await it.clock.run(it.bridge.configure());
  it.control(() => null);
  await it.clock.run(it.bridge.activate());
  return it;
}
const home = () => Float64Array.from(model.home);
const plus = (by: number) => home().map((value) => value + by);

describe('the lifecycle of a bridge', () => {
  it('reads when inactive and writes nothing, also when commands come', async () => {
    const { bridge, clock, robot, exchanges } = stage(model);
    expect(bridge.lifecycle).toBe('unconfigured');
    await clock.run(bridge.configure());
    expect(bridge.lifecycle).toBe('inactive');
    for (let i = 0; i < 20; i++) {
      bridge.command(plus(0.1), i);
      await clock.pass(0.01);
    }
    expect(robot.calls.filter((call) => call === 'read').length).toBeGreaterThan(15);
    expect(robot.written).toEqual([]);
    expect(robot.calls).not.toContain('activate');
    expect(exchanges().every(({ sent, sentAt }) => Number.isNaN(sent[0]) && Number.isNaN(sentAt))).toBe(true);
  });

  it('sends the present position first', async () => {
    const start = plus(0.123);
    const { robot, clock } = await active({ start });
    await clock.pass(0.05);
    for (const { command } of robot.written) expect([...command]).toEqual([...start]);
  });

  it('holds an active robot that has no command yet, for as long as its program lives', async () => {
    const { bridge, clock, robot } = await active();
    await clock.pass(5);
    expect(bridge.lifecycle).toBe('active');
    expect(robot.written.length).toBeGreaterThan(400);
    expect(robot.position[0]).toBeCloseTo(model.home[0], 9);
  });

  it('may sleep between episodes: the clock counts from its activation', async () => {
    const { bridge, clock, shift } = await active();
    await clock.run(bridge.stop());
    shift(3600_000);
    await clock.pass(0.1);
    await clock.run(bridge.activate());
    await clock.pass(0.1);
    expect(bridge.lifecycle).toBe('active');
  });

  it('applies the command that answers a tick in the same cycle', async () => {
    const { clock, robot, control, ticks } = await active();
    control((tick) => plus(0.001 * (tick.cycle % 3)));
    await clock.pass(0.3);
    const at = ticks()[ticks().length - 2].readAt / 1000 - 5;
    const next = robot.written.find(({ time }) => time > at)!;
    expect(next.time - at).toBeLessThan(0.004);
  });

  it('never writes again after a stop, nor in a cycle that is under way', async () => {
    const { bridge, clock, robot, control } = await active();
    control(() => plus(0.1));
    await clock.pass(0.1);
    // The stop comes while the cycle reads.
    const stopped = new Promise<unknown>((resolve) => {
      robot.before.read = () => {
        robot.before.read = undefined;
        robot.written.length = 0;
        resolve(bridge.stop());
      };
    });
    expect(await clock.run(stopped)).toEqual({ stopped: true, how: 'hold' });
    await clock.pass(0.5);
    expect(robot.written).toEqual([]);
    expect(bridge.lifecycle).toBe('inactive');
  });

  it('stops once more after a write that was under way when the stop came', async () => {
    const { bridge, clock, robot, control } = await active();
    control(() => plus(0.1));
    await clock.pass(0.1);
    const stopped = new Promise<unknown>((resolve) => {
      robot.before.write = () => {
        robot.before.write = undefined;
        resolve(bridge.stop());
        robot.calls.length = 0;
        return new Promise<void>((go) => clock.at(clock.now() + 0.02, go));
      };
    });
    await clock.run(stopped);
    expect(robot.calls.filter((call) => call === 'stop hold')).toHaveLength(2);
    robot.settle();
    const [rest] = robot.position;
    await clock.pass(0.5);
    robot.settle();
    expect(robot.position[0]).toBe(rest);
  });

  it('can be activated again after a stop', async () => {
    const { bridge, clock, robot } = await active();
    await clock.run(bridge.stop());
    await clock.run(bridge.activate());
    expect(bridge.lifecycle).toBe('active');
    expect(robot.calls.filter((call) => call === 'configure')).toHaveLength(1);
  });

  it('does not come to life when it is stopped while it is being activated', async () => {
    const { bridge, clock, robot } = stage(model);
    await clock.run(bridge.configure());
    let report: unknown;
    robot.before.activate = async () => {
      report = bridge.stop();
    };
    await expect(clock.run(bridge.activate())).rejects.toThrow('it was stopped');
    expect(await clock.run(report as Promise<unknown>)).toEqual({ stopped: true, how: 'hold' });
    expect(bridge.lifecycle).toBe('inactive');
    expect(robot.calls[robot.calls.length - 1]).not.toBe('activate');
  });

  it('is finalized once: stopped, then closed, with the torque left on', async () => {
    const { bridge, clock, robot } = await active();
    expect(await clock.run(bridge.finalize())).toEqual({ stopped: true, how: 'hold' });
    await clock.run(bridge.close());
    expect(bridge.lifecycle).toBe('finalized');
    expect(robot.calls.slice(-2)).toEqual(['stop hold', 'close']);
    expect(robot.torque).toBe(true);
    await expect(clock.run(bridge.activate())).rejects.toThrow('closing');
  });

  it('leaves a robot alone that it never activated', async () => {
    const { bridge, clock, robot } = stage(model);
    await clock.run(bridge.configure());
    expect(await clock.run(bridge.stop())).toMatchObject({ how: 'it was not active, and was left as it is' });
    expect(await clock.run(bridge.finalize())).toBeNull();
    await clock.run(bridge.close());
    expect(robot.calls.some((call) => call.startsWith('stop'))).toBe(false);
  });
});

describe('what stops an active robot', () => {
  /** Lets things go well, then `wrong`; returns what came of it. */
  async function goWrong(wrong: (it: Awaited<ReturnType<typeof active>>) => unknown, options?: StageOptions) {
    const it = await active(options);
    it.control(() => plus(0.05));
    await it.clock.pass(0.5);
    expect(it.bridge.lifecycle).toBe('active');
    const from = it.clock.now();
    await wrong(it);
    await it.clock.pass(1);
    const stop = it.robot.calls.findIndex((call) => call.startsWith('stop'));
    const halted = it.told.find((message) => message.type === 'halted');
    expect(stop, 'a stop').toBeGreaterThan(0);
    expect(it.robot.calls.slice(stop)).not.toContain('write');
    return {
      ...it,
      reason: halted?.reason ?? '',
      passing: halted?.passing,
      from,
      last: it.robot.written.at(-1)!.time,
    };
  }

  it('no command for 150 ms, though the program lives', async () => {
    const { reason, passing, from, last, bridge } = await goWrong(({ control }) => control(() => null));
    expect(reason).toMatch(/^no command for 1[56]\d ms$/);
    expect(passing).toBe(true);
    expect(last - from).toBeLessThan(0.17);
    expect(bridge.lifecycle).toBe('inactive');
  });

  it('commands that are not numbers count as none', async () => {
    const { reason, bridge } = await goWrong(({ control }) => control(() => plus(Number.NaN)));
    expect(reason).toMatch(/^no command for/);
    const { limited } = bridge.report();
    expect(limited['a command that is not numbers']).toBeGreaterThan(5);
    // The limiter hears of it, too: what was commanded before does not go on.
    expect(Object.keys(limited).some((reason) => reason.endsWith('not a number'))).toBe(true);
  });

  it('a main thread that stands still, though another thread commands on', async () => {
    const { reason, from, last } = await goWrong(({ bridge, clock }) => {
      // A beat that no longer changes.
      const { heartbeat } = bridge;
      bridge.heartbeat = () => heartbeat.call(bridge, 1e6);
      bridge.command = new Proxy(bridge.command, {
        apply: (method, self, [command]) => Reflect.apply(method, self, [command, 1e6]),
      });
      return clock.pass(0);
    });
    expect(reason).toMatch(/^the controlling program has stood still for 1[56]\d ms$/);
    expect(last - from).toBeLessThan(0.2);
  });

  it('a driver that does not answer', async () => {
    const { reason, from, last } = await goWrong(({ robot }) => {
      robot.before.read = () => new Promise(() => {});
    });
    expect(reason).toMatch(/^the robot has not answered for 1[56]\d ms$/);
    expect(last - from).toBeLessThan(0.02);
  });

  it('a driver that fails', async () => {
    const { reason, bridge, robot } = await goWrong(({ robot }) => {
      robot.before.read = () => {
        throw new RobotFault('motor 3 (elbow_flex): no answer');
      };
    });
    expect(reason).toBe('motor 3 (elbow_flex): no answer');
    expect(bridge.lifecycle).toBe('unconfigured');
    expect(robot.calls.filter((call) => call === 'read').length).toBeLessThan(60);
  });

  it('a reading beyond its bound', async () => {
    const { reason, passing } = await goWrong(({ robot }) => {
      robot.temperature = 80;
    });
    expect(reason).toBe('shoulder_pan: 80 °C, at most 65 °C; let it cool down');
    expect(passing).toBe(false);
  });

  it('a closed laptop whose monotonic clock stood still', async () => {
    const { reason, from, last } = await goWrong(({ shift }) => shift(3600_000));
    expect(reason).toMatch(/^the clock jumped by 3600\.\d s/);
    expect(last - from).toBeLessThan(0.012);
  });

  it('a closed laptop whose monotonic clock went on: what waited in the queue is not sent', async () => {
    const { reason, robot } = await goWrong(({ clock, bridge }) => {
      clock.jump(60);
      bridge.command(plus(0.5), 1e6);
    });
    expect(reason).toMatch(/^(the bridge stood still|the robot has not answered) for 60\d\d\d ms/);
    for (const { command } of robot.written) expect(command[0]).toBeLessThan(model.home[0] + 0.0501);
  });

  it('and the loop of a stopped robot goes on reading', async () => {
    const { robot, clock } = await goWrong(({ control }) => control(() => null));
    robot.calls.length = 0;
    await clock.pass(0.5);
    expect(robot.calls.filter((call) => call === 'read').length).toBeGreaterThan(40);
  });
});

describe('how it is stopped', () => {
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

describe('recovery', () => {
  it('a fault that passes needs no restart: activating configures anew', async () => {
    const { bridge, clock, robot } = await active();
    robot.before.read = () => {
      throw new RobotFault('the cable is out');
    };
    await clock.pass(0.1);
    await expect(clock.run(bridge.activate())).rejects.toThrow('the cable is out');
    robot.before.read = undefined;
    await clock.run(bridge.activate());
    expect(bridge.lifecycle).toBe('active');
    expect(bridge.report().fault).toBeNull();
    await clock.pass(1);
    expect(bridge.lifecycle).toBe('active');
  });

  it('what was too hot is not activated before it is cool', async () => {
    const { bridge, clock, robot } = await active();
    robot.temperature = 70;
    await clock.pass(0.5);
    robot.calls.length = 0;
    await expect(clock.run(bridge.activate())).rejects.toThrow('70 °C, at most 65 °C');
    expect(robot.calls).not.toContain('activate');
    robot.temperature = 50;
    await clock.run(bridge.activate());
    expect(bridge.lifecycle).toBe('active');
  });

  it('a robot whose program stands still is not activated', async () => {
    const { bridge, clock, robot } = stage(model);
    await clock.run(bridge.configure());
    bridge.heartbeat(1);
    await clock.pass(1);
    await expect(clock.run(bridge.activate())).rejects.toThrow('the controlling program stands still');
    expect(robot.calls).not.toContain('activate');
    const activated = bridge.activate();
    await clock.pass(0.5);
    bridge.heartbeat(2);
    await clock.run(activated);
    expect(bridge.lifecycle).toBe('active');
  });

  it('a robot that fails while it is being activated is stopped', async () => {
    const { bridge, clock, robot } = stage(model);
    await clock.run(bridge.configure());
    robot.before.activate = () => {
      throw new RobotFault('motor 2: no answer');
    };
    await expect(clock.run(bridge.activate())).rejects.toThrow('motor 2: no answer');
    expect(robot.calls[robot.calls.length - 1]).toBe('stop hold');
    robot.before.activate = undefined;
    await clock.run(bridge.activate());
    expect(bridge.lifecycle).toBe('active');
  });
});

describe('a dry run', () => {
  it('does all but activate, write and stop, and says so', async () => {
    const { bridge, clock, robot, control, exchanges } = await active({ options: { dryRun: true } });
    await clock.run(bridge.move(plus(0.3)));
    control(() => plus(0.1));
    await clock.pass(0.5);
    const last = exchanges().at(-1)!;
    expect([...last.asked]).toEqual([...plus(0.1)]);
    expect(last.sent.every(Number.isFinite)).toBe(true);
    expect(bridge.report()).toMatchObject({ lifecycle: 'active', dryRun: true });
    expect(await clock.run(bridge.stop())).toEqual({
      stopped: true,
      how: 'dry run: nothing had been commanded',
    });
    await clock.run(bridge.close());
    expect(new Set(robot.calls)).toEqual(new Set(['configure', 'read', 'close']));
  });
});

describe('the loop', () => {
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

describe('no jump', () => {
  it('over 500 random starts, whatever is asked, within the step clamp for the first 100 ms', async () => {
    const random = new Random(0, 'no-jump', 0);
    let largest = 0;
    for (let trial = 0; trial < 500; trial++) {
      const range = (j: number) => {
        const joint = model.joints[model.movable[j]];
        return random.uniform(joint.lower, joint.upper);
      };
      const start = model.home.map((_, j) => range(j));
      const { bridge, clock, robot, control } = stage(model, { start });
      await clock.run(bridge.configure());
      const wild = Float64Array.from(model.home, (_, j) => range(j));
      control(() => wild);
      await clock.run(bridge.activate());
      await clock.pass(0.1);
      for (const { command } of robot.written)
        command.forEach((value, j) => {
          largest = Math.max(largest, Math.abs(value - start[j]));
        });
    }
    expect(largest).toBeLessThanOrEqual(model.hardware!.limits.shoulder_pan.step + 1e-9);
    expect(largest).toBeGreaterThan(0.1);
  });
});
