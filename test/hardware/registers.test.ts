import { describe, expect, it } from 'vitest';
import { xSeries } from '#src/hardware/dynamixel/registers';
import { radianPerSecond, sts3215, VELOCITY_STEPS } from '#src/hardware/feetech/registers';
import { decodeCounts, encodeCounts, radianOfTick, tickOfRadian } from '#src/hardware/register';

const tables = [
  ['STS3215', sts3215],
  ['X series', xSeries],
] as const;

describe.each(tables)('the registers of %s', (_name, table) => {
  it('do not overlap', () => {
    const bytes = table.all.flatMap(({ address, size }) =>
      Array.from({ length: size }, (_, i) => address + i),
    );
    expect(new Set(bytes).size).toBe(bytes.length);
  });

  it('hold what they have at delivery, and their largest and smallest counts', () => {
    for (const register of table.all) {
      const { sign, size, initial } = register;
      const top = typeof sign === 'number' ? 2 ** sign - 1 : 2 ** (8 * size - (sign === 'twos' ? 1 : 0)) - 1;
      const low = sign === 'none' ? 0 : sign === 'twos' ? -top - 1 : -top;
      for (const counts of [initial, top, low]) {
        expect(decodeCounts(register, encodeCounts(register, counts))).toBe(counts);
      }
      expect(() => encodeCounts(register, top + 1)).toThrow(register.name);
      expect(() => encodeCounts(register, low - 1)).toThrow(register.name);
      expect(() => encodeCounts(register, 0.5)).toThrow('whole number');
    }
  });
});

describe('signs', () => {
  it('of Feetech are a bit beside the magnitude: 15 of positions and speeds, 11 of the offset, 10 of the load', () => {
    expect(Array.from(encodeCounts(sts3215.get('goal_position'), -5))).toEqual([0x05, 0x80]);
    expect(Array.from(encodeCounts(sts3215.get('present_velocity'), -300))).toEqual([0x2c, 0x81]);
    expect(Array.from(encodeCounts(sts3215.get('homing_offset'), -2047))).toEqual([0xff, 0x0f]);
    expect(Array.from(encodeCounts(sts3215.get('present_load'), -1))).toEqual([0x01, 0x04]);
    expect(decodeCounts(sts3215.get('present_load'), Uint8Array.of(0x00, 0x04))).toBe(0);
    expect(() => encodeCounts(sts3215.get('homing_offset'), 2048)).toThrow('2047');
  });

  it("of Dynamixel are two's complement", () => {
    expect(Array.from(encodeCounts(xSeries.get('goal_position'), -1))).toEqual([0xff, 0xff, 0xff, 0xff]);
    expect(Array.from(encodeCounts(xSeries.get('present_current'), -2))).toEqual([0xfe, 0xff]);
    expect(Array.from(encodeCounts(xSeries.get('bus_watchdog'), -1))).toEqual([0xff]);
  });
});

describe('units', () => {
  it('have tick 2048 as angle 0 and 4096 ticks in a turn', () => {
    expect(radianOfTick(2048)).toBe(0);
    expect(radianOfTick(3072)).toBeCloseTo(Math.PI / 2, 12);
    expect(radianOfTick(0)).toBeCloseTo(-Math.PI, 12);
    expect(tickOfRadian(Math.PI / 2)).toBe(3072);
    for (let tick = -5000; tick < 9000; tick += 7) expect(tickOfRadian(radianOfTick(tick))).toBe(tick);
    expect(Math.abs(radianOfTick(tickOfRadian(0.1)) - 0.1)).toBeLessThanOrEqual(Math.PI / 4096);
  });

  it('of speed are as the makers state: 0.0146 or 0.732 turns a minute, and 0.229', () => {
    const turnsAMinute = (rate: number) => (rate * 60) / (2 * Math.PI);
    expect(turnsAMinute(radianPerSecond(1, VELOCITY_STEPS.fine))).toBeCloseTo(0.0146, 4);
    expect(turnsAMinute(radianPerSecond(1, VELOCITY_STEPS.coarse))).toBeCloseTo(0.732, 3);
    expect(turnsAMinute(xSeries.get('present_velocity').scale)).toBeCloseTo(0.229, 9);
  });

  it('of time and voltage are SI', () => {
    expect(xSeries.get('return_delay').initial * xSeries.get('return_delay').scale).toBeCloseTo(500e-6, 9);
    expect(xSeries.get('bus_watchdog').scale).toBe(0.02);
    expect(sts3215.get('present_voltage').scale).toBe(0.1);
  });
});

describe('a span of addresses', () => {
  it('is described by the registers in it', () => {
    expect(sts3215.describe(56, 2)).toBe('present_position at 56 (2 bytes)');
    expect(sts3215.describe(56, 8)).toBe('present_position … present_temperature at 56 (8 bytes)');
    expect(sts3215.describe(64, 1)).toBe('address 64 (1 byte)');
  });

  it('has the gains of Feetech in the order P, D, I', () => {
    expect(sts3215.within(21, 3).map(({ name }) => name)).toEqual(['p_gain', 'd_gain', 'i_gain']);
  });

  it('has EEPROM below 40 and 64, RAM above', () => {
    for (const { address, memory } of sts3215.all) expect(memory).toBe(address < 40 ? 'eeprom' : 'ram');
    for (const { address, memory } of xSeries.all) expect(memory).toBe(address < 64 ? 'eeprom' : 'ram');
  });
});
