/** Contacts that a state remembers. */
export const contactCapacity = 16;
/** Numbers of one contact: link, frame touched, point, force, gap. */
export const contactSize = 9;

/**
 * Everything of a car's episode that changes, as views into one Float64Array, so that saving is a copy. Pose and
 * velocities of the chassis are Rapier's own float32 values.
 */
export class CarState {
  readonly all: Float64Array;
  /** Control periods since the reset; number of contacts. */
  readonly counts: Float64Array;
  /** World position, m, and rotation x y z w of the chassis [7]. */
  readonly pose: Float64Array;
  /** Velocity of the chassis' centre of mass, m/s, and angular velocity, rad/s, world axes [6]. */
  readonly motion: Float64Array;
  /** Unwrapped yaw, rad; steering angle, rad; its rate, rad/s [3]. */
  readonly angles: Float64Array;
  /** Of each wheel: turned angle, rad; rate, rad/s; load, N [3 × wheels]. */
  readonly wheels: Float64Array;
  /** Mass, kg; centre of mass, m [3]; principal moments, kg m² [3]; their axes, x y z w [4]; of the whole car. */
  readonly inertia: Float64Array;
  /** Tyres' and contacts' friction factor, gain of drive and steering, latency in simulation steps [3]. */
  readonly physics: Float64Array;
  /** Poses of the world's bodies [7 × bodies]. */
  readonly bodies: Float64Array;
  /** Commands of the last control periods, the newest first [2 × periods]. */
  readonly commands: Float64Array;
  /** Link, frame touched, point [3], force of the first on the second [3], gap, of each contact. */
  readonly contacts: Float64Array;

  constructor(wheels: number, bodies: number, periods: number) {
    const contacts = contactCapacity * contactSize;
    const sizes = [2, 7, 6, 3, 3 * wheels, 11, 3, 7 * bodies, 2 * periods, contacts];
    this.all = new Float64Array(sizes.reduce((sum, size) => sum + size, 0));
    let at = 0;
    const view = (size: number) => {
      at += size;
      return this.all.subarray(at - size, at);
    };
    [
      this.counts,
      this.pose,
      this.motion,
      this.angles,
      this.wheels,
      this.inertia,
      this.physics,
      this.bodies,
      this.commands,
      this.contacts,
    ] = sizes.map(view);
  }
}
