import type { MotorState } from '../../core/hardware.ts';
import type { BusClock } from '../clock.ts';
import type { Driver, Reading } from '../driver.ts';

/** Rate below which a joint is at rest, rad/s or m/s. */
const REST = 0.05;

/** What is known of a robot: the newest reading; joints that it left out keep their values and grow old. Arrays by actuator [J]. */
export class NewestReading {
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly effort: Float64Array;
  motors: readonly MotorState[] = [];
  /** What the robot's own clock showed, ms, and when, s; null where it has none. */
  robotClock: { readonly shows: number; readonly at: number } | null = null;
  readonly #age: Float64Array;
  #silence: Reading['silence'];
  #takenAt = 0;
  /** What motors complained of, by joint, when they were forgiven. */
  #forgiven = new Map<string, string>();

  constructor(joints: number) {
    const unknown = () => new Float64Array(joints).fill(Number.NaN);
    [this.position, this.velocity, this.effort] = [unknown(), unknown(), unknown()];
    this.#age = new Float64Array(joints);
  }

  /** Asks the robot. */
  async read(driver: Pick<Driver, 'read'>, clock: Pick<BusClock, 'now'>): Promise<void> {
    const began = clock.now();
    this.take(await driver.read(), began, clock.now());
  }

  /** @param began when it was asked for, s. @param ended when it was complete, s. */
  take(reading: Reading, began: number, ended: number): void {
    reading.position.forEach((value, j) => {
      const fresh = Number.isFinite(value);
      this.#age[j] = fresh ? reading.age[j] : this.#age[j] + began - this.#takenAt;
      if (!fresh) return;
      this.position[j] = value;
      this.velocity[j] = reading.velocity[j];
      this.effort[j] = reading.effort[j];
    });
    this.#takenAt = began;
    this.motors = reading.motors;
    this.#silence = reading.silence;
    for (const { joint, error } of reading.motors) if (error === '') this.#forgiven.delete(joint);
    if (reading.robotTime !== undefined)
      this.robotClock = { shows: reading.robotTime, at: (began + ended) / 2 };
  }

  /** Complaints that stand now are no reason to stop while they stay what they are: what a motor suffers from is measured. */
  forgive(): void {
    this.#forgiven = new Map(this.motors.map(({ joint, error }) => [joint, error]));
  }

  /** For limits and trips. */
  get sensed() {
    const { position, velocity, effort } = this;
    const motors = this.motors.map((motor) =>
      motor.error === this.#forgiven.get(motor.joint) ? { ...motor, error: '' } : motor,
    );
    return { position, velocity, effort, age: this.#age, silence: this.#silence, motors };
  }

  /** False where the robot does not tell. */
  get atRest(): boolean {
    return this.velocity.every((rate) => Math.abs(rate) < REST);
  }
}
