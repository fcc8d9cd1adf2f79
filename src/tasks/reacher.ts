import { z } from 'zod';
import { channel } from '../core/channel.ts';
import { jointChannels } from '../core/joint-channels.ts';
import { box } from '../core/space.ts';
import { defineTask } from '../core/task.ts';
import { defaults } from './defaults/reacher.ts';
import { variation, variedPhysics } from './variation.ts';

/**
 * Bring the end effector of a 7-joint arm to a random point and keep it there, without gravity. Reward, goals, episode
 * and period are those of PETS (Chua et al. 2018; kchua/handful-of-trials, `dmbrl/config/reacher.py`).
 */
export default defineTask({
  name: 'reacher',
  summary: 'bring the end effector of a 7-joint arm to a random point',
  reward: '−‖tip − goal‖² − actionCost · ‖a‖²',
  source: 'PETS: Chua et al. 2018; kchua/handful-of-trials, dmbrl/config/reacher.py',
  robots: ['arm7'],
  controlPeriod: 0.02,
  episodeSteps: 150,
  planHorizon: 0.5,
  params: z.object({
    actionCost: z.number().min(0).max(1).default(0.01).describe('cost of a squared torque [1/(N m)²]'),
    goalSpread: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.1)
      .describe('deviation of the goal about (0, 0.25, 0) [m]'),
    ...variation,
  }),
  // A wide proposal (sigma) would pay for its leftover noise in action cost. Joints hitting their limits are outliers
  // that a narrower Gaussian (minLogVariance) would be punished for without bound.
  defaults: { trials: 12, ...defaults },
  world: () => ({ gravity: [0, 0, 0] }),
  build(robot, params) {
    const tip = new Float64Array(3);
    const parts = (a: ArrayLike<number>, next: ArrayLike<number>, goal: ArrayLike<number>) => {
      armTip(next, tip);
      const dx = tip[0] - goal[0];
      const dy = tip[1] - goal[1];
      const dz = tip[2] - goal[2];
      let effort = 0;
      for (let i = 0; i < 7; i++) effort += a[i] * a[i];
      return [-(dx * dx + dy * dy + dz * dz), -params.actionCost * effort];
    };
    const zeros = new Array<number>(7).fill(0);
    return {
      observation: [...jointChannels(robot), channel('goal', 'm', { kind: 'goal', size: 3 })],
      action: {
        space: box(-20, 20, 7),
        toCommand(action, command) {
          for (let i = 0; i < 7; i++) command[i] = action[i];
        },
      },
      reset: (random) => ({
        state: { position: zeros, velocity: zeros },
        goal: [
          random.normal(0, params.goalSpread),
          random.normal(0.25, params.goalSpread),
          random.normal(0, params.goalSpread),
        ],
        physics: variedPhysics(random, params),
      }),
      reward(_s, a, next, goal) {
        const [distance, effort] = parts(a, next, goal);
        return distance + effort;
      },
      terms(_s, a, next, goal) {
        const [distance, effort] = parts(a, next, goal);
        return { distance, effort };
      },
      markers: (goal) => [
        { kind: 'sphere', position: [goal[0], goal[1], goal[2]], radius: 0.035, label: 'goal' },
      ],
    };
  },
});

/**
 * World position of the arm's tip from its coordinates [7], float64, without allocation: a rotation of the planner's
 * inner loop. Lengths as in PETS' closed form; the last roll does not move the tip.
 */
export function armTip(q: ArrayLike<number>, out: Float64Array): void {
  // From the wrist inwards: turn what hangs beyond a joint, then add the link before it.
  let s = Math.sin(q[5]);
  let c = Math.cos(q[5]);
  let x = 0.321 + 0.16828 * c;
  let y = 0;
  let z = -0.16828 * s;
  s = Math.sin(q[4]);
  c = Math.cos(q[4]);
  y = -s * z;
  z = c * z;
  s = Math.sin(q[3]);
  c = Math.cos(q[3]);
  let turned = c * x + s * z;
  z = c * z - s * x;
  x = 0.4 + turned;
  s = Math.sin(q[2]);
  c = Math.cos(q[2]);
  turned = c * y - s * z;
  z = s * y + c * z;
  y = turned;
  s = Math.sin(q[1]);
  c = Math.cos(q[1]);
  turned = c * x + s * z;
  z = c * z - s * x;
  x = 0.1 + turned;
  s = Math.sin(q[0]);
  c = Math.cos(q[0]);
  out[0] = c * x - s * y;
  out[1] = s * x + c * y - 0.188;
  out[2] = z;
}
