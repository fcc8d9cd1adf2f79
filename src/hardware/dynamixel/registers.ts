import { ratedRegisters } from '../rated-registers.ts';
import { type RegisterNotes, RegisterTable, TICKS_PER_TURN } from '../register.ts';

const eeprom = (initial: number, notes: RegisterNotes = {}): RegisterNotes => ({
  memory: 'eeprom',
  initial,
  ...notes,
});
const reading = (notes: RegisterNotes = {}): RegisterNotes => ({ access: 'read', ...notes });
const fixed: RegisterNotes = { access: 'read', memory: 'eeprom' };
const twos: RegisterNotes = { sign: 'twos' };
const tick: RegisterNotes = { unit: 'rad', scale: (2 * Math.PI) / TICKS_PER_TURN };
/** 0.229 turns a minute. */
const speed: RegisterNotes = { unit: 'rad/s', scale: (0.229 * 2 * Math.PI) / 60 };
/** Of the model that the table has at delivery. */
const rated = ratedRegisters('xm430-w350')!;
const volt: RegisterNotes = { unit: 'V', scale: 0.1 };
const celsius: RegisterNotes = { unit: '°C' };
/** Of full voltage: 885 counts. */
const duty: RegisterNotes = { ...twos, scale: 1 / 885 };

/**
 * Dynamixel X series (XL330, XC330, XL430, XM430): a name, its address, its bytes. After ROBOTIS' e-manual. EEPROM
 * may be written with torque off only. Positions are angles from tick 0; `register.ts` has the middle of the turn as
 * 0. Currents are in the model's own unit: see `models`.
 */
export const xSeries = new RegisterTable({
  model: [0, 2, { ...fixed, initial: 1020 }],
  model_information: [2, 4, fixed],
  firmware: [6, 1, { ...fixed, initial: 48 }],
  id: [7, 1, eeprom(1)],
  /** Index into `BAUD_RATES`. */
  baud: [8, 1, eeprom(1)],
  return_delay: [9, 1, eeprom(250, { unit: 's', scale: 2e-6 })],
  drive_mode: [10, 1, eeprom(0)],
  /** 0 current, 1 velocity, 3 position, 4 extended position, 5 current-based position, 16 PWM. */
  mode: [11, 1, eeprom(3)],
  secondary_id: [12, 1, eeprom(255)],
  protocol: [13, 1, eeprom(2)],
  /** Present position = actual position + this. */
  homing_offset: [20, 4, eeprom(0, { ...tick, ...twos })],
  moving_threshold: [24, 4, eeprom(10, speed)],
  max_temperature: [31, 1, eeprom(rated.max_temperature, celsius)],
  max_voltage: [32, 2, eeprom(rated.max_voltage, volt)],
  min_voltage: [34, 2, eeprom(rated.min_voltage, volt)],
  max_pwm: [36, 2, eeprom(885, { scale: 1 / 885 })],
  max_current: [38, 2, eeprom(1193)],
  max_velocity: [44, 4, eeprom(200, speed)],
  max_position: [48, 4, eeprom(4095, tick)],
  min_position: [52, 4, eeprom(0, tick)],
  startup: [60, 1, eeprom(0)],
  /** Bits of `hardware_error` that turn torque off. */
  shutdown: [63, 1, eeprom(52)],
  torque_enable: [64, 1],
  led: [65, 1],
  /** 0: only ping is answered; 1: ping and reads; 2: all but broadcasts. */
  response_level: [68, 1, { initial: 2 }],
  registered_instruction: [69, 1, reading()],
  /** Bits of `hardwareErrors`; cleared by a reboot. */
  hardware_error: [70, 1, reading()],
  velocity_i_gain: [76, 2, { initial: 1920 }],
  velocity_p_gain: [78, 2, { initial: 100 }],
  position_d_gain: [80, 2],
  position_i_gain: [82, 2],
  position_p_gain: [84, 2, { initial: 800 }],
  feedforward_acceleration: [88, 2],
  feedforward_velocity: [90, 2],
  /** Without a packet for so long the motor stops, 1 … 127; 0 off; −1: it did, and goals are read-only until 0. */
  bus_watchdog: [98, 1, { ...twos, unit: 's', scale: 0.02 }],
  goal_pwm: [100, 2, { ...duty, initial: 885 }],
  goal_current: [102, 2, { ...twos, initial: 1193 }],
  goal_velocity: [104, 4, { ...speed, ...twos }],
  profile_acceleration: [108, 4, { unit: 'rad/s²', scale: (214.577 * 2 * Math.PI) / 3600 }],
  /** 0 = as fast as it can. */
  profile_velocity: [112, 4, speed],
  goal_position: [116, 4, { ...tick, ...twos }],
  realtime_tick: [120, 2, reading({ unit: 's', scale: 0.001 })],
  moving: [122, 1, reading()],
  moving_status: [123, 1, reading()],
  present_pwm: [124, 2, reading(duty)],
  present_current: [126, 2, reading(twos)],
  present_velocity: [128, 4, reading({ ...speed, ...twos })],
  present_position: [132, 4, reading({ ...tick, ...twos })],
  velocity_trajectory: [136, 4, reading({ ...speed, ...twos })],
  position_trajectory: [140, 4, reading({ ...tick, ...twos })],
  present_voltage: [144, 2, reading(volt)],
  present_temperature: [146, 1, reading(celsius)],
});

/** Bytes that a read at `present_current` spans: current, velocity, position, trajectories, voltage, temperature. */
export const STATE_SIZE = 21;

/** Bits of `hardware_error` and `shutdown`, by what is wrong. */
export const hardwareErrors = {
  voltage: 0x01,
  overheat: 0x04,
  encoder: 0x08,
  shock: 0x10,
  overload: 0x20,
} as const;

/** Models by register `model`: `current` is A a count; XL430 has no such sensor and tells load, a thousandth a count. */
export const models: Readonly<Record<number, { readonly name: string; readonly current?: number }>> = {
  1020: { name: 'XM430-W350', current: 0.00269 },
  1060: { name: 'XL430-W250' },
  1190: { name: 'XL330-M077', current: 0.001 },
  1200: { name: 'XL330-M288', current: 0.001 },
  1220: { name: 'XC330-T288', current: 0.001 },
};

/** Baud by code. */
export const BAUD_RATES = [9600, 57_600, 115_200, 1_000_000, 2_000_000, 3_000_000, 4_000_000] as const;
