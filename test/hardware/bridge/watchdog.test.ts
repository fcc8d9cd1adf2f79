import { describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { active, model, plus, type Stage, type StageOptions } from './stand-in.ts';

describe('what stops an active robot', () => {
  /** Lets things go well, then `wrong`; returns what came of it. */
  async function goWrong(wrong: (it: Stage) => unknown, options?: StageOptions) {
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

  it('joints that are not heard of, which passes: it is active again where they are', async () => {
    const { reason, passing, bridge, clock, robot } = await goWrong(({ robot }) => {
      robot.silent = true;
    });
    expect(reason).toMatch(
      /^no joint has been heard of for 0\.3\d* s, at most 0\.3 s; check its cable and its supply$/,
    );
    expect(passing).toBe(true);
    const refused = await clock.run(bridge.activate().catch((error) => error));
    expect(refused).toMatchObject({
      message: expect.stringMatching(/^no joint has been heard/),
      passing: true,
    });
    robot.silent = false;
    await clock.run(bridge.activate());
    expect(bridge.report()).toMatchObject({ lifecycle: 'active', fault: null });
  });

  it('the same of a computer that stood still, again and again: that is the cause', async () => {
    const { reason, passing } = await goWrong(async ({ robot, clock }) => {
      robot.silent = true;
      for (let i = 0; i < 4; i++) {
        clock.jump(0.09);
        await clock.pass(0.02);
      }
    });
    expect(reason).toMatch(
      /^no joint has been heard of for 0\.3\d* s, at most 0\.3 s; the computer stood still for 0\.2\d* s of it/,
    );
    expect(passing).toBe(true);
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
