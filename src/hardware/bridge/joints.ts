import type { RobotModel } from '../../core/robot.ts';

/** What holds a robot that stands at `position` [J]: a servo of positions its place, others no rate and no effort. */
export function holdCommand(robot: RobotModel, position: ArrayLike<number>): Float64Array {
  return Float64Array.from(robot.actuators, ({ kind }, i) => (kind === 'position' ? position[i] : 0));
}

/** Whether a joint of an actuator slides: m, not rad. */
export function slides(robot: RobotModel, actuator: number): boolean {
  const { joint } = robot.actuators[actuator];
  return robot.joints.find(({ name }) => name === joint)?.kind === 'prismatic';
}
