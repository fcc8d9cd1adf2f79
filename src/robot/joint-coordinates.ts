import type { RobotModel } from '../core/robot.ts';

/** Which of the robot's coordinates moves a joint, and how: its own coordinate is multiplier · q[index] + offset. */
export interface JointCoordinate {
  readonly index: number;
  readonly multiplier: number;
  readonly offset: number;
}

/** By joint; undefined for those that do not move. Mimic joints follow the coordinate of another. */
export function jointCoordinates(
  robot: Pick<RobotModel, 'joints' | 'movable'>,
): (JointCoordinate | undefined)[] {
  const own = new Map(robot.movable.map((joint, index) => [joint, index]));
  return robot.joints.map(({ kind, mimic }, j) => {
    const index = own.get(mimic ? mimic.joint : j);
    if (kind === 'fixed' || index === undefined) return undefined;
    return { index, multiplier: mimic?.multiplier ?? 1, offset: mimic?.offset ?? 0 };
  });
}
