import { describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { active, model, plus, stage } from './stand-in.ts';

describe('the lifecycle of a bridge', () => {
  it('reads when inactive and writes nothing, also when commands come', async () => {
    const { bridge, clock, robot, exchanges } = stage();
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
    const { bridge, clock, robot } = stage();
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
    const { bridge, clock, robot } = stage();
    await clock.run(bridge.configure());
    expect(await clock.run(bridge.stop())).toMatchObject({ how: 'it was not active, and was left as it is' });
    expect(await clock.run(bridge.finalize())).toBeNull();
    await clock.run(bridge.close());
    expect(robot.calls.some((call) => call.startsWith('stop'))).toBe(false);
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
    const { bridge, clock, robot } = stage();
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
    const { bridge, clock, robot } = stage();
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
