import { describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { active, type Stage, type StageOptions, stage } from './stand-in.ts';

/** A robot that was stopped: inactive, with torque. */
async function holding(options?: StageOptions): Promise<Stage> {
  const it = await active(options);
  await it.clock.run(it.bridge.stop('hold'));
  await it.clock.pass(1);
  it.robot.calls.length = 0;
  it.told.length = 0;
  return it;
}

const reasons = ({ told }: Stage) =>
  told.flatMap((message) => (message.type === 'halted' ? [message.reason] : []));
const stops = ({ robot }: Stage) => robot.calls.filter((call) => call.startsWith('stop'));

describe('a robot that holds', () => {
  it.each([
    ['heat', { temperature: 70 }, 'shoulder_pan: 70 °C, at most 65 °C; let it cool down'],
    ['a low voltage', { voltage: 4 }, 'shoulder_pan: 4 V, at least 4.5 V; check its supply'],
    ['a high voltage', { voltage: 14 }, 'shoulder_pan: 14 V, at most 13 V; check its supply'],
    ['a complaint', { error: 'overload' }, 'shoulder_pan: its motor reports overload'],
  ] as const)('is watched for %s: told once, told to hold anew, nothing sent', async (_, wrong, reason) => {
    const it = await holding();
    Object.assign(it.robot, wrong);
    await it.clock.pass(5);
    expect(reasons(it)).toEqual([reason]);
    expect(it.bridge.report()).toMatchObject({
      lifecycle: 'inactive',
      fault: reason,
      stop: { stopped: true },
    });
    expect(stops(it)).toEqual(['stop hold']);
    expect(it.robot.calls).not.toContain('write');
  });

  it('is watched for joints that are not heard of', async () => {
    const { hardware } = await holding();
    const it = await holding({ hardware: { trips: { ...hardware.trips, age: 0.3 } } });
    it.robot.silent = true;
    await it.clock.pass(1);
    expect(reasons(it)).toEqual([
      expect.stringMatching(
        /^no joint has been heard of for 0\.3\d* s, at most 0\.3 s; check its cable and its supply$/,
      ),
    ]);
  });

  it('is not activated while it lasts, and is when it is over', async () => {
    const it = await holding();
    it.robot.temperature = 70;
    await it.clock.pass(1);
    await expect(it.clock.run(it.bridge.activate())).rejects.toThrow('70 °C, at most 65 °C');
    expect(it.robot.calls).not.toContain('activate');
    it.robot.temperature = 50;
    await it.clock.run(it.bridge.activate());
    expect(it.bridge.report()).toMatchObject({ lifecycle: 'active', fault: null });
  });

  it('is watched after a fault, too, and told of what comes on top', async () => {
    const it = await active();
    it.robot.temperature = 70;
    await it.clock.pass(1);
    it.robot.error = 'turned its torque off';
    await it.clock.pass(1);
    expect(reasons(it)).toEqual([
      'shoulder_pan: 70 °C, at most 65 °C; let it cool down',
      'shoulder_pan: its motor reports turned its torque off',
    ]);
  });

  it('that its driver loses is told to hold, and what was verified before no longer counts', async () => {
    const it = await holding();
    it.robot.before.read = () => {
      throw new RobotFault('the cable is out');
    };
    it.robot.unverified = Number.POSITIVE_INFINITY;
    await it.clock.pass(5);
    expect(reasons(it)).toEqual(['the cable is out']);
    expect(it.bridge.report()).toMatchObject({ lifecycle: 'unconfigured', fault: 'the cable is out' });
    expect(it.bridge.report().stop?.stopped).toBe(false);
  });

  it('that its driver loses as it is to be activated is told to hold anew, too', async () => {
    const it = await holding();
    it.robot.before.read = () => {
      throw new RobotFault('the cable is out');
    };
    await expect(it.clock.run(it.bridge.activate())).rejects.toThrow('the cable is out');
    await it.clock.pass(1);
    expect(reasons(it)).toEqual(['the cable is out']);
    expect(stops(it)).toEqual(['stop hold']);
    expect(it.bridge.report()).toMatchObject({ lifecycle: 'unconfigured', fault: 'the cable is out' });
  });

  it('is released as the policy says', async () => {
    const it = await holding({ hardware: { stop: { release: 5 } } });
    it.robot.temperature = 70;
    await it.clock.pass(4.9);
    expect(it.robot.torque).toBe(true);
    await it.clock.pass(0.3);
    expect(it.robot.torque).toBe(false);
    expect(stops(it)).toEqual(['stop hold', 'stop release']);
  });

  it('is not released later for it', async () => {
    const it = await active({ hardware: { stop: { release: 5 } } });
    await it.clock.run(it.bridge.stop());
    await it.clock.pass(3);
    it.robot.temperature = 70;
    await it.clock.pass(2.1);
    expect(stops(it)).toEqual(['stop hold', 'stop hold', 'stop release']);
    expect(it.robot.torque).toBe(false);
  });

  it('is released before the bridge closes, though it was told to hold anew', async () => {
    const it = await active({ hardware: { stop: { release: 5 } } });
    await it.clock.run(it.bridge.finalize());
    const closed = it.bridge.close();
    await it.clock.pass(2);
    it.robot.temperature = 70;
    await it.clock.run(closed);
    expect(it.robot.calls.filter((call) => /^(stop|close)/.test(call))).toEqual([
      ...['stop hold', 'stop hold', 'stop release', 'close'],
    ]);
  });
});

describe('a robot without torque is not watched', () => {
  it('that was never activated', async () => {
    const it = stage();
    await it.clock.run(it.bridge.configure());
    it.robot.temperature = 70;
    await it.clock.pass(1);
    expect(it.bridge.report().fault).toBeNull();
    expect(stops(it)).toEqual([]);
  });

  it('that was released', async () => {
    const it = await active();
    await it.clock.run(it.bridge.stop('release'));
    it.robot.temperature = 70;
    await it.clock.pass(1);
    expect(it.bridge.report().fault).toBeNull();
    expect(stops(it)).toEqual(['stop release']);
  });
});
