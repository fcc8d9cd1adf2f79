import { defineTask, jointChannels, z } from 'premotor';

export default defineTask({
  name: 'raise',
  summary: 'turn the pendulum upright and hold it there',
  robots: 'any',
  controlPeriod: 0.05, // s
  episodeSteps: 100,
  planHorizon: 1, // s
  params: z.object({
    effortCost: z.number().min(0).max(1).default(0.001).describe('cost of a squared torque [1/(N m)²]'),
  }),
  build: (robot, { effortCost }) => ({
    observation: jointChannels(robot), // the hinge's angle, then its rate
    reset: (random) => ({ state: { position: [random.normal(0, 0.1)], velocity: [0] } }),
    reward: (_state, action, next) => -Math.cos(next[0]) - effortCost * action[0] ** 2,
  }),
});
