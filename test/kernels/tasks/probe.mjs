// A task for the tests of the compute core: what its reward does is chosen by a parameter. Plain JavaScript, because
// kernel threads import it.
import { z } from 'zod';

export default {
  name: 'probe',
  params: z.object({
    mode: z.enum(['quadratic', 'terminate', 'throw', 'exit', 'nan', 'infinite', 'text']),
    weight: z.number().default(1),
  }),
  build(robot, { mode, weight }) {
    if (robot.name === 'broken') throw new Error('no such robot');
    const quadratic = (s, a, next, goal) => {
      let sum = 0;
      for (let i = 0; i < next.length; i++) sum += (i + 1) * next[i] * next[i] + 0.1 * s[i] * next[i];
      for (let i = 0; i < a.length; i++) sum += 0.5 * a[i] * (1 + i);
      for (let i = 0; i < goal.length; i++) sum += (goal[i] - next[0]) ** 2;
      return weight * sum;
    };
    const rewards = {
      quadratic,
      terminate: quadratic,
      throw: (_, a) => {
        if (a[0] > 1) throw new Error('the arm fell off');
        return 0;
      },
      exit: () => process.exit(3),
      nan: (_, a) => (a[0] > 1 ? Number.NaN : 1),
      infinite: (_, a) => (a[0] > 1 ? Number.POSITIVE_INFINITY : 1),
      text: () => 'a lot',
    };
    return {
      observation: [],
      reset: () => ({ state: { position: [], velocity: [] } }),
      reward: rewards[mode],
      ...(mode === 'terminate' && { terminated: (next) => next[1] > 0.5, terminalReward: -7 }),
    };
  },
};
