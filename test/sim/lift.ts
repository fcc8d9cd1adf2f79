import { createSimPlant } from '#sim/index';
import { axisAngle, rotate } from '#src/core/linalg';
import type { SimulatedPlant } from '#src/core/plant';
import type { RobotModel, Vec3 } from '#src/core/robot';
import { type LoadOptions, loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { reachDown } from './reach-down.ts';
import { at, box } from './scene.ts';

/** A gripper and a cube that it can hold. */
export interface Grasp {
  readonly name: string;
  readonly half: number;
  /** kg */
  readonly mass: number;
  readonly gripper: string;
  readonly open: number;
  readonly closed: number;
  readonly fingers: readonly [string, string];
  /** Direction in the tip's link that points down at the cube, and one that lies across. */
  readonly down: Vec3;
  readonly across?: Vec3;
  /** Where the tip takes hold. */
  readonly hold: Vec3;
}

/** Cubes are ManiSkill's. */
export const grasps: readonly Grasp[] = [
  {
    name: 'panda',
    half: 0.02,
    mass: 0.064,
    gripper: 'panda_finger_joint1',
    open: 0.04,
    closed: 0,
    fingers: ['panda_leftfinger', 'panda_rightfinger'],
    down: [0, 0, 1],
    across: [1, 0, 0],
    hold: [0.615, 0, 0.02],
  },
  {
    name: 'so101',
    half: 0.0125,
    mass: 0.015625,
    gripper: 'gripper',
    open: 0.6,
    closed: -0.15,
    fingers: ['gripper_link', 'moving_jaw_so101_v1_link'],
    // The fixed jaw's face stands upright.
    down: rotate(axisAngle([0, 1, 0], -0.1117), [0, 0, -1]),
    hold: [0.25, 0, 0.018],
  },
];

export interface Held {
  readonly robot: RobotModel;
  readonly plant: SimulatedPlant;
  /** The deepest overlap that the cube had with anything, m. */
  readonly state: { deepest: number };
  /** Goes on holding for so many control periods of 0.05 s. */
  hold(ticks: number): void;
}

/** Takes a cube, turned by `turn` rad about the vertical, from the ground and lifts it by 0.1 m. */
export async function lift(grasp: Grasp, turn: number, options: LoadOptions = {}): Promise<Held> {
  const robot = await loadRobot(grasp.name, options);
  const names = robot.movable.map((j) => robot.joints[j].name);
  const gripper = names.indexOf(grasp.gripper);
  const low = reachDown(robot, robot.home, grasp.hold, grasp.down, gripper, grasp.across);
  const [x, y, z] = grasp.hold;
  const high = reachDown(robot, low, [x, y, z + 0.1], grasp.down, gripper, grasp.across);
  const along = rotate(new Kinematics(robot).linkPoses(low)[robot.tip.link].rotation, [1, 0, 0]);
  const yaw = Math.atan2(along[1], along[0]) + turn;
  const side = 2 * grasp.half;
  const plant = await createSimPlant({
    robot,
    controlPeriod: 0.05,
    world: {
      ground: { height: 0 },
      bodies: [
        {
          name: 'cube',
          kind: 'free',
          mass: grasp.mass,
          shapes: [box(side, side, side)],
          pose: at(x, y, grasp.half, axisAngle([0, 0, 1], yaw)),
        },
      ],
    },
  });
  const start = low.map((value, d) => (d === gripper ? grasp.open : value));
  plant.reset({ position: start, velocity: start.map(() => 0) });
  const driven = robot.actuators.map(({ joint }) => names.indexOf(joint));
  const state = { deepest: 0 };
  const run = (ticks: number, want: (share: number) => number[], grip: number): void => {
    for (let tick = 0; tick < ticks; tick++) {
      const target = want((tick + 1) / ticks);
      plant.write(Float32Array.from(driven, (d) => (d === gripper ? grip : target[d])));
      plant.advance();
      for (const { a, b, gap } of plant.contacts())
        if (a === 'cube' || b === 'cube') state.deepest = Math.max(state.deepest, -gap);
    }
  };
  run(10, () => low, grasp.open);
  run(20, () => low, grasp.closed);
  run(30, (share) => low.map((value, d) => value + share * (high[d] - value)), grasp.closed);
  run(20, () => high, grasp.closed);
  return { robot, plant, state, hold: (ticks) => run(ticks, () => high, grasp.closed) };
}
