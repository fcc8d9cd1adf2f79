import { describe, expect, it } from 'vitest';
import { exchangeTime, wireTime } from '#src/hardware/bus-timing';
import { STATE_SIZE, sts3215 } from '#src/hardware/feetech/registers';
import { decodeCounts } from '#src/hardware/register';
import { bench } from './fixture.ts';

const ids = [1, 2, 3, 4, 5, 6];

describe("an emulated bus keeps a real bus's time", () => {
  it('reads the full state of six motors in 98 bytes, 0.98 ms at 1 Mbit/s', async () => {
    const { clock, bus } = bench('feetech', { latency: 0 }, { latency: 0 });
    const begun = clock.now();
    const states = await clock.run(bus.syncRead(56, STATE_SIZE, ids));
    expect(clock.now() - begun).toBeCloseTo(0.98e-3, 9);
    const { bytesOut, bytesIn } = bus.statistics();
    expect([bytesOut, bytesIn, bytesOut + bytesIn]).toEqual([14, 84, 98]);
    for (const bytes of states.values()) {
      const value = (name: 'present_position' | 'present_voltage' | 'present_temperature') =>
        decodeCounts(sts3215.get(name), bytes, sts3215.get(name).address - 56);
      expect([value('present_position'), value('present_voltage'), value('present_temperature')]).toEqual([
        2048, 120, 30,
      ]);
    }
  });

  it.each([
    { baud: 1_000_000, delay: 250, latency: 0.001 },
    { baud: 115_200, delay: 0, latency: 0.016 },
    { baud: 500_000, delay: 100, latency: 0 },
  ])('adds a return delay to each answer and the latency once: %o', async ({ baud, delay, latency }) => {
    const code = { 1000000: 0, 500000: 1, 115200: 4 }[baud]!;
    const servos = ids.map((id) => ({ id, registers: { return_delay: delay, baud: code } }));
    const timing = { baud, latency, returnDelay: delay * 2e-6 };
    const { clock, bus } = bench('feetech', { servos, baud, latency }, timing);
    const begun = clock.now();
    await clock.run(bus.syncRead(56, 8, ids));
    const stated = (98 * 10) / baud + 6 * delay * 2e-6 + latency;
    expect(clock.now() - begun).toBeCloseTo(stated, 9);
    expect(exchangeTime(14, new Array(6).fill(14), timing)).toBeCloseTo(stated, 12);
    expect(bus.statistics().milliseconds.max).toBeCloseTo(stated * 1000, 6);
  });

  it('has the deadline of an exchange at the time it would take and the margin', async () => {
    const { clock, bus, emulated } = bench('feetech', {}, { retries: 0, latency: 0.001, margin: 0.002 });
    emulated.condition(1, { dead: true });
    const begun = clock.now();
    await clock.run(bus.poll(1, 56, 8));
    const silence = wireTime(8 + 14, 1_000_000) + 0.001 + 0.002;
    const settling = 0.001 + 0.001;
    expect(clock.now() - begun).toBeCloseTo(silence + settling, 9);
  });

  it('lets requests wait for the wire: two sync writes take the time of both', async () => {
    const { clock, bus, emulated } = bench('feetech');
    const write = (value: number) =>
      bus.syncWrite(
        42,
        ids.map((id) => ({ id, data: Uint8Array.of(value, 8) })),
      );
    await clock.run(Promise.all([write(1), write(2)]));
    // 8 + 6 · 3 bytes each.
    await clock.pass(510e-6);
    expect(emulated.servo(1).get('goal_position')).toBe(0x801);
    await clock.pass(10.1e-6);
    expect(emulated.servo(1).get('goal_position')).toBe(0x802);
  });

  it('lets a motor move between two packets as it moves between many', async () => {
    const goal = async (looks: number) => {
      const { clock, bus } = bench('feetech');
      await clock.run(bus.write(1, 40, Uint8Array.of(1)));
      await clock.run(bus.write(1, 42, Uint8Array.of(0, 12)));
      const begun = clock.now();
      for (let i = 0; i < looks; i++) {
        await clock.run(bus.poll(1, 56, 2));
        await clock.pass(0.001);
      }
      await clock.pass(0.2 - (clock.now() - begun));
      return decodeCounts(sts3215.get('present_position'), (await clock.run(bus.read(1, 56, 2)))!);
    };
    expect(await goal(50)).toBe(await goal(0));
  });
});
