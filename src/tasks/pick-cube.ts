import { channel } from '../core/channel.ts';
import { jointChannels } from '../core/joint-channels.ts';
import { box } from '../core/space.ts';
import { defineTask } from '../core/task.ts';
import { coordinateOf, TipChain } from '../robot/index.ts';
import {
  armJoints,
  benchTopOf,
  benchTopParams,
  benchTopRobots,
  benchTopWorld,
  cubePose,
  noisyStart,
  startOf,
} from './bench-top.ts';
import { defaults } from './defaults/pick-cube.ts';
import { JointTargets } from './joint-targets.ts';
import { variedPhysics } from './variation.ts';

/** Least force of each finger on a held cube, N (ManiSkill, `is_grasping`). */
const grip = 0.5;
/** Fastest joint of an arm that counts as still, rad/s (ManiSkill, `is_static`). */
const still = 0.2;

/**
 * Grasp a cube and hold it at a point in the air. Reward, success, period, length and actions are those of ManiSkill's
 * PickCube-v1 (`pd_joint_delta_pos`, normalised dense reward). The last action opens (1) or closes (−1) the gripper.
 */
export default defineTask({
  name: 'pick-cube',
  summary: 'grasp a cube and hold it at a point in the air',
  reward:
    '⅕ (1 − tanh 5 ‖tip − cube‖) + ⅕ held + ⅕ (1 − tanh 5 ‖cube − goal‖) while held + ⅕ (1 − tanh 5 ‖q̇‖) at the goal; 1 on success',
  source: 'ManiSkill, PickCube-v1, pd_joint_delta_pos, normalised dense reward',
  robots: benchTopRobots,
  controlPeriod: 0.05,
  episodeSteps: 50,
  planHorizon: 0.75,
  params: benchTopParams,
  defaults: { trials: 100, ...defaults },
  world(_params, robot) {
    const top = benchTopOf('pick-cube', robot);
    const [left, right] = top.gripper.fingers;
    return {
      ...benchTopWorld(top),
      sensors: [
        { kind: 'contact', name: 'left', of: left, against: 'cube' },
        { kind: 'contact', name: 'right', of: right, against: 'cube' },
      ],
    };
  },
  build(robot, params) {
    const top = benchTopOf('pick-cube', robot);
    const arm = armJoints(robot, top);
    const targets = new JointTargets(robot, arm);
    const { gripper } = top;
    const closing = robot.actuators.findIndex(({ joint }) => joint === gripper.joint);
    const start = startOf(robot, top);
    const size = robot.movable.length;
    const rates = arm.map((name) => size + coordinateOf(robot, name));
    const cubeAt = 2 * size;
    const leftAt = cubeAt + 7;
    const rightAt = leftAt + 3;
    const chain = new TipChain(robot);
    const tip = new Float64Array(3);
    const force = (next: ArrayLike<number>, at: number) => Math.hypot(next[at], next[at + 1], next[at + 2]);
    const away = (next: ArrayLike<number>, goal: ArrayLike<number>) =>
      Math.hypot(next[cubeAt] - goal[0], next[cubeAt + 1] - goal[1], next[cubeAt + 2] - goal[2]);
    const speed = (next: ArrayLike<number>) => {
      let sum = 0;
      for (let i = 0; i < rates.length; i++) sum += next[rates[i]] ** 2;
      return Math.sqrt(sum);
    };
    const isStill = (next: ArrayLike<number>) => {
      for (let i = 0; i < rates.length; i++) if (Math.abs(next[rates[i]]) > still) return false;
      return true;
    };
    const success = (next: ArrayLike<number>, goal: ArrayLike<number>) =>
      away(next, goal) <= top.near && isStill(next);
    const parts = (next: ArrayLike<number>, goal: ArrayLike<number>): [number, number, number, number] => {
      chain.position(next, tip);
      const far = Math.hypot(tip[0] - next[cubeAt], tip[1] - next[cubeAt + 1], tip[2] - next[cubeAt + 2]);
      const held = force(next, leftAt) >= grip && force(next, rightAt) >= grip ? 1 : 0;
      const left = away(next, goal);
      const placed = left <= top.near ? 1 : 0;
      return [
        (1 - Math.tanh(5 * far)) / 5,
        held / 5,
        ((1 - Math.tanh(5 * left)) * held) / 5,
        ((1 - Math.tanh(5 * speed(next))) * placed) / 5,
      ];
    };
    return {
      observation: [
        ...jointChannels(robot),
        channel('cube.position', 'm', { size: 3 }),
        channel('cube.rotation', '-', { size: 4 }),
        channel('left.force', 'N', { size: 3, target: 'absolute' }),
        channel('right.force', 'N', { size: 3, target: 'absolute' }),
        channel('goal', 'm', { kind: 'goal', size: 3 }),
      ],
      action: {
        space: box([...arm.map(() => -params.stepLimit), -1], [...arm.map(() => params.stepLimit), 1]),
        toCommand(action, command, s) {
          targets.apply(action, s, command);
          const opening = (action[arm.length] + 1) / 2;
          command[closing] = gripper.closed + opening * (gripper.open - gripper.closed);
        },
      },
      reset(random) {
        const { place, spread, half, lift } = top;
        const around = (k: 0 | 1) => place[k] + random.uniform(-spread, spread);
        return {
          state: {
            position: noisyStart(robot, start, arm, (at) => at + random.normal(0, params.startNoise)),
            velocity: start.map(() => 0),
            bodies: { cube: cubePose([around(0), around(1)], half, random.uniform(-Math.PI, Math.PI)) },
          },
          goal: [around(0), around(1), half + random.uniform(0, lift)],
          physics: variedPhysics(random, params, ['cube']),
        };
      },
      reward(_s, _a, next, goal) {
        if (success(next, goal)) return 1;
        const [reaching, held, placing, resting] = parts(next, goal);
        return reaching + held + placing + resting;
      },
      terms(_s, _a, next, goal) {
        if (success(next, goal)) return { reaching: 0, held: 0, placing: 0, resting: 0, success: 1 };
        const [reaching, held, placing, resting] = parts(next, goal);
        return { reaching, held, placing, resting, success: 0 };
      },
      success,
      markers: (goal) => [
        { kind: 'sphere', position: [goal[0], goal[1], goal[2]], radius: top.near, label: 'goal' },
      ],
    };
  },
});
