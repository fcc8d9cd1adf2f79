import { ratedRegisters } from '../rated-registers.ts';
import { type RegisterNotes, RegisterTable, TICKS_PER_TURN } from '../register.ts';

const fixed: RegisterNotes = { access: 'read', memory: 'eeprom' };
const eeprom = (initial: number, notes: RegisterNotes = {}): RegisterNotes => ({
  memory: 'eeprom',
  initial,
  ...notes,
});
const reading = (notes: RegisterNotes = {}): RegisterNotes => ({ access: 'read', ...notes });
const tick: RegisterNotes = { unit: 'rad', scale: (2 * Math.PI) / TICKS_PER_TURN };
/** Of the model that the table has at delivery. */
const rated = ratedRegisters('sts3215')!;
const volt: RegisterNotes = { unit: 'V', scale: 0.1 };
const celsius: RegisterNotes = { unit: '°C' };
const share: RegisterNotes = { scale: 0.001 };

/**
 * STS3215 (model 777): a name, its address, its bytes. After lerobot's table; order of gains is P, D, I. Positions
 * are angles from tick 0; `register.ts` has the middle of the turn as 0. Speeds: see `VELOCITY_STEPS`.
 * Writes to EEPROM are kept only with torque off and `lock` 0.
 */
export const sts3215 = new RegisterTable({
  firmware_major: [0, 1, { ...fixed, initial: 3 }],
  firmware_minor: [1, 1, { ...fixed, initial: 10 }],
  model: [3, 2, { ...fixed, initial: 777 }],
  id: [5, 1, eeprom(1)],
  /** Index into `BAUD_RATES`. */
  baud: [6, 1, eeprom(0)],
  return_delay: [7, 1, eeprom(0, { unit: 's', scale: 2e-6 })],
  /** 0: only ping and read are answered; 1: all but broadcasts. */
  response_level: [8, 1, eeprom(1)],
  min_position: [9, 2, eeprom(0, { ...tick, sign: 15 })],
  max_position: [11, 2, eeprom(4095, { ...tick, sign: 15 })],
  max_temperature: [13, 1, eeprom(rated.max_temperature, celsius)],
  max_voltage: [14, 1, eeprom(rated.max_voltage, volt)],
  min_voltage: [15, 1, eeprom(rated.min_voltage, volt)],
  max_torque: [16, 2, eeprom(1000, share)],
  /** Bit 2: unit of speeds; bit 4: positions beyond one turn. */
  phase: [18, 1, eeprom(12)],
  /** Error bits that turn torque off. */
  unloading_condition: [19, 1, eeprom(44)],
  led_alarm: [20, 1, eeprom(47)],
  p_gain: [21, 1, eeprom(32)],
  d_gain: [22, 1, eeprom(32)],
  i_gain: [23, 1, eeprom(0)],
  min_startup_force: [24, 2, eeprom(16, share)],
  dead_zone_forward: [26, 1, eeprom(1, tick)],
  dead_zone_backward: [27, 1, eeprom(1, tick)],
  /** 6.5 mA a count, as others report; the maker's own figure was not found. */
  protection_current: [28, 2, eeprom(500, { unit: 'A', scale: 0.0065 })],
  angular_resolution: [30, 1, eeprom(1)],
  /** Present position = actual position − this. At most ±2047. */
  homing_offset: [31, 2, eeprom(0, { ...tick, sign: 11 })],
  /** 0 position, 1 velocity, 2 PWM, 3 step. */
  mode: [33, 1, eeprom(0)],
  protective_torque: [34, 1, eeprom(20, { scale: 0.01 })],
  protection_time: [35, 1, eeprom(200, { unit: 's', scale: 0.01 })],
  overload_torque: [36, 1, eeprom(80, { scale: 0.01 })],
  /** 0 off, 1 on, 128: where it stands becomes the middle, by the homing offset. */
  torque_enable: [40, 1],
  /** 100 step/s² a count; 0 = as fast as it can. */
  acceleration: [41, 1, { unit: 'rad/s²', scale: (100 * 2 * Math.PI) / TICKS_PER_TURN }],
  goal_position: [42, 2, { ...tick, sign: 15 }],
  /** In mode PWM the duty, a thousandth a count, sign bit 10. */
  goal_time: [44, 2],
  goal_velocity: [46, 2, { unit: 'step/s', sign: 15 }],
  torque_limit: [48, 2, { ...share, initial: 1000 }],
  /** 0: EEPROM may be written. */
  lock: [55, 1, { initial: 1 }],
  present_position: [56, 2, reading({ ...tick, sign: 15 })],
  present_velocity: [58, 2, reading({ unit: 'step/s', sign: 15 })],
  /** Duty of the motor's drive, a thousandth a count. */
  present_load: [60, 2, reading({ ...share, sign: 10 })],
  present_voltage: [62, 1, reading(volt)],
  present_temperature: [63, 1, reading(celsius)],
  /** The error bits of a status packet. */
  status: [65, 1, reading()],
  moving: [66, 1, reading()],
  present_current: [69, 2, reading({ unit: 'A', scale: 0.0065, sign: 15 })],
  moving_threshold: [80, 1, { access: 'read', initial: 1 }],
  velocity_unit: [82, 1, { access: 'read', initial: 0 }],
  velocity_limit: [84, 1, { access: 'read', initial: 100 }],
  acceleration_limit: [85, 1, { access: 'read', initial: 254 }],
});

/** Bytes that a read at `present_position` spans: position, velocity, load, voltage, temperature. */
export const STATE_SIZE = 8;

/** Model in register `model`. */
export const STS3215 = 777;

/** Baud by code. Sources disagree on 5, 6 and 7 (lerobot: 57600, 38400, 19200; the vendor's SDK: as here). */
export const BAUD_RATES = [1_000_000, 500_000, 250_000, 128_000, 115_200, 76_800, 57_600, 38_400] as const;

/**
 * What a count of `goal_velocity` and `present_velocity` may be worth, steps/s: it depends on bit 2 of `phase`, and
 * sources have it both ways round. Check with a difference of positions.
 */
export const VELOCITY_STEPS = { fine: 1, coarse: 50 } as const;

/** rad/s of a count, when a count is so many steps/s. */
export function radianPerSecond(counts: number, steps: number): number {
  return (counts * steps * 2 * Math.PI) / TICKS_PER_TURN;
}
