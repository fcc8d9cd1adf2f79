/** Where a motor's ticks lie on its joint. */
export interface MotorCalibration {
  readonly id: number;
  readonly model: string;
  /** What the motor's homing-offset register holds, counts. */
  readonly homingOffset: number;
  /** Ticks at the ends of the joint's range, as the motor reports them with that offset; lower < upper. */
  readonly rangeMin: number;
  readonly rangeMax: number;
}

/** How one particular robot sits on its motors; stored as JSON, one file a robot. */
export interface Calibration {
  readonly format: 1;
  readonly robot: string;
  readonly driver: string;
  /** Of the adapter or the robot; null where nothing tells one from another. */
  readonly serial: string | null;
  /** ISO 8601 */
  readonly date: string;
  /** By joint name. */
  readonly motors: Readonly<Record<string, MotorCalibration>>;
}
