import { channel } from '../core/channel.ts';
import { jointChannels } from '../core/joint-channels.ts';
import { box } from '../core/space.ts';
import { defineTask } from '../core/task.ts';
import { TipChain } from '../robot/index.ts';
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
import { defaults } from './defaults/push-cube.ts';
import { JointTargets } from './joint-targets.ts';
import { variedPhysics } from './variation.ts';

/**
 * Push a cube away from the arm into a disc. Reward, success, period, length and actions are those of ManiSkill's
 * PushCube-v1 (`pd_joint_delta_pos`, normalised dense reward); the gripper stays closed and is no part of the action.
 */
export default defineTask({
  name: 'push-cube',
  summary: 'push a cube into a disc before it',
  reward:
    '⅓ (1 − tanh 5 ‖tip − place behind the cube‖) + ⅓ (1 − tanh 5 ‖cube − goal‖) once the tip is within 1 cm of that place; 1 on success',
  source: 'ManiSkill, PushCube-v1, pd_joint_delta_pos, normalised dense reward',
  robots: benchTopRobots,
  controlPeriod: 0.05,
  episodeSteps: 50,
  planHorizon: 0.75,
  params: benchTopParams,
  defaults: { trials: 40, ...defaults },
  world: (_params, robot) => benchTopWorld(benchTopOf('push-cube', robot)),
  build(robot, params) {
    const top = benchTopOf('push-cube', robot);
    const arm = armJoints(robot, top);
    const targets = new JointTargets(robot, arm);
    const closing = robot.actuators.findIndex(({ joint }) => joint === top.gripper.joint);
    const start = startOf(robot, {
      ...top,
      start: { ...top.start, [top.gripper.joint]: top.gripper.closed },
    });
    const cubeAt = 2 * robot.movable.length;
    const chain = new TipChain(robot);
    const tip = new Float64Array(3);
    const success = (next: ArrayLike<number>, goal: ArrayLike<number>) =>
      Math.hypot(next[cubeAt] - goal[0], next[cubeAt + 1] - goal[1]) < top.disc &&
      next[cubeAt + 2] < top.half + 0.005;
    const parts = (next: ArrayLike<number>, goal: ArrayLike<number>): [number, number] => {
      chain.position(next, tip);
      const behind = Math.hypot(
        tip[0] - (next[cubeAt] - top.half - 0.005),
        tip[1] - next[cubeAt + 1],
        tip[2] - next[cubeAt + 2],
      );
      const left = Math.hypot(next[cubeAt] - goal[0], next[cubeAt + 1] - goal[1]);
      return [(1 - Math.tanh(5 * behind)) / 3, behind < 0.01 ? (1 - Math.tanh(5 * left)) / 3 : 0];
    };
    return {
      observation: [
        ...jointChannels(robot),
        channel('cube.position', 'm', { size: 3 }),
        channel('cube.rotation', '-', { size: 4 }),
        channel('goal', 'm', { kind: 'goal', size: 2 }),
      ],
      action: {
        space: box(-params.stepLimit, params.stepLimit, arm.length),
        toCommand(action, command, s) {
          targets.apply(action, s, command);
          command[closing] = top.gripper.closed;
        },
      },
      reset(random) {
        const { place, spread, half, push } = top;
        const x = place[0] + random.uniform(-spread, spread);
        const y = place[1] + random.uniform(-spread, spread);
        return {
          state: {
            position: noisyStart(robot, start, arm, (at) => at + random.normal(0, params.startNoise)),
            velocity: start.map(() => 0),
            bodies: { cube: cubePose([x, y], half) },
          },
          goal: [x + push, y],
          physics: variedPhysics(random, params, ['cube']),
        };
      },
      reward(_s, _a, next, goal) {
        if (success(next, goal)) return 1;
        const [reaching, pushing] = parts(next, goal);
        return reaching + pushing;
      },
      terms(_s, _a, next, goal) {
        if (success(next, goal)) return { reaching: 0, pushing: 0, success: 1 };
        const [reaching, pushing] = parts(next, goal);
        return { reaching, pushing, success: 0 };
      },
      success,
      markers: (goal) => [
        {
          kind: 'ring',
          position: [goal[0], goal[1], 0.001],
          radius: top.disc,
          normal: [0, 0, 1],
          label: 'goal',
        },
      ],
    };
  },
});
