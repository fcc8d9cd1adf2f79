import { z } from 'zod';
import { InputError, nearestName } from '../../core/errors.ts';
import type { HardwareSpec } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';

const positive = z.number().positive();
const topic = z
  .string()
  .regex(/^\/?[A-Za-z_~][\w~]*(\/[A-Za-z_]\w*)*$/, 'no name of ROS: write it like /arm/joint_states');
const command = z.enum(['trajectory', 'positions', 'action']);

/** The key `hardware.options` of a robot.json whose driver is rosbridge. */
const rosbridgeOptions = z.strictObject({
  ros: z.literal([1, 2]).default(2).describe('the version of ROS: how message types and times are written'),
  states: topic.default('/joint_states').describe('the topic of joint states'),
  command: command
    .default('trajectory')
    .describe(
      'trajectory: a trajectory of one point; positions: an array in the order of joints; action: goals',
    ),
  controllers: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z_]\w*$/, 'no name of a controller'),
        joints: z
          .array(z.string())
          .min(1)
          .optional()
          .describe("the robot's joints that it moves, in its order; default: all that no other one names"),
        command: command.optional().describe('default: as for all'),
        topic: topic
          .optional()
          .describe('default: /<name>/joint_trajectory, /<name>/commands or /<name>/follow_joint_trajectory'),
      }),
    )
    .min(1)
    .optional()
    .describe('of ros2_control; default: joint_trajectory_controller or forward_position_controller'),
  names: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('what ROS calls a joint, where it is not our name'),
  lead: positive.optional().describe('a point is to be reached so much later [s]; default: one cycle'),
  goalPeriod: positive.default(0.1).describe('action: a new goal at most so often [s]'),
  switch: z
    .boolean()
    .default(false)
    .describe('whether controllers are activated and deactivated through the controller manager'),
  manager: topic.default('/controller_manager').describe('where its services are'),
  stamps: z
    .boolean()
    .default(true)
    .describe('states are as old as their stamps say; false: as their arrival, for clocks slower than time'),
  compression: z.enum(['none', 'png', 'cbor']).default('none').describe('of the joint states'),
  throttle: z
    .int()
    .nonnegative()
    .optional()
    .describe('least time between two states [ms]; default: half a cycle'),
  maxMessage: z
    .int()
    .min(1024)
    .default(1 << 20)
    .describe('a longer message ends the connection [bytes]'),
  stateTimeout: positive.default(0.5).describe('a joint whose state is older is a fault [s]'),
  startTimeout: positive.default(3).describe('for the first state of every joint, and for services [s]'),
  stopTimeout: positive.default(2).describe('for a stop to be seen [s]'),
  rest: positive.default(0.02).describe('a joint that is slower is at rest [rad/s or m/s]'),
});

export type RosbridgeSettings = z.output<typeof rosbridgeOptions>;
export type CommandKind = z.output<typeof command>;

/** A controller and what it moves. */
export interface ControllerSpec {
  readonly name: string;
  readonly command: CommandKind;
  /** Where its commands go: a topic or an action. */
  readonly topic: string;
  /** Indices into the robot's actuators, in the controller's order, and what ROS calls their joints. */
  readonly actuators: readonly number[];
  readonly joints: readonly string[];
}

export interface RosbridgeConfig extends RosbridgeSettings {
  /** What ROS calls the joint of each actuator [J]. */
  readonly joints: readonly string[];
  readonly groups: readonly ControllerSpec[];
  /** s */
  readonly lead: number;
  /** ms */
  readonly throttle: number;
}

const suffix = {
  trajectory: 'joint_trajectory',
  positions: 'commands',
  action: 'follow_joint_trajectory',
} as const;

/** Checks the options against the robot. @throws InputError */
export function readOptions(
  robot: RobotModel,
  hardware: Pick<HardwareSpec, 'options' | 'rate'>,
): RosbridgeConfig {
  const fail = (key: string, what: string): never => {
    throw new InputError(`robot ${robot.name}: hardware.options${key && `.${key}`}: ${what}`);
  };
  const parsed = rosbridgeOptions.safeParse(hardware.options);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    return fail(path.join('.'), `${message}; see docs/ros.md`);
  }
  const settings = parsed.data;
  const names = robot.actuators.map(({ joint }) => joint);
  const indexOf = (joint: string, key: string): number => {
    const found = names.indexOf(joint);
    if (found >= 0) return found;
    const near = nearestName(joint, names);
    return fail(
      key,
      `no actuated joint is called "${joint}"; ${near ? `did you mean "${near}"?` : `there are ${names.join(', ')}`}`,
    );
  };
  robot.actuators.forEach(({ joint, kind }) => {
    if (kind !== 'position')
      fail('', `joint ${joint} takes commands of kind ${kind}; this driver sends positions alone`);
  });
  for (const joint of Object.keys(settings.names)) indexOf(joint, 'names');
  const joints = names.map((joint) => settings.names[joint] ?? joint);
  if (new Set(joints).size < joints.length) fail('names', 'two joints have the same name in ROS');

  const usual =
    settings.command === 'positions' ? 'forward_position_controller' : 'joint_trajectory_controller';
  const wanted = settings.controllers ?? [{ name: usual }];
  const free = new Set(names.keys());
  wanted.forEach((controller, i) => {
    for (const joint of controller.joints ?? []) {
      if (!free.delete(indexOf(joint, `controllers.${i}.joints`)))
        fail(`controllers.${i}.joints`, `"${joint}" is named twice; each joint has one controller`);
    }
  });
  const groups = wanted.map((controller, i): ControllerSpec => {
    let actuators = controller.joints?.map((joint) => names.indexOf(joint));
    if (!actuators) {
      actuators = [...free];
      free.clear();
      if (actuators.length === 0)
        fail(`controllers.${i}`, `no joint is left for ${controller.name}; name its joints`);
    }
    const kind = controller.command ?? settings.command;
    if (kind === 'action' && settings.ros === 1)
      fail(`controllers.${i}.command`, 'actions need ROS 2; use trajectory or positions');
    return {
      ...{ name: controller.name, command: kind, actuators },
      topic: controller.topic ?? `/${controller.name}/${suffix[kind]}`,
      joints: actuators.map((actuator) => joints[actuator]),
    };
  });
  if (free.size > 0) {
    const left = [...free].map((actuator) => names[actuator]).join(', ');
    fail('controllers', `nobody moves ${left}; name the controller that does`);
  }
  const { lead = 1 / hardware.rate, throttle = Math.floor(500 / hardware.rate) } = settings;
  return { ...settings, joints, groups, lead, throttle };
}
