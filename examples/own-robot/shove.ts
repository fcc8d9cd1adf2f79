import { channel, defineTask, jointChannels, z } from 'premotor';

const half = 0.02; // m, of the box

export default defineTask({
  name: 'shove',
  summary: 'shove a box over a table to a place on it',
  robots: 'any',
  controlPeriod: 0.05, // s
  episodeSteps: 60,
  planHorizon: 0.75, // s
  params: z.object({
    friction: z.number().min(0.05).max(2).default(0.3).describe('of the table [-]'),
    massRange: z.number().min(0).max(0.9).default(0).describe('mass of the box varies by this share [-]'),
  }),
  world: ({ friction }) => ({
    ground: { height: 0, surface: { friction, restitution: 0 } },
    bodies: [
      {
        name: 'box',
        kind: 'free',
        mass: 0.2,
        freedom: ['x', 'y', 'z'], // it slides and does not turn
        surface: { friction: 0.1, restitution: 0 }, // the larger of two surfaces holds
        shapes: [
          {
            geometry: { kind: 'box', size: [4 * half, 4 * half, 2 * half] },
            pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] },
          },
        ],
        pose: { position: [0, 0, half], rotation: [0, 0, 0, 1] },
      },
    ],
  }),
  build: (robot, { massRange }) => ({
    // x, y, their rates, then the box; the goal is the reward's alone.
    observation: [
      ...jointChannels(robot),
      channel('box.position', 'm', { size: 3 }),
      channel('goal', 'm', { kind: 'goal', size: 2 }),
    ],
    reset: (random) => ({
      state: {
        position: robot.home,
        velocity: [0, 0],
        bodies: {
          box: { position: [random.uniform(-0.05, 0.05), -0.1, half], rotation: [0, 0, 0, 1] },
        },
      },
      goal: [random.uniform(-0.1, 0.1), 0.1],
      physics: { mass: { box: 1 + random.uniform(-massRange, massRange) } },
    }),
    reward: (_state, _action, next, goal) =>
      -Math.hypot(next[4] - goal[0], next[5] - goal[1]) -
      0.2 * Math.hypot(next[0] - next[4], next[1] - next[5]),
    success: (next, goal) => Math.hypot(next[4] - goal[0], next[5] - goal[1]) < 0.02,
    markers: (goal) => [
      { kind: 'ring', position: [goal[0], goal[1], 0.001], radius: 0.02, normal: [0, 0, 1], label: 'goal' },
    ],
  }),
});
