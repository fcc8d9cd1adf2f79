import { RobotFault } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { rosTime } from './messages.ts';
import type { RosbridgeConfig } from './options.ts';

const STRICT = 2;

/**
 * Switches the robot's controllers at ros2_control's (or ROS 1's) controller manager, and sees that they are switched.
 * What is so already is left as it is.
 */
export async function switchControllers(
  connection: Connection,
  config: RosbridgeConfig,
  want: 'active' | 'inactive',
): Promise<void> {
  const { ros, manager, startTimeout } = config;
  const names = config.groups.map(({ name }) => name);
  const before = await states(connection, config);
  const unknown = names.filter((name) => !before.has(name));
  if (unknown.length > 0) {
    const known = [...before.keys()].join(', ') || 'none';
    throw new RobotFault(
      `${connection.name}: ${manager} has no controller ${unknown.join(', ')}; it has ${known}`,
    );
  }
  const wrong = names.filter((name) => before.get(name) !== want);
  if (wrong.length === 0) return;
  const on = want === 'active' ? wrong : [];
  const off = want === 'active' ? [] : wrong;
  const service = `${manager}/switch_controller`;
  const request =
    ros === 1
      ? {
          start_controllers: on,
          stop_controllers: off,
          strictness: STRICT,
          start_asap: true,
          timeout: startTimeout,
        }
      : {
          ...{ activate_controllers: on, deactivate_controllers: off, strictness: STRICT },
          ...{ activate_asap: true, timeout: rosTime(ros, startTimeout) },
        };
  const answer = await connection.call(
    service,
    serviceType(ros, 'SwitchController'),
    request,
    startTimeout + 1,
  );
  const after = answer.ok === true ? await states(connection, config) : before;
  const left = names.filter((name) => after.get(name) !== want);
  if (left.length > 0)
    throw new RobotFault(
      `${connection.name}: ${service}: ${left.join(', ')} did not become ${want}; see the controller manager's log`,
    );
}

/** State by name: `active`, `inactive` or another. ROS 1 calls them running and initialized or stopped. */
async function states(connection: Connection, { ros, manager, startTimeout }: RosbridgeConfig) {
  const service = `${manager}/list_controllers`;
  const { controller } = await connection.call(
    service,
    serviceType(ros, 'ListControllers'),
    {},
    startTimeout,
  );
  const old: Readonly<Record<string, string>> = {
    running: 'active',
    initialized: 'inactive',
    stopped: 'inactive',
  };
  const found = new Map<string, string>();
  for (const each of Array.isArray(controller) ? controller : []) {
    const { name, state } = (each ?? {}) as { name?: unknown; state?: unknown };
    if (typeof name === 'string' && typeof state === 'string') found.set(name, old[state] ?? state);
  }
  return found;
}

const serviceType = (ros: 1 | 2, name: string) =>
  ros === 1 ? `controller_manager_msgs/${name}` : `controller_manager_msgs/srv/${name}`;
