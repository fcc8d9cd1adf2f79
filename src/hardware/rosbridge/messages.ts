/** The messages of ROS that a robot is driven with, as rosbridge writes them in JSON. */

export type RosVersion = 1 | 2;

/** A type's name, e.g. `sensor_msgs/msg/JointState`, `sensor_msgs/JointState` in ROS 1. */
export function messageType(ros: RosVersion, name: `${string}/${string}`): string {
  const [pack, type] = name.split('/');
  return ros === 1 ? name : `${pack}/msg/${type}`;
}

/** Seconds and nanoseconds of a time or duration ≥ 0, s. */
export function rosTime(ros: RosVersion, seconds: number): Record<string, number> {
  const whole = Math.floor(seconds);
  const nanoseconds = Math.min(999_999_999, Math.round((seconds - whole) * 1e9));
  return ros === 1 ? { secs: whole, nsecs: nanoseconds } : { sec: whole, nanosec: nanoseconds };
}

/** The inverse of `rosTime`, for either version, s; undefined when it is no time. */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { sec, secs, nanosec, nsecs } = value as Record<string, unknown>;
  const whole = sec ?? secs;
  const rest = nanosec ?? nsecs;
  if (typeof whole !== 'number' || typeof rest !== 'number') return undefined;
  const seconds = whole + rest * 1e-9;
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** A trajectory that begins now and has one point, at which all joints are after `lead`, s. */
export function onePoint(
  ros: RosVersion,
  joints: readonly string[],
  positions: readonly number[],
  lead: number,
) {
  return {
    // A stamp of 0 is "now", by the controller's own clock.
    header: { stamp: rosTime(ros, 0), frame_id: '' },
    joint_names: joints,
    points: [
      { positions, velocities: [], accelerations: [], effort: [], time_from_start: rosTime(ros, lead) },
    ],
  };
}

/** `std_msgs/Float64MultiArray` as the forward controllers take it. */
export function floatArray(data: readonly number[]) {
  return { layout: { dim: [], data_offset: 0 }, data };
}

/** Result codes of `control_msgs/FollowJointTrajectory`. */
const resultCodes: Readonly<Record<number, string>> = {
  0: 'SUCCESSFUL',
  [-1]: 'INVALID_GOAL',
  [-2]: 'INVALID_JOINTS',
  [-3]: 'OLD_HEADER_TIMESTAMP',
  [-4]: 'PATH_TOLERANCE_VIOLATED',
  [-5]: 'GOAL_TOLERANCE_VIOLATED',
};

export const resultName = (code: unknown): string =>
  resultCodes[code as number] ?? `unknown result ${String(code)}`;

/** States of a goal, of `action_msgs/GoalStatus`. */
export const goalStatus = {
  unknown: 0,
  accepted: 1,
  executing: 2,
  canceling: 3,
  succeeded: 4,
  canceled: 5,
  aborted: 6,
} as const;
