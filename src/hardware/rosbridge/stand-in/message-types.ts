/**
 * The message types that a driven robot knows, field by field. `double[]` and the like are arrays; a name with a slash
 * is another type. Others pass unchecked.
 */
const types: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'std_msgs/String': { data: 'string' },
  'std_msgs/Header': { stamp: 'time', frame_id: 'string' },
  'std_msgs/MultiArrayDimension': { label: 'string', size: 'int', stride: 'int' },
  'std_msgs/MultiArrayLayout': { dim: 'std_msgs/MultiArrayDimension[]', data_offset: 'int' },
  'std_msgs/Float64MultiArray': { layout: 'std_msgs/MultiArrayLayout', data: 'double[]' },
  'sensor_msgs/JointState': {
    ...{ header: 'std_msgs/Header', name: 'string[]' },
    ...{ position: 'double[]', velocity: 'double[]', effort: 'double[]' },
  },
  'trajectory_msgs/JointTrajectoryPoint': {
    ...{ positions: 'double[]', velocities: 'double[]', accelerations: 'double[]', effort: 'double[]' },
    time_from_start: 'time',
  },
  'trajectory_msgs/JointTrajectory': {
    ...{ header: 'std_msgs/Header', joint_names: 'string[]' },
    points: 'trajectory_msgs/JointTrajectoryPoint[]',
  },
  'control_msgs/JointTolerance': {
    name: 'string',
    position: 'double',
    velocity: 'double',
    acceleration: 'double',
  },
  'control_msgs/FollowJointTrajectory': {
    trajectory: 'trajectory_msgs/JointTrajectory',
    ...{ path_tolerance: 'control_msgs/JointTolerance[]', goal_tolerance: 'control_msgs/JointTolerance[]' },
    goal_time_tolerance: 'time',
  },
};

/** `sensor_msgs/msg/JointState` and `sensor_msgs/JointState` are the same type. */
export const shortType = (type: string): string => type.replace(/\/(msg|srv|action)\//, '/');

/** The message with all its fields, those left out at their defaults. @throws Error as rosbridge words it */
export function conform(type: string, value: unknown, path = shortType(type)): unknown {
  const name = shortType(type);
  if (name === 'double[]' && value instanceof Float64Array) return value;
  if (name.endsWith('[]')) {
    if (!Array.isArray(value)) throw mismatch(path, 'a list', value);
    return value.map((each, i) => conform(name.slice(0, -2), each, `${path}[${i}]`));
  }
  switch (name) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(path, 'a string', value);
      return value;
    case 'double':
      if (typeof value !== 'number') throw mismatch(path, 'a double', value);
      return value;
    case 'int':
      if (!Number.isInteger(value)) throw mismatch(path, 'an integer', value);
      return value;
    case 'time':
      return readStamp(value, path);
  }
  const fields = types[name];
  if (!fields) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mismatch(path, 'an object', value);
  for (const field of Object.keys(value))
    if (!(field in fields)) throw new Error(`Message type ${name} does not have a field ${field}`);
  const given = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields).map(([field, of]) => [
      field,
      given[field] === undefined ? empty(of) : conform(of, given[field], `${path}.${field}`),
    ]),
  );
}

function empty(type: string): unknown {
  if (type.endsWith('[]')) return [];
  if (type === 'string') return '';
  if (type === 'double' || type === 'int') return 0;
  return type === 'time' ? { sec: 0, nanosec: 0 } : conform(type, {});
}

/** The names of either version of ROS are taken. */
function readStamp(value: unknown, path: string): { sec: number; nanosec: number } {
  if (typeof value !== 'object' || value === null) throw mismatch(path, 'a time', value);
  const { sec, secs, nanosec, nsecs } = value as Record<string, unknown>;
  const whole = sec ?? secs ?? 0;
  const rest = nanosec ?? nsecs ?? 0;
  if (!Number.isInteger(whole) || !Number.isInteger(rest)) throw mismatch(path, 'a time in integers', value);
  return { sec: whole as number, nanosec: rest as number };
}

function mismatch(path: string, wanted: string, got: unknown): Error {
  return new Error(`${path} requires ${wanted}, but got ${got === null ? 'null' : typeof got}`);
}
