import { describe, expect, it } from 'vitest';
import { bench, counts, number } from './fixture.ts';

describe('a Feetech motor', () => {
  it('says voltage, heat and overload in its status, and turns torque off when it must', async () => {
    const { clock, bus, emulated } = bench('feetech');
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    emulated.condition(1, { voltage: 3.5 });
    expect(number(await clock.run(bus.read(1, 62, 1)))).toBe(35);
    expect(bus.health(1)).toMatchObject({ error: 0x01, errorText: 'voltage out of limits' });
    emulated.condition(1, { voltage: 12, temperature: 75 });
    expect(number(await clock.run(bus.read(1, 63, 1)))).toBe(75);
    expect(bus.health(1).errorText).toBe('overheated');
    expect(number(await clock.run(bus.read(1, 40, 1)))).toBe(0);
    emulated.condition(1, { temperature: 30, overload: true });
    await clock.run(bus.ping(1));
    expect(bus.health(1).errorText).toBe('overload');
    emulated.condition(1, { overload: false });
    await clock.run(bus.ping(1));
    expect(bus.health(1)).toMatchObject({ error: 0, errorText: '' });
  });

  it('keeps EEPROM through a reboot only when it was unlocked, and takes none with torque on', async () => {
    const { clock, bus, emulated } = bench('feetech');
    const limit = async () => number(await clock.run(bus.read(1, 11, 2)));
    await clock.run(bus.write(1, 11, counts(3000, 2)));
    expect(await limit()).toBe(3000);
    emulated.reboot(1);
    await clock.pass(0.2);
    expect(await limit()).toBe(4095);
    await clock.run(bus.write(1, 55, Uint8Array.of(0)));
    await clock.run(bus.write(1, 11, counts(3000, 2)));
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    await clock.run(bus.write(1, 11, counts(2000, 2)));
    emulated.reboot(1);
    await clock.pass(0.2);
    expect(await limit()).toBe(3000);
  });

  it('has present = actual − homing offset, and makes where it stands the middle', async () => {
    const { clock, bus, emulated, motors } = bench('feetech');
    motors.place(0, 0.5);
    const before = number(await clock.run(bus.read(1, 56, 2)))!;
    await clock.run(bus.write(1, 31, counts(100, 2)));
    expect(number(await clock.run(bus.read(1, 56, 2)))).toBe(before - 100);
    await clock.run(bus.write(1, 40, Uint8Array.of(128)));
    expect(number(await clock.run(bus.read(1, 56, 2)))).toBe(2048);
    expect(emulated.servo(1).get('homing_offset')).toBe(before - 2048);
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    await clock.run(bus.write(1, 42, counts(2148, 2)));
    await clock.pass(1);
    emulated.refresh();
    expect(motors.position(0)).toBeCloseTo(((before + 100 - 2048) * 2 * Math.PI) / 4096, 6);
  });

  it('stays within its position limits, and no faster than its goal velocity', async () => {
    const { clock, bus, motors, emulated } = bench('feetech');
    await clock.run(bus.write(1, 11, counts(2500, 2)));
    await clock.run(bus.write(1, 46, counts(100, 2)));
    await clock.run(bus.write(1, 40, Uint8Array.of(1)));
    await clock.run(bus.write(1, 42, counts(4000, 2)));
    await clock.pass(1);
    emulated.refresh();
    expect((motors.position(0) * 4096) / (2 * Math.PI)).toBeCloseTo(100, 0);
    await clock.pass(9);
    expect(number(await clock.run(bus.read(1, 56, 2)))).toBe(2500);
  });

  it('answers only pings and reads at response level 0', async () => {
    const { clock, bus, emulated } = bench('feetech', {}, { answersWrites: false });
    emulated.servo(1).set('response_level', 0);
    await clock.run(bus.write(1, 42, counts(2100, 2)));
    expect(number(await clock.run(bus.read(1, 42, 2)))).toBe(2100);
    expect(bus.statistics()).toMatchObject({ stray: 0, misses: 0 });
  });

  it('has neither a reboot nor a bulk read', async () => {
    const { bus } = bench('feetech');
    await expect(bus.reboot(1)).rejects.toThrow('no reboot');
    await expect(bus.bulkRead([])).rejects.toThrow('no bulk read');
  });

  it('goes back to its own settings by a factory reset, but for the id', async () => {
    const { clock, bus } = bench('feetech');
    await clock.run(bus.write(2, 55, Uint8Array.of(0)));
    await clock.run(bus.write(2, 21, Uint8Array.of(16)));
    await clock.run(bus.factoryReset(2));
    expect(number(await clock.run(bus.read(2, 21, 1)))).toBe(32);
  });
});

describe('a Dynamixel motor', () => {
  it('refuses what it must, and the fault says what and why', async () => {
    const { clock, bus } = bench('dynamixel');
    await clock.run(bus.write(1, 64, Uint8Array.of(1)));
    await expect(clock.run(bus.write(1, 11, Uint8Array.of(1)))).rejects.toThrow(
      'motor 1 refused write of mode at 11 (1 byte): register read-only, or locked while torque is on',
    );
    await expect(clock.run(bus.write(1, 132, counts(0, 4)))).rejects.toThrow('read-only');
    await expect(clock.run(bus.write(1, 116, counts(5000, 4)))).rejects.toThrow('beyond a limit');
    await expect(clock.run(bus.read(1, 600, 4))).rejects.toThrow('out of range');
    expect(bus.statistics().retries).toBe(0);
  });

  it('tells each its own span in a bulk read', async () => {
    const { clock, bus } = bench('dynamixel');
    const found = await clock.run(
      bus.bulkRead([
        { id: 1, address: 144, size: 2 },
        { id: 2, address: 146, size: 1 },
      ]),
    );
    expect(Array.from(found, ([id, data]) => [id, number(data)])).toEqual([
      [1, 120],
      [2, 30],
    ]);
  });

  it('raises the alert, turns torque off, and is well only after a reboot', async () => {
    const { clock, bus, emulated } = bench('dynamixel');
    await clock.run(bus.write(1, 64, Uint8Array.of(1)));
    emulated.condition(1, { temperature: 90 });
    expect(number(await clock.run(bus.read(1, 70, 1)))).toBe(0x04);
    expect(bus.health(1)).toMatchObject({ error: 0x80, errorText: 'hardware alert' });
    expect(number(await clock.run(bus.read(1, 64, 1)))).toBe(0);
    emulated.condition(1, { temperature: 30 });
    expect(number(await clock.run(bus.read(1, 70, 1)))).toBe(0x04);
    await expect(clock.run(bus.write(1, 64, Uint8Array.of(1)))).rejects.toThrow('failed');
    await clock.run(bus.reboot(1));
    await clock.pass(0.2);
    expect(number(await clock.run(bus.read(1, 70, 1)))).toBe(0);
    expect(bus.health(1).error).toBe(0);
  });

  it('stops when its bus watchdog lapses, and takes goals again once that is cleared', async () => {
    const { clock, bus, motors } = bench('dynamixel');
    await clock.run(bus.write(1, 112, counts(10, 4)));
    await clock.run(bus.write(1, 64, Uint8Array.of(1)));
    await clock.run(bus.write(1, 98, Uint8Array.of(5)));
    await clock.run(bus.write(1, 116, counts(4000, 4)));
    await clock.pass(1);
    const rate = (10 * 0.229 * 2 * Math.PI) / 60;
    expect(number(await clock.run(bus.read(1, 98, 1)))).toBe(255);
    const stopped = motors.position(0);
    expect(stopped).toBeCloseTo(rate * 0.1, 3);
    await clock.pass(1);
    await expect(clock.run(bus.write(1, 116, counts(2048, 4)))).rejects.toThrow('read-only');
    expect(motors.position(0)).toBe(stopped);
    await clock.run(bus.write(1, 98, Uint8Array.of(0)));
    await clock.run(bus.write(1, 116, counts(2048, 4)));
    await clock.pass(2);
    expect(number(await clock.run(bus.read(1, 132, 4)))).toBe(2048);
  });

  it('has present = actual + homing offset', async () => {
    const { clock, bus } = bench('dynamixel');
    await clock.run(bus.write(1, 20, counts(-100, 4)));
    expect(number(await clock.run(bus.read(1, 132, 4)))).toBe(1948);
  });

  it('keeps id and baud through a factory reset', async () => {
    const { clock, bus } = bench('dynamixel');
    await clock.run(bus.write(2, 84, counts(1, 2)));
    await clock.run(bus.factoryReset(2));
    await clock.pass(0.2);
    expect(number(await clock.run(bus.read(2, 84, 2)))).toBe(800);
    expect(await clock.run(bus.find([2]))).toEqual([2]);
  });
});
