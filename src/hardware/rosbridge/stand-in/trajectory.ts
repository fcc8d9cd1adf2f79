/** What `trajectory_msgs/JointTrajectory` asks of a controller, its joints in the controller's order. */
export interface Trajectory {
  /** When it begins, s of the robot's clock; points follow at their times after it. */
  readonly start: number;
  readonly points: readonly {
    /** s after the start. */
    readonly time: number;
    readonly positions: readonly number[];
    /** Undefined: a straight line. */
    readonly velocities: readonly number[] | undefined;
  }[];
}

interface Point {
  readonly positions: number[];
  readonly velocities: number[];
  readonly accelerations: number[];
  readonly effort: number[];
  readonly time_from_start: { readonly sec: number; readonly nanosec: number };
}

interface TrajectoryMessage {
  readonly header: { readonly stamp: { readonly sec: number; readonly nanosec: number } };
  readonly joint_names: string[];
  readonly points: Point[];
}

const seconds = ({ sec, nanosec }: { readonly sec: number; readonly nanosec: number }) =>
  sec + nanosec * 1e-9;

/**
 * Takes what ros2_controllers' joint trajectory controller takes, and nothing else.
 * @param message a whole `trajectory_msgs/JointTrajectory`. @param now s of the robot's clock.
 * @throws Error that says why it is rejected
 */
export function readTrajectory(message: unknown, joints: readonly string[], now: number): Trajectory {
  const { header, joint_names: names, points } = message as TrajectoryMessage;
  if (points.length === 0) throw new Error('Empty trajectory received.');
  if (names.length !== joints.length || new Set(names).size !== names.length)
    throw new Error("Joints on incoming trajectory don't match the controller joints.");
  const order = joints.map((joint) => names.indexOf(joint));
  if (order.includes(-1))
    throw new Error(`Incoming joint ${names.find((name) => !joints.includes(name))} is unknown.`);
  const start = seconds(header.stamp) === 0 ? now : seconds(header.stamp);
  let previous = -1;
  for (const [i, point] of points.entries()) {
    const time = seconds(point.time_from_start);
    if (time < 0 || time <= previous)
      throw new Error(`Time between points ${i - 1} and ${i} is not strictly increasing.`);
    previous = time;
    for (const key of ['positions', 'velocities', 'accelerations'] as const) {
      const { length } = point[key];
      if (length !== names.length && !(length === 0 && key !== 'positions'))
        throw new Error(
          `Mismatch between joint_names size (${names.length}) and ${key} (${length}) at point #${i}.`,
        );
    }
    if (point.effort.length > 0) throw new Error('Effort is not supported by a position controller.');
  }
  if (start + previous < now)
    throw new Error('Received trajectory with non-zero start time that ends in the past.');
  if (points.at(-1)!.velocities.some((velocity) => velocity !== 0))
    throw new Error('Velocity of last trajectory point is not zero.');
  const sorted = (values: readonly number[]) => order.map((i) => values[i]);
  return {
    start,
    points: points.map((point) => ({
      time: seconds(point.time_from_start),
      positions: sorted(point.positions),
      velocities: point.velocities.length > 0 ? sorted(point.velocities) : undefined,
    })),
  };
}

/** Where the joints are to be at a time: lines between points, cubics where both ends have velocities. Held after its end. */
export function sample(trajectory: Trajectory, from: readonly number[], time: number, out: number[]): void {
  const { start, points } = trajectory;
  const passed = time - start;
  const next = points.findIndex((point) => point.time > passed);
  if (passed < 0 || next < 0) {
    const still = passed < 0 ? from : points.at(-1)!.positions;
    still.forEach((value, j) => {
      out[j] = value;
    });
    return;
  }
  const before = next > 0 ? points[next - 1] : { time: 0, positions: from, velocities: from.map(() => 0) };
  const after = points[next];
  const length = after.time - before.time;
  const s = (passed - before.time) / length;
  for (let j = 0; j < from.length; j++) {
    const a = before.positions[j];
    const b = after.positions[j];
    if (before.velocities && after.velocities) {
      const va = before.velocities[j] * length;
      const vb = after.velocities[j] * length;
      out[j] = a + s * (va + s * (3 * (b - a) - 2 * va - vb + s * (2 * (a - b) + va + vb)));
    } else out[j] = a + s * (b - a);
  }
}

/** s of the robot's clock. */
export const endOf = ({ start, points }: Trajectory): number => start + points.at(-1)!.time;
