import { modelFinder, type ServoFamily, span } from '../servo-family.ts';
import { errorText } from './codec.ts';
import { feetech } from './protocol.ts';
import { BAUD_RATES, sts3215 } from './registers.ts';

/** Numbers of register `model`, after lerobot's tables. Both share the STS table. */
const models = { sts3215: 777, sts3250: 2825 };

/** Bit 4 of `phase`: positions beyond one turn. */
const FULL_ANGLE = 0x10;

const ANSWERS_ALL = 1;

const acceleration = sts3215.get('acceleration');

/** STS series in position or velocity mode, one turn. Gains as lerobot sets them: P 16, D 32, I 0. */
export const feetechFamily: ServoFamily = {
  name: 'feetech',
  protocol: feetech,
  bauds: BAUD_RATES,
  ...modelFinder('feetech', models),
  tableSize: 86,
  state: span(sts3215, 'present_position', 'present_temperature'),
  guard: span(sts3215, 'torque_enable', 'present_current'),
  offsetSign: -1,
  maxOffset: 2047,
  multiTurn: false,
  answersAll: ANSWERS_ALL,
  locks: true,
  velocityUnit: undefined,
  ampere: () => sts3215.get('present_current').scale,
  settings({ kind, effort, acceleration: limit, gains }, held) {
    const counts = Math.max(1, Math.min(254, Math.round(limit / acceleration.scale)));
    return {
      eeprom: {
        ...{ return_delay: 0, response_level: ANSWERS_ALL, mode: kind === 'position' ? 0 : 1 },
        phase: held.phase & ~FULL_ANGLE,
        ...{ p_gain: gains.p ?? 16, d_gain: gains.d ?? 32, i_gain: gains.i ?? 0 },
      },
      ram: {
        acceleration: counts,
        torque_limit: Math.min(held.max_torque, Math.round(effort * 1000)),
        // Limits of speed that somebody left there; in velocity mode the second is the goal.
        ...(kind === 'position' ? { goal_time: 0, goal_velocity: 0 } : {}),
      },
    };
  },
  complaint: ({ status }) => errorText(status).join(', '),
  firmware: ({ firmware_major, firmware_minor }) => `${firmware_major}.${firmware_minor}`,
};
