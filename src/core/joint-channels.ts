import { type Channel, channel } from './channel.ts';
import type { RobotModel } from './robot.ts';

/**
 * The channels every plant delivers: the coordinates `<joint>.position` of all movable joints in their order, then
 * the rates `<joint>.velocity`. A joint that can turn a whole revolution is an `angle`.
 */
export function jointChannels(robot: RobotModel): Channel[] {
  const joints = robot.movable.map((index) => robot.joints[index]);
  const positions = joints.map((joint) => {
    const turning = joint.kind !== 'prismatic' && joint.upper - joint.lower >= 2 * Math.PI;
    return channel(`${joint.name}.position`, joint.kind === 'prismatic' ? 'm' : 'rad', {
      kind: turning ? 'angle' : 'linear',
      low: joint.lower,
      high: joint.upper,
      joint: { name: joint.name, quantity: 'position' },
    });
  });
  const velocities = joints.map((joint) =>
    channel(`${joint.name}.velocity`, joint.kind === 'prismatic' ? 'm/s' : 'rad/s', {
      joint: { name: joint.name, quantity: 'velocity' },
    }),
  );
  return [...positions, ...velocities];
}
