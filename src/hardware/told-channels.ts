import { type Channel, channel } from '../core/channel.ts';
import { jointChannels } from '../core/joint-channels.ts';
import type { RobotModel } from '../core/robot.ts';

/**
 * What a real robot tells: its joints (rad and rad/s, or m and m/s), and where its tip is by forward kinematics (m, world
 * frame). Nothing of what stands around it.
 */
export function toldChannels(robot: RobotModel): readonly Channel[] {
  return [...jointChannels(robot), channel('tip.position', 'm', { size: 3 })];
}

/** What a task observes that no real robot of this kind tells, by name. */
export function untoldChannels(robot: RobotModel, observation: readonly Channel[]): readonly string[] {
  const told = new Set(toldChannels(robot).map(({ name }) => name));
  return observation.filter(({ kind, name }) => kind !== 'goal' && !told.has(name)).map(({ name }) => name);
}
