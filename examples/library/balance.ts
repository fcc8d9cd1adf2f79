import { defineTask, jointChannels, z } from 'premotor';

/** Keep the pole of the shipped cartpole upright; a fall ends the episode. */
export default defineTask({
  name: 'balance',
  summary: 'keep a pole upright',
  robots: ['cartpole'],
  controlPeriod: 0.04,
  episodeSteps: 100,
  planHorizon: 0.6,
  params: z.object({}),
  build: (robot) => ({
    observation: jointChannels(robot), // cart, pole angle, their rates
    reset: (random) => ({ state: { position: [0, Math.PI + random.normal(0, 0.05)], velocity: [0, 0] } }),
    reward: (_s, _a, next) => 1 - next[0] ** 2,
    terminated: (next) => Math.cos(next[1]) > -0.8,
  }),
});
