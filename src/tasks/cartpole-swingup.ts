import { z } from 'zod';
import { jointChannels } from '../core/joint-channels.ts';
import { box } from '../core/space.ts';
import { defineTask } from '../core/task.ts';
import { defaults } from './defaults/cartpole-swingup.ts';
import { variation, variedPhysics } from './variation.ts';

/**
 * Swing a pole up by pushing its cart, and hold it there. Reward, start, episode and period are those of PETS
 * (Chua et al. 2018; kchua/handful-of-trials, `dmbrl/config/cartpole.py`): at most about 200 in 200 steps.
 *
 * The tip is at (x − 0.6 sin θ, −0.6 cos θ); θ = 0 hangs. The reward sees how near it is to (0, 0.6).
 */
export default defineTask({
  name: 'cartpole-swingup',
  summary: 'swing a pole up by pushing its cart, and balance it',
  reward: 'exp(−(x_tip² + (z_tip − 0.6)²) / 0.36) − actionCost · a²',
  source: 'PETS: Chua et al. 2018; kchua/handful-of-trials, dmbrl/config/cartpole.py',
  robots: ['cartpole'],
  controlPeriod: 0.04,
  episodeSteps: 200,
  planHorizon: 1,
  params: z.object({
    actionCost: z.number().min(0).max(1).default(0.01).describe('cost of a squared action'),
    startNoise: z
      .number()
      .min(0)
      .max(3.2)
      .default(0.1)
      .describe('deviation of the start coordinates and rates [m, rad, /s]'),
    ...variation,
  }),
  defaults: { trials: 8, ...defaults },
  build(robot, params) {
    const length = 0.6;
    const width = 0.6;
    const parts = (s: ArrayLike<number>, a: ArrayLike<number>, next: ArrayLike<number>) => {
      void s;
      const dx = next[0] - length * Math.sin(next[1]);
      const dz = -length * Math.cos(next[1]) - length;
      return [Math.exp(-(dx * dx + dz * dz) / (width * width)), -params.actionCost * a[0] * a[0]];
    };
    return {
      observation: jointChannels(robot),
      action: {
        space: box(-3, 3),
        // PETS' motor has a gear of 100: ±3 is ±300 N.
        toCommand(action, command) {
          command[0] = 100 * action[0];
        },
      },
      reset: (random) => ({
        state: {
          position: [random.normal(0, params.startNoise), random.normal(0, params.startNoise)],
          velocity: [random.normal(0, params.startNoise), random.normal(0, params.startNoise)],
        },
        physics: variedPhysics(random, params),
      }),
      reward(s, a, next) {
        const [upright, effort] = parts(s, a, next);
        return upright + effort;
      },
      terms(s, a, next) {
        const [upright, effort] = parts(s, a, next);
        return { upright, effort };
      },
      markers: () => [{ kind: 'ring', position: [0, 0, length], radius: 0.06, label: 'tip goal' }],
    };
  },
});
