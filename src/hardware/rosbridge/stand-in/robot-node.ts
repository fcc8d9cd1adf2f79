import type { RobotModel } from '../../../core/robot.ts';
import type { BusClock } from '../../clock.ts';
import type { Motors } from '../../emulator/motors.ts';
import { messageType, rosTime } from '../messages.ts';
import type { RosbridgeConfig } from '../options.ts';
import { StandInController } from './controllers.ts';
import type { RosGraph } from './graph.ts';

export interface RobotNodeOptions {
  readonly robot: RobotModel;
  readonly config: RosbridgeConfig;
  readonly graph: RosGraph;
  readonly clock: BusClock;
  /** By actuator; angle of the shaft = coordinate of the joint. */
  readonly motors: Motors;
  /** Hz of its control loop and of its joint states. */
  readonly rate: number;
  /** The robot's clock − ours, s. */
  readonly clockOffset: number;
  /** Whether its controllers are active from the start. */
  readonly active: boolean;
}

/** What is wrong with the joint states of a robot; all at once, if you like. */
export interface StateFaults {
  /** Share of them that are not sent, 0 … 1. */
  drop?: number;
  /** They come so much later, s. */
  delay?: number;
  /** Joints whose values are NaN. */
  blank?: readonly string[];
  /** None at all. */
  silent?: boolean;
  /** No velocities and efforts. */
  positionsOnly?: boolean;
}

/** A robot as ros2_control shows it: joint states, controllers, a controller manager. */
export class RobotNode {
  readonly controllers: readonly StandInController[];
  faults: StateFaults = {};
  readonly #options: RobotNodeOptions;
  readonly #begun: number;
  #ticks = 0;
  #cancel: () => void = () => {};
  #dropped = 0;

  constructor(options: RobotNodeOptions) {
    const { config, graph, clock, motors, active } = options;
    this.#options = options;
    this.#begun = clock.now();
    motors.advance(this.#begun);
    for (let joint = 0; joint < motors.count; joint++) this.#drive(joint, motors.position(joint));
    const measured = (joint: number) => motors.position(joint);
    this.controllers = config.groups.map((spec) => new StandInController(spec, measured, active));
    graph.advertise(
      '/joint_state_broadcaster',
      config.states,
      messageType(config.ros, 'sensor_msgs/JointState'),
    );
    for (const controller of this.controllers) this.#connect(controller);
    this.#manage();
    this.#next();
  }

  /** s of the robot's clock. */
  get time(): number {
    return this.#options.clock.now() + this.#options.clockOffset;
  }

  close(): void {
    this.#cancel();
  }

  #drive(joint: number, goal: number): void {
    this.#options.motors.drive(joint, {
      kind: 'position',
      goal,
      maxVelocity: Number.POSITIVE_INFINITY,
      effort: 1,
    });
  }

  #connect(controller: StandInController): void {
    const { graph, config } = this.#options;
    const { name, command, topic } = controller.spec;
    if (command === 'positions') {
      const type = messageType(config.ros, 'std_msgs/Float64MultiArray');
      graph.subscribe(`/${name}`, topic, type, (message) => controller.take(message, this.time));
      return;
    }
    const stem = topic.slice(0, topic.lastIndexOf('/'));
    const type = messageType(config.ros, 'trajectory_msgs/JointTrajectory');
    graph.subscribe(
      `/${name}`,
      command === 'trajectory' ? topic : `${stem}/joint_trajectory`,
      type,
      (message) => controller.take(message, this.time),
    );
    graph.offer(command === 'action' ? topic : `${stem}/follow_joint_trajectory`, {
      type: 'control_msgs/action/FollowJointTrajectory',
      accept: (goal, events) => controller.accept(goal, events, this.time),
    });
  }

  #manage(): void {
    const { graph, config } = this.#options;
    const find = (name: unknown) => this.controllers.find(({ spec }) => spec.name === name);
    graph.serve(`${config.manager}/list_controllers`, {
      type: 'controller_manager_msgs/srv/ListControllers',
      call: () => ({
        controller: this.controllers.map(({ spec, active }) => ({
          name: spec.name,
          state: config.ros === 1 ? (active ? 'running' : 'stopped') : active ? 'active' : 'inactive',
        })),
      }),
    });
    graph.serve(`${config.manager}/switch_controller`, {
      type: 'controller_manager_msgs/srv/SwitchController',
      call: (args) => {
        const on = args.activate_controllers ?? args.start_controllers ?? [];
        const off = args.deactivate_controllers ?? args.stop_controllers ?? [];
        if (!Array.isArray(on) || !Array.isArray(off)) throw new Error('lists of names are needed');
        // Strict: all or nothing.
        if (![...on, ...off].every(find)) return { ok: false };
        for (const name of off) find(name)!.switch(false);
        for (const name of on) find(name)!.switch(true);
        return { ok: true };
      },
    });
  }

  #next(): void {
    const { clock, rate } = this.#options;
    this.#ticks = Math.max(this.#ticks + 1, Math.floor((clock.now() - this.#begun) * rate));
    this.#cancel = clock.at(this.#begun + this.#ticks / rate, () => {
      this.#step();
      this.#next();
    });
  }

  #step(): void {
    const { motors, clock } = this.#options;
    motors.advance(clock.now());
    for (const controller of this.controllers) {
      controller.update(this.time);
      controller.spec.actuators.forEach((joint, j) => {
        this.#drive(joint, controller.goal[j]);
      });
    }
    this.#tell();
  }

  #tell(): void {
    const { graph, config, clock } = this.#options;
    const { drop = 0, delay = 0, silent = false } = this.faults;
    this.#dropped += drop;
    if (this.#dropped >= 1) {
      this.#dropped -= 1;
      return;
    }
    if (silent) return;
    const message = this.#state();
    if (delay > 0) clock.at(clock.now() + delay, () => graph.publish(config.states, message));
    else graph.publish(config.states, message);
  }

  #state() {
    const { robot, config, motors } = this.#options;
    const { blank = [], positionsOnly = false } = this.faults;
    const name = [...config.joints];
    const values = (of: (joint: number) => number) =>
      name.map((_, joint) => (blank.includes(robot.actuators[joint].joint) ? Number.NaN : of(joint)));
    const position = values((joint) => motors.position(joint));
    const velocity = values((joint) => motors.velocity(joint));
    const effort = values((joint) => motors.load(joint) * robot.actuators[joint].maxEffort);
    // Joints that follow others are told as well.
    for (const { name: follower, mimic } of robot.joints) {
      const leader = mimic
        ? robot.actuators.findIndex(({ joint }) => joint === robot.joints[mimic.joint].name)
        : -1;
      if (!mimic || leader < 0) continue;
      name.push(follower);
      position.push(mimic.multiplier * position[leader] + mimic.offset);
      velocity.push(mimic.multiplier * velocity[leader]);
      effort.push(0);
    }
    return {
      header: { stamp: rosTime(2, this.time), frame_id: '' },
      name,
      position: Float64Array.from(position),
      velocity: positionsOnly ? [] : Float64Array.from(velocity),
      effort: positionsOnly ? [] : Float64Array.from(effort),
    };
  }
}
