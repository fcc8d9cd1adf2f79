import { z } from 'zod';
import { channel } from '../core/channel.ts';
import { InputError } from '../core/errors.ts';
import { jointChannels } from '../core/joint-channels.ts';
import type { RobotModel } from '../core/robot.ts';
import { box } from '../core/space.ts';
import { defineTask } from '../core/task.ts';
import { TipChain } from '../robot/index.ts';
import { defaults } from './defaults/reach.ts';
import { JointTargets } from './joint-targets.ts';
import { variation, variedPhysics } from './variation.ts';

/** Tries to find a goal that is not in the floor or in the robot's foot. */
const tries = 200;

/**
 * Bring the tip of any arm to a random point within its reach and hold it there. Own definition: the goal is where the
 * tip would be at random coordinates of the middle of the joints' ranges, so it can be reached; the cost is the distance,
 * not its square, so that the last centimetre still counts.
 */
export default defineTask({
  name: 'reach',
  summary: 'bring the tip of an arm to a random point and hold it there',
  reward: '−‖tip − goal‖ − actionCost · ‖a / bound‖² − speedCost · ‖q̇‖²',
  source: 'own',
  robots: 'any',
  defaultRobot: 'so101',
  controlPeriod: 0.02,
  episodeSteps: 100,
  planHorizon: 0.4,
  params: z.object({
    stepLimit: z
      .number()
      .min(0.005)
      .max(1)
      .default(0.1)
      .describe('farthest a joint is sent ahead of where it is, in one step [rad or m]'),
    effortShare: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.5)
      .describe("share of the motors' effort in use, for arms without servos [-]"),
    reach: z
      .number()
      .min(0.05)
      .max(1)
      .default(0.6)
      .describe('share of each range of joints that goals are drawn from [-]'),
    floor: z.number().min(-10).max(10).default(0.05).describe('lowest goal [m]'),
    tolerance: z.number().min(0.001).max(0.5).default(0.02).describe('distance that counts as reached [m]'),
    actionCost: z
      .number()
      .min(0)
      .max(1)
      .default(0.02)
      .describe('cost of a squared action, each in units of its bound [-]'),
    speedCost: z.number().min(0).max(1).default(0.002).describe('cost of a squared joint rate [s²/rad²]'),
    ...variation,
  }),
  defaults: { trials: 20, ...defaults },
  build(robot, params) {
    const carrying = robot.actuators.filter(({ joint }) => carriesTip(robot, joint));
    if (carrying.length === 0)
      throw new InputError(`task reach: no actuator of ${robot.name} moves its tip; see robot.json`);
    const servos = carrying.every(({ kind }) => kind === 'position');
    if (!servos && !carrying.every(({ kind }) => kind === 'effort'))
      throw new InputError(
        `task reach: the actuators of ${robot.name} are not all of one kind, effort or position; see robot.json`,
      );
    const bounds = carrying.map(({ maxEffort }) =>
      servos ? params.stepLimit : params.effortShare * maxEffort,
    );
    const targets = servos
      ? new JointTargets(
          robot,
          carrying.map(({ joint }) => joint),
        )
      : null;
    const places = carrying.map((actuator) => robot.actuators.indexOf(actuator));
    const size = robot.movable.length;
    const chain = new TipChain(robot);
    const tip = new Float64Array(3);
    const distance = (next: ArrayLike<number>, goal: ArrayLike<number>) => {
      chain.position(next, tip);
      return Math.hypot(tip[0] - goal[0], tip[1] - goal[1], tip[2] - goal[2]);
    };
    const effort = (a: ArrayLike<number>) => {
      let sum = 0;
      for (let i = 0; i < bounds.length; i++) sum += (a[i] / bounds[i]) ** 2;
      return -params.actionCost * sum;
    };
    const speed = (next: ArrayLike<number>) => {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += next[size + d] ** 2;
      return -params.speedCost * sum;
    };
    return {
      observation: [...jointChannels(robot), channel('goal', 'm', { kind: 'goal', size: 3 })],
      action: {
        space: box(
          bounds.map((bound) => -bound),
          bounds,
        ),
        toCommand(action, command, s) {
          if (targets) targets.apply(action, s, command);
          else for (let i = 0; i < places.length; i++) command[places[i]] = action[i];
        },
      },
      reset(random) {
        let goal: readonly number[] = [];
        for (let i = 0; i < tries; i++) {
          chain.position(
            robot.movable.map((j) => within(robot, j, params.reach, random.uniform(-1, 1))),
            tip,
          );
          goal = [...tip];
          if (tip[2] >= params.floor) break;
        }
        return {
          state: { position: robot.home, velocity: robot.movable.map(() => 0) },
          goal,
          physics: variedPhysics(random, params),
        };
      },
      reward: (_s, a, next, goal) => -distance(next, goal) + effort(a) + speed(next),
      terms: (_s, a, next, goal) => ({
        distance: -distance(next, goal),
        effort: effort(a),
        speed: speed(next),
      }),
      success: (next, goal) => distance(next, goal) <= params.tolerance,
      markers: (goal) => [
        { kind: 'sphere', position: [goal[0], goal[1], goal[2]], radius: params.tolerance, label: 'goal' },
      ],
    };
  },
});

/** Is the joint on the way from the root to the tip? A gripper's are not. */
function carriesTip({ joints, tip }: RobotModel, name: string): boolean {
  for (let link = tip.link; ; ) {
    const joint = joints.find(({ child }) => child === link);
    if (!joint) return false;
    if (joint.name === name) return true;
    link = joint.parent;
  }
}

/** A coordinate of the middle `share` of a joint's range, at −1 … 1 of it; unlimited joints count as ±π. */
function within({ joints }: RobotModel, j: number, share: number, at: number): number {
  const { lower, upper } = joints[j];
  const low = Number.isFinite(lower) ? lower : -Math.PI;
  const high = Number.isFinite(upper) ? upper : Math.PI;
  return (low + high) / 2 + ((high - low) / 2) * share * at;
}
