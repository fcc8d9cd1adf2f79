/**
 * What a servo's electronics tell its motor: `free`, no torque; `position`, go there and hold; `velocity`, turn at
 * that rate; `effort`, this share of the stall torque. `effort` of the others is the largest share it may use, 0 … 1.
 */
export type Drive =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'position';
      /** rad */
      readonly goal: number;
      /** rad/s; Infinity = as fast as it can. */
      readonly maxVelocity: number;
      readonly effort: number;
    }
  | { readonly kind: 'velocity'; readonly velocity: number; readonly effort: number }
  | { readonly kind: 'effort'; readonly share: number };

/** The moving parts behind an emulated bus. Angles are rad at the shaft, 0 at encoder tick 2048. */
export interface Motors {
  readonly count: number;
  /** Lets motion go on to `time`, s of the bus's clock; an earlier time than before changes nothing. */
  advance(time: number): void;
  position(motor: number): number;
  /** rad/s */
  velocity(motor: number): number;
  /** Share of the stall torque that the motor puts out, −1 … 1. */
  load(motor: number): number;
  /** Holds from the time of the last `advance` until the next. */
  drive(motor: number, drive: Drive): void;
}

export interface FirstOrderOptions {
  /** s in which a small error falls to 1/e; default 0.05. */
  readonly timeConstant?: number;
  /** rad/s; default 5. */
  readonly maxVelocity?: number;
}

/**
 * Motors without inertia that nothing pulls at: towards a goal at q̇ = (goal − q) / τ, no faster than allowed; without
 * torque they stay where they are. Solved in closed form, so the motion does not depend on how often it is looked at.
 */
export class FirstOrderMotors implements Motors {
  readonly count: number;
  readonly #position: Float64Array;
  readonly #drive: Drive[];
  readonly #timeConstant: number;
  readonly #maxVelocity: number;
  #time: number | undefined;

  /** @param start rad, of each motor. */
  constructor(start: ArrayLike<number>, options: FirstOrderOptions = {}) {
    this.count = start.length;
    this.#position = Float64Array.from(start);
    this.#drive = Array.from({ length: this.count }, () => ({ kind: 'free' }));
    this.#timeConstant = options.timeConstant ?? 0.05;
    this.#maxVelocity = options.maxVelocity ?? 5;
  }

  advance(time: number): void {
    const passed = Math.max(0, time - (this.#time ?? time));
    this.#time = Math.max(time, this.#time ?? time);
    for (let motor = 0; motor < this.count; motor++) this.#move(motor, passed);
  }

  position(motor: number): number {
    return this.#position[motor];
  }

  velocity(motor: number): number {
    const drive = this.#drive[motor];
    switch (drive.kind) {
      case 'free':
        return 0;
      case 'position': {
        const limit = Math.min(this.#maxVelocity, drive.maxVelocity);
        return clamp((drive.goal - this.#position[motor]) / this.#timeConstant, limit);
      }
      case 'velocity':
        return clamp(drive.velocity, this.#maxVelocity);
      case 'effort':
        return drive.share * this.#maxVelocity;
    }
  }

  load(motor: number): number {
    const drive = this.#drive[motor];
    if (drive.kind === 'effort') return drive.share;
    const limit = drive.kind === 'free' ? 0 : drive.effort;
    return clamp(this.velocity(motor) / this.#maxVelocity, limit);
  }

  drive(motor: number, drive: Drive): void {
    this.#drive[motor] = drive;
  }

  /** Turns a shaft by hand. */
  place(motor: number, position: number): void {
    this.#position[motor] = position;
  }

  #move(motor: number, passed: number): void {
    const drive = this.#drive[motor];
    if (drive.kind !== 'position') {
      this.#position[motor] += this.velocity(motor) * passed;
      return;
    }
    const error = drive.goal - this.#position[motor];
    const limit = Math.min(this.#maxVelocity, drive.maxVelocity);
    // At full speed until the error is limit · τ, from there on exponentially.
    const slow = Math.min(passed, Math.max(0, Math.abs(error) / limit - this.#timeConstant));
    const rest = error - Math.sign(error) * limit * slow;
    this.#position[motor] = drive.goal - rest * Math.exp(-(passed - slow) / this.#timeConstant);
  }
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
