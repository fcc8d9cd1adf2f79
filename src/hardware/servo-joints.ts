import type { Reading, SideExchange } from './driver.ts';
import type { Counts, ServoBus } from './servo-bus.ts';
import type { ServoJoint } from './servo-joint.ts';

/** The joints of a robot of servos, in the order of its actuators, and what was read of them last. */
export class ServoJoints implements Iterable<ServoJoint> {
  readonly ids: readonly number[];
  /** A motor missed or began to complain. */
  suspicious = false;
  readonly #joints: readonly ServoJoint[];
  /** The joints by the register that their goal goes to. */
  readonly byGoal: readonly (readonly [
    register: 'goal_position' | 'goal_velocity',
    joints: readonly ServoJoint[],
  ])[];
  /** As in `Reading`: rad, rad/s, N m and s, by actuator [J]; NaN before the first. */
  readonly #reading: Pick<Reading, 'position' | 'velocity' | 'effort' | 'age'>;

  constructor(joints: readonly ServoJoint[]) {
    this.#joints = joints;
    this.ids = joints.map(({ id }) => id);
    this.byGoal = (['goal_position', 'goal_velocity'] as const)
      .map((register) => [register, joints.filter(({ goalRegister }) => goalRegister === register)] as const)
      .filter(([, found]) => found.length > 0);
    const empty = () => new Float64Array(joints.length).fill(Number.NaN);
    this.#reading = { position: empty(), velocity: empty(), effort: empty(), age: empty() };
  }

  [Symbol.iterator](): Iterator<ServoJoint> {
    return this.#joints[Symbol.iterator]();
  }

  /** The same counts for every motor. */
  all(counts: number): readonly (readonly [id: number, counts: number])[] {
    return this.ids.map((id) => [id, counts]);
  }

  /** Takes the state registers of those that answered in. */
  take(link: ServoBus, found: ReadonlyMap<number, Counts>): void {
    const now = link.clock.now();
    for (const joint of this.#joints) {
      const state = found.get(joint.id);
      if (state === undefined) {
        joint.missed = true;
        continue;
      }
      joint.take(state, now);
      const { error } = link.bus.health(joint.id);
      if (joint.missed || error !== joint.alert) this.suspicious = true;
      joint.missed = false;
      joint.alert = error;
    }
  }

  /**
   * What was just read, and what the motors of `goals` were sent: to stay where they are.
   * @param began, readAt, sentAt s; NaN: nothing was sent
   * @param goals by id: rad, or rad/s of a velocity servo
   */
  exchange(
    [began, readAt, sentAt]: readonly [number, number, number],
    goals: ReadonlyMap<number, number>,
  ): SideExchange {
    const of = (value: (joint: ServoJoint) => number) => Float64Array.from(this.#joints, value);
    return {
      ...{ began, readAt, sentAt },
      position: of(({ position }) => position),
      velocity: of(({ velocity }) => velocity),
      effort: of(({ effort }) => effort),
      sent: of(({ id }) => goals.get(id) ?? Number.NaN),
    };
  }

  reading(link: ServoBus): Reading {
    const reading = this.#reading;
    const now = link.clock.now();
    this.#joints.forEach((joint, j) => {
      reading.position[j] = joint.position;
      reading.velocity[j] = joint.velocity;
      reading.effort[j] = joint.effort;
      reading.age[j] = now - joint.readAt;
    });
    const motors = this.#joints.map((joint) => {
      const { id, motor, temperature, voltage, current, load, complaint, lostTorque } = joint;
      const { misses } = link.bus.health(id);
      const error = lostTorque || complaint;
      return { joint: motor.joint, temperature, voltage, current, load, error, misses };
    });
    if (!this.#joints.some(({ missed }) => missed)) return { ...reading, motors };
    const line = link.bus.silence(this.ids);
    const silence = this.#joints.map(({ id, missed }) =>
      missed ? (line ?? link.bus.silence([id])) : undefined,
    );
    return { ...reading, motors, silence };
  }
}
