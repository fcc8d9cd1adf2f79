import { InputError } from '../core/errors.ts';
import type { RobotModel } from '../core/robot.ts';

type Joints = Pick<RobotModel, 'name' | 'joints' | 'movable'>;
type Actuated = Joints & Pick<RobotModel, 'actuators'>;

/** Index into a robot's coordinates q [D] of a joint. @throws InputError for one that does not move of its own */
export function coordinateOf(robot: Joints, joint: string): number {
  const index = robot.movable.findIndex((j) => robot.joints[j].name === joint);
  if (index >= 0) return index;
  const known = robot.movable.map((j) => robot.joints[j].name).join(', ');
  throw new InputError(
    `robot ${robot.name}: joint "${joint}" does not move of its own, so no actuator can drive it; name one of ${known}`,
  );
}

/** Index into q [D] of each actuator's joint [J]. @throws InputError */
export function coordinatesOf(robot: Actuated): number[] {
  return robot.actuators.map(({ joint }) => coordinateOf(robot, joint));
}

/** The actuator of each coordinate [D]. @throws InputError when one has none: nothing tells where it is */
export function actuatorsOf(robot: Actuated): number[] {
  return robot.movable.map((j) => {
    const { name } = robot.joints[j];
    const actuator = robot.actuators.findIndex(({ joint }) => joint === name);
    if (actuator >= 0) return actuator;
    throw new InputError(
      `robot ${robot.name}: joint "${name}" has no actuator, so nothing tells where a real one stands; every joint must be driven`,
    );
  });
}

/** Home by actuator [J], rad or m. @throws InputError */
export function homeOfActuators(robot: Actuated & Pick<RobotModel, 'home'>): Float64Array {
  return Float64Array.from(coordinatesOf(robot), (index) => robot.home[index]);
}
