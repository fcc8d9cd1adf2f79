import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import type { Pose, RobotModel } from '../core/robot.ts';
import type { WorldSpec } from '../core/task.ts';
import { variation } from './variation.ts';

/**
 * Where an arm and a cube stand on a table at z = 0, in the arm's frame. Sizes of the cube, spawn and goals are
 * ManiSkill's (PushCube-v1, PickCube-v1: Panda with its base at x = −0.615; the SO-100's variants for the SO-101),
 * except where noted.
 */
export interface BenchTop {
  /** Half the cube's edge, m. */
  readonly half: number;
  /** kg; 1000 kg/m³ as SAPIEN's default. */
  readonly mass: number;
  /** Middle of the square that cubes appear in, and half of its edge, m. */
  readonly place: readonly [number, number];
  readonly spread: number;
  /** Coordinates at the start by joint, rad or m. */
  readonly start: Readonly<Record<string, number>>;
  readonly gripper: {
    readonly joint: string;
    readonly open: number;
    readonly closed: number;
    /** The two links that hold. */
    readonly fingers: readonly [string, string];
  };
  /** How far a cube is to be pushed, and the radius of the disc that counts, m. */
  readonly push: number;
  readonly disc: number;
  /** Highest goal of a lifted cube above the table, and how near counts, m. */
  readonly lift: number;
  readonly near: number;
}

const benchTops: Readonly<Record<string, BenchTop>> = {
  panda: {
    half: 0.02,
    mass: 0.064,
    place: [0.615, 0],
    spread: 0.1,
    start: {
      panda_joint1: 0,
      panda_joint2: Math.PI / 8,
      panda_joint3: 0,
      panda_joint4: (-5 * Math.PI) / 8,
      panda_joint5: 0,
      panda_joint6: (3 * Math.PI) / 4,
      panda_joint7: Math.PI / 4,
      panda_finger_joint1: 0.04,
    },
    gripper: {
      joint: 'panda_finger_joint1',
      open: 0.04,
      closed: 0,
      fingers: ['panda_leftfinger', 'panda_rightfinger'],
    },
    push: 0.2,
    disc: 0.1,
    lift: 0.3,
    near: 0.025,
  },
  so101: {
    half: 0.0125,
    mass: 0.015625,
    place: [0.25, 0],
    spread: 0.05,
    // The gripper looks down at the middle of the square, 0.1 m above the table.
    start: {
      shoulder_pan: 0,
      shoulder_lift: -0.05,
      elbow_flex: -0.1,
      wrist_flex: 1.5,
      wrist_roll: 0,
      gripper: 0.8,
    },
    gripper: {
      joint: 'gripper',
      open: 0.8,
      closed: -0.15,
      fingers: ['gripper_link', 'moving_jaw_so101_v1_link'],
    },
    // Half of Panda's, as is the arm's reach.
    push: 0.1,
    disc: 0.05,
    lift: 0.08,
    near: 0.0156,
  },
};

export const benchTopRobots: readonly string[] = Object.keys(benchTops);

/** Parameters of every task on a bench top. */
export const benchTopParams = z.object({
  stepLimit: z
    .number()
    .min(0.005)
    .max(0.5)
    .default(0.1)
    .describe('farthest a joint is sent ahead of where it is, in one step [rad]'),
  startNoise: z
    .number()
    .min(0)
    .max(0.2)
    .default(0.02)
    .describe('deviation of the start about the rest pose [rad]'),
  ...variation,
});

export function benchTopOf(task: string, robot: RobotModel): BenchTop {
  if (!Object.hasOwn(benchTops, robot.name))
    throw new InputError(`task ${task} knows ${benchTopRobots.join(' and ')}, not ${robot.name}`);
  const found = benchTops[robot.name];
  // A robot of the user's own may be called so too.
  for (const joint of Object.keys(found.start))
    if (!robot.actuators.some((actuator) => actuator.joint === joint && actuator.kind === 'position'))
      throw new InputError(
        `task ${task}: joint ${joint} of ${robot.name} has no position servo; give robot.json one, or take --robot ${robot.name}`,
      );
  for (const finger of found.gripper.fingers)
    if (!robot.links.some(({ name }) => name === finger))
      throw new InputError(
        `task ${task}: ${robot.name} has no link ${finger} to hold with; take --robot ${robot.name}`,
      );
  return found;
}

/** Start coordinates [D]; joints that are not named stand at their rest pose. */
export function startOf(robot: RobotModel, { start }: BenchTop): number[] {
  return robot.movable.map((j, d) => start[robot.joints[j].name] ?? robot.home[d]);
}

/** The start with noise on the arm's joints, inside their limits. */
export function noisyStart(
  robot: RobotModel,
  start: readonly number[],
  arm: readonly string[],
  vary: (at: number) => number,
): number[] {
  return start.map((q, d) => {
    const { name, lower, upper } = robot.joints[robot.movable[d]];
    return arm.includes(name) ? Math.min(upper, Math.max(lower, vary(q))) : q;
  });
}

/** The arm's joints with a servo, without the gripper's. */
export function armJoints(robot: RobotModel, { gripper }: BenchTop): string[] {
  return robot.actuators
    .filter(({ joint, kind }) => kind === 'position' && joint !== gripper.joint)
    .map(({ joint }) => joint);
}

export function cubePose([x, y]: readonly [number, number], half: number, yaw = 0): Pose {
  return { position: [x, y, half], rotation: [0, 0, Math.sin(yaw / 2), Math.cos(yaw / 2)] };
}

/** A table and a cube on it. */
export function benchTopWorld({ half, mass, place }: BenchTop): WorldSpec {
  return {
    ground: { height: 0, surface: { friction: 1, restitution: 0 } },
    bodies: [
      {
        name: 'cube',
        kind: 'free',
        shapes: [
          {
            geometry: { kind: 'box', size: [2 * half, 2 * half, 2 * half] },
            pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] },
            color: [0.85, 0.35, 0.2, 1],
          },
        ],
        pose: cubePose(place, half),
        mass,
        surface: { friction: 1, restitution: 0 },
      },
    ],
  };
}
