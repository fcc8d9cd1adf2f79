import { RobotFault } from '../../core/errors.ts';
import type { BusClock } from '../clock.ts';
import type { Connection } from './connection.ts';
import { floatArray, goalStatus, messageType, onePoint, resultName } from './messages.ts';
import type { ControllerSpec, RosbridgeConfig } from './options.ts';

const ACTION_TYPE = 'control_msgs/action/FollowJointTrajectory';

/** Commands on their way to the controllers: trajectories of one point, arrays, or goals that replace one another. */
export class Commander {
  /** Why a controller does not follow; cleared by `begin`. */
  failure: string | undefined;
  readonly #config: RosbridgeConfig;
  readonly #connection: Connection;
  readonly #clock: BusClock;
  readonly #goals = new Map<ControllerSpec, { id: string | undefined; sentAt: number }>();

  constructor(config: RosbridgeConfig, connection: Connection, clock: BusClock) {
    this.#config = config;
    this.#connection = connection;
    this.#clock = clock;
    for (const { command, topic } of config.groups) {
      if (command === 'trajectory')
        connection.advertise(topic, messageType(config.ros, 'trajectory_msgs/JointTrajectory'));
      else if (command === 'positions')
        connection.advertise(topic, messageType(config.ros, 'std_msgs/Float64MultiArray'));
    }
  }

  /** Forgets what went before. */
  begin(): void {
    this.failure = undefined;
    this.#goals.clear();
  }

  /** @param command [J], rad or m. @throws RobotFault when the connection is gone. */
  send(command: ArrayLike<number>): void {
    for (const group of this.#config.groups) {
      const positions = group.actuators.map((actuator) => command[actuator]);
      if (group.command === 'action') this.#sendGoal(group, positions);
      else this.#publish(group, positions);
    }
  }

  /** Cancels goals, which lets their controllers hold. @throws RobotFault when the connection is gone. */
  cancel(): void {
    for (const [{ topic }, { id }] of this.#goals)
      if (id !== undefined) this.#connection.cancelGoal(topic, id);
    this.#goals.clear();
  }

  /**
   * Controllers hold `position` [J] from now on, but for those with a joint that `known` does not vouch for.
   * @returns names of these. @throws RobotFault when the connection is gone.
   */
  hold(position: ArrayLike<number>, known: (actuator: number) => boolean): string[] {
    const untold: string[] = [];
    for (const group of this.#config.groups) {
      if (group.command === 'action') continue;
      if (group.actuators.every(known))
        this.#publish(
          group,
          group.actuators.map((actuator) => position[actuator]),
        );
      else untold.push(group.name);
    }
    return untold;
  }

  #publish({ command, topic, joints }: ControllerSpec, positions: readonly number[]): void {
    const { ros, lead } = this.#config;
    this.#connection.publish(
      topic,
      command === 'trajectory' ? onePoint(ros, joints, positions, lead) : floatArray(positions),
    );
  }

  #sendGoal(group: ControllerSpec, positions: readonly number[]): void {
    const { goalPeriod, lead } = this.#config;
    const now = this.#clock.now();
    const last = this.#goals.get(group);
    if (last && now - last.sentAt < goalPeriod - 1e-3) return;
    const goal: { id: string | undefined; sentAt: number } = { id: undefined, sentAt: now };
    this.#goals.set(group, goal);
    goal.id = this.#connection.sendGoal(
      group.topic,
      ACTION_TYPE,
      { trajectory: onePoint(2, group.joints, positions, Math.max(lead, goalPeriod)) },
      ({ status, values, failed }) => {
        // The one before it ends as aborted when a goal takes its place.
        if (this.#goals.get(group) !== goal) return;
        goal.id = undefined;
        const { error_code, error_string } = (values ?? {}) as {
          error_code?: unknown;
          error_string?: unknown;
        };
        if (!failed && status === goalStatus.succeeded && !error_code) return;
        const why = failed
          ? String(values ?? 'refused')
          : `${resultName(error_code)}${error_string ? `: ${error_string}` : ''}`;
        this.failure = `action ${group.topic}: ${why.slice(0, 200)}`;
      },
    );
  }

  /** @throws RobotFault when a controller gave up. */
  check(): void {
    if (this.failure !== undefined) throw new RobotFault(`${this.#connection.name}: ${this.failure}`);
  }
}
