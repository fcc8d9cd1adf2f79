import type { Joint } from '../core/robot.ts';
import type { MotorCalibration } from './calibration.ts';
import { RADIAN_PER_TICK, TICKS_PER_TURN } from './register.ts';

/**
 * A motor's ticks on its joint's coordinate, rad: the middle of the measured range is the middle of the URDF's
 * (0 where it has no limits), so
 *
 *     joint = sign · (tick − (rangeMin + rangeMax) / 2) · 2π / 4096 + (lower + upper) / 2
 *
 * with the ticks that the motor reports, its homing offset applied.
 */
export class JointScale {
  readonly sign: 1 | -1;
  readonly middleTick: number;
  /** Coordinate there, rad. */
  readonly middle: number;

  constructor(joint: Joint, sign: 1 | -1, { rangeMin, rangeMax }: MotorCalibration) {
    this.sign = sign;
    this.middleTick = (rangeMin + rangeMax) / 2;
    this.middle = Number.isFinite(joint.lower + joint.upper) ? (joint.lower + joint.upper) / 2 : 0;
  }

  position(tick: number): number {
    return this.sign * (tick - this.middleTick) * RADIAN_PER_TICK + this.middle;
  }

  /** Not rounded; anywhere. */
  tick(position: number): number {
    return this.middleTick + (this.sign * (position - this.middle)) / RADIAN_PER_TICK;
  }

  /** The whole turns, in ticks, by which a motor that counts turns lies beside the turn about the middle. */
  turns(reported: number): number {
    return Math.round((reported - this.middleTick) / TICKS_PER_TURN) * TICKS_PER_TURN;
  }
}
