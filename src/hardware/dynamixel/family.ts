import { modelFinder, type ServoFamily, span } from '../servo-family.ts';
import { dynamixel } from './protocol.ts';
import { BAUD_RATES, hardwareErrors, models, xSeries } from './registers.ts';

const names = Object.fromEntries(
  Object.entries(models).map(([number, { name }]) => [name.toLowerCase(), Number(number)]),
);

const words: Readonly<Record<keyof typeof hardwareErrors, string>> = {
  voltage: 'voltage out of limits',
  overheat: 'overheated',
  encoder: 'encoder fails',
  shock: 'electrical shock',
  overload: 'overload',
};

const ANSWERS_ALL = 2;
const MAX_PROFILE = 32_767;

/**
 * X series in extended position or velocity mode. Extended, because in single-turn mode the motors take homing offsets
 * of ±90° only; turns are then counted from power-on, and the driver counts them off.
 */
export const dynamixelFamily: ServoFamily = {
  name: 'dynamixel',
  protocol: dynamixel,
  bauds: BAUD_RATES,
  ...modelFinder('dynamixel', names),
  tableSize: 147,
  state: span(xSeries, 'present_pwm', 'present_temperature'),
  guard: span(xSeries, 'torque_enable', 'bus_watchdog'),
  offsetSign: 1,
  maxOffset: 4095,
  multiTurn: true,
  answersAll: ANSWERS_ALL,
  locks: false,
  velocityUnit: xSeries.get('present_velocity').scale,
  ampere: (model) => models[model]?.current ?? Number.NaN,
  settings({ kind, effort, velocity, acceleration, gains }, held) {
    const counts = (register: 'profile_velocity' | 'profile_acceleration', value: number, most: number) =>
      Math.max(1, Math.min(most, Math.round(value / xSeries.get(register).scale)));
    return {
      // Drive mode 0: not reversed, profiles by speed, a goal does not turn torque on.
      eeprom: { return_delay: 0, drive_mode: 0, mode: kind === 'position' ? 4 : 1 },
      ram: {
        response_level: ANSWERS_ALL,
        goal_pwm: Math.round(effort * held.max_pwm),
        profile_acceleration: counts('profile_acceleration', acceleration, MAX_PROFILE),
        ...(kind === 'position'
          ? { profile_velocity: counts('profile_velocity', velocity, held.max_velocity) }
          : {}),
        ...(gains.p === undefined ? {} : { position_p_gain: gains.p }),
        ...(gains.i === undefined ? {} : { position_i_gain: gains.i }),
        ...(gains.d === undefined ? {} : { position_d_gain: gains.d }),
      },
    };
  },
  complaint({ hardware_error: error, present_voltage: volts, min_voltage: low, max_voltage: high }) {
    // An error stays until the motor reboots; of the voltage, which need not turn torque off, it tells when it is over.
    const over = volts >= low && volts <= high ? hardwareErrors.voltage : 0;
    return (Object.keys(words) as (keyof typeof words)[])
      .filter((name) => error & ~over & hardwareErrors[name])
      .map((name) => words[name])
      .join(', ');
  },
  latched: 'hardware_error',
  watchdog: { register: 'bus_watchdog', scale: xSeries.get('bus_watchdog').scale },
  firmware: ({ firmware }) => String(firmware),
};
