import { beforeAll, describe, expect, it } from 'vitest';
import type { Exchange } from '#src/core/hardware';
import type { RobotModel } from '#src/core/robot';
import { type Rig, rig } from './fault-matrix.ts';

let robot: RobotModel;
beforeAll(async () => {
  const { loadRobot } = await import('#src/load/robot');
  robot = await loadRobot('so101');
});

const TICK = (2 * Math.PI) / 4096;
const exchanges = ({ told }: Rig) =>
  told.flatMap((message) => (message.type === 'exchange' ? [message.exchange] : []));
/** What no cycle told: it counts with the one before it. */
const beside = (all: readonly Exchange[]) =>
  all.filter(({ cycle }, i) => i > 0 && cycle === all[i - 1].cycle);

describe.each(['feetech', 'dynamixel'] as const)('with motors of %s a recording holds', (family) => {
  it('what is read and sent to activate and to stop, in order with the cycles', async () => {
    const it = rig(robot, family);
    const { bridge, clock } = it;
    await clock.run(bridge.configure());
    await clock.pass(0.05);
    await clock.run(bridge.activate());
    const [activation, ...none] = beside(exchanges(it));
    expect(none).toEqual([]);
    const held = it.truth();
    for (const [j, value] of activation.sent.entries()) {
      expect(Math.abs(value - held[j].position)).toBeLessThan(TICK);
      expect(Math.abs(value - held[j].goal)).toBeLessThan(TICK);
      expect(activation.position[j]).toBe(value);
      expect(activation.asked[j]).toBeNaN();
    }

    it.wave(true);
    await clock.pass(0.4);
    const before = exchanges(it).length;
    await clock.run(bridge.stop());
    const stopping = beside(exchanges(it).slice(before - 1));
    expect(stopping.length).toBeGreaterThan(1);
    const stopped = it.truth();
    const last = stopping[stopping.length - 1];
    for (const [j, value] of last.sent.entries()) {
      expect(Math.abs(value - stopped[j].goal)).toBeLessThan(TICK);
      expect(Math.abs(last.position[j] - stopped[j].position)).toBeLessThan(2 * TICK);
    }

    await clock.pass(0.05);
    const all = exchanges(it);
    // Cycles are counted without a gap, what goes with one is not, and the grid goes on while it is activated and stopped.
    const cycles = all.filter(({ count }) => count !== undefined);
    expect(cycles.map(({ count }) => count)).toEqual(cycles.map((_, i) => i));
    expect(all.length - cycles.length).toBe(beside(all).length);
    expect(cycles[cycles.length - 1].cycle).toBeGreaterThan(cycles.length);
    all.forEach(({ began, readAt, sentAt }, i) => {
      expect(readAt).toBeGreaterThan(began);
      if (!Number.isNaN(sentAt)) expect(sentAt).toBeGreaterThanOrEqual(readAt);
      if (i > 0) expect(readAt).toBeGreaterThan(all[i - 1].readAt);
    });
    await clock.run(bridge.finalize());
    await clock.run(bridge.close());
  });
});
