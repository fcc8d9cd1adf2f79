import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CommandControl } from '#src/core/run-control';

const settled = async (promise: Promise<void>) =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);

describe('run control', () => {
  it('holds a paused loop, lets one step through, and lets go when resumed', async () => {
    const control = new CommandControl();
    expect(await settled(control.gate())).toBe(true);
    control.command({ type: 'pause' });
    const held = control.gate();
    expect(await settled(held)).toBe(false);
    control.command({ type: 'step' });
    expect(await settled(held)).toBe(true);
    const again = control.gate();
    expect(await settled(again)).toBe(false);
    control.command({ type: 'resume' });
    expect(await settled(again)).toBe(true);
  });

  it('owes no step of an earlier pause', async () => {
    const control = new CommandControl();
    for (const type of ['step', 'resume', 'pause'] as const) control.command({ type });
    expect(control.takeStep()).toBe(false);
    expect(await settled(control.gate())).toBe(false);
  });

  it('lets a paused loop end, and meet a reset once', async () => {
    const control = new CommandControl();
    control.command({ type: 'pause' });
    const held = control.gate();
    control.command({ type: 'reset' });
    expect(await settled(held)).toBe(true);
    expect([control.takeReset(), control.takeReset()]).toEqual([true, false]);
    const again = control.gate();
    expect(await settled(again)).toBe(false);
    control.command({ type: 'stop' });
    expect(await settled(again)).toBe(true);
    expect(control.stopping).toBe(true);
  });

  it('tells of the next command, or that what was waited for is over, and then keeps nothing of it', async () => {
    const control = new CommandControl();
    let end = () => {};
    const waiting = control.changed(
      new Promise<void>((resolve) => {
        end = resolve;
      }),
    );
    expect(await settled(waiting)).toBe(false);
    end();
    await waiting;
    const next = control.changed(new Promise(() => {}));
    control.command({ type: 'speed', value: 2 });
    expect(await settled(next)).toBe(true);

    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const waits = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const until = i % 2 === 0 ? Promise.resolve() : Promise.reject(new Error('over'));
        await control.changed(until);
        return new WeakRef(until);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    expect(waits.filter((wait) => wait.deref() !== undefined).length).toBeLessThan(5);
  });
});
