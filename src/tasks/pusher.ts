import { z } from 'zod';
import { channel } from '../core/channel.ts';
import { jointChannels } from '../core/joint-channels.ts';
import { box } from '../core/space.ts';
import { defineTask } from '../core/task.ts';
import { TipChain } from '../robot/index.ts';
import { defaults } from './defaults/pusher.ts';
import { variation, variedPhysics } from './variation.ts';

/** Positions in m, world frame: PETS'. */
const goal = [0.45, -0.05, -0.323] as const;
const table = -0.325;
const objectHeight = -0.275;
/** Mean place of the object beside the goal. PETS' reset writes −0.25 and 0.15 to its slides, the first of which is y. */
const offset = [0.15, -0.25] as const;
/**
 * Push a cylinder over a table to a place on it. Arm, table, object, rewards, period and episode are those of PETS (Chua
 * et al. 2018; kchua/handful-of-trials, `dmbrl/config/pusher.py` and `pusher.xml`). What differs:
 * - The reward computes the tip from the joints, so that a plan does not suffer from what the model gets wrong there.
 * - The reward looks at the state after the step, as every reward here; PETS' looks at the one before.
 *
 * The model sees what PETS' does. It must not see how fast the object moves: that says all about the next change but
 * at the moment of touching, and a model that has it does not learn what a push does to an object at rest.
 */
export default defineTask({
  name: 'pusher',
  summary: 'push a cylinder over a table to a place on it',
  reward: '−objectCost · |object − goal|₁ − tipCost · |object − tip|₁ − actionCost · ‖a‖²',
  source: 'PETS: Chua et al. 2018; kchua/handful-of-trials, dmbrl/config/pusher.py, pusher.xml',
  robots: ['arm7-fork'],
  controlPeriod: 0.04,
  episodeSteps: 150,
  planHorizon: 1,
  params: z.object({
    objectCost: z.number().min(0).max(10).default(1.25).describe('cost of object to goal, L1 [1/m]'),
    tipCost: z.number().min(0).max(10).default(0.5).describe('cost of tip to object, L1 [1/m]'),
    actionCost: z.number().min(0).max(10).default(0.1).describe('cost of a squared action [-]'),
    objectSpread: z
      .number()
      .min(0)
      .max(0.1)
      .default(0.025)
      .describe('deviation of the object about its mean place [m]'),
    ...variation,
  }),
  // Touching is rare and sudden: a Gaussian that may be wide (maxLogVariance) explains it as noise and stops looking
  // for its cause.
  defaults: { trials: 18, ...defaults },
  world: () => ({
    gravity: [0, 0, 0],
    ground: { height: table, surface: { friction: 0, restitution: 0 } },
    bodies: [
      {
        name: 'object',
        kind: 'free',
        shapes: [
          {
            geometry: { kind: 'cylinder', radius: 0.05, length: 0.1 },
            pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] },
          },
        ],
        pose: { position: [goal[0] + offset[0], goal[1] + offset[1], objectHeight], rotation: [0, 0, 0, 1] },
        // The slides' armature of PETS' object is nearly all of its inertia.
        mass: 0.04,
        surface: { friction: 0, restitution: 0 },
        freedom: ['x', 'y'],
        drag: { linear: 0.5, angular: 0 },
      },
    ],
  }),
  build(robot, params) {
    const size = robot.movable.length;
    const objectAt = 2 * size + 3;
    const chain = new TipChain(robot);
    const tip = new Float64Array(3);
    const parts = (a: ArrayLike<number>, next: ArrayLike<number>): [number, number, number] => {
      chain.position(next, tip);
      let far = 0;
      let near = 0;
      for (let k = 0; k < 3; k++) {
        far += Math.abs(next[objectAt + k] - goal[k]);
        near += Math.abs(next[objectAt + k] - tip[k]);
      }
      let effort = 0;
      for (let i = 0; i < size; i++) effort += a[i] * a[i];
      return [-params.objectCost * far, -params.tipCost * near, -params.actionCost * effort];
    };
    return {
      observation: [
        ...jointChannels(robot),
        channel('tip.position', 'm', { size: 3 }),
        channel('object.position', 'm', { size: 3 }),
      ],
      action: {
        space: box(-2, 2, size),
        toCommand(action, command) {
          for (let i = 0; i < size; i++) command[i] = action[i];
        },
      },
      reset(random) {
        const place = (k: 0 | 1) => goal[k] + offset[k] + random.normal(0, params.objectSpread);
        return {
          state: {
            position: robot.movable.map(() => 0),
            velocity: robot.movable.map(() => random.uniform(-0.005, 0.005)),
            bodies: {
              object: { position: [place(0), place(1), objectHeight], rotation: [0, 0, 0, 1] },
            },
          },
          physics: variedPhysics(random, params, ['object']),
        };
      },
      reward(_s, a, next) {
        const [object, near, effort] = parts(a, next);
        return object + near + effort;
      },
      terms(_s, a, next) {
        const [object, near, effort] = parts(a, next);
        return { object, tip: near, effort };
      },
      markers: () => [{ kind: 'ring', position: goal, radius: 0.08, normal: [0, 0, 1], label: 'goal' }],
    };
  },
});
