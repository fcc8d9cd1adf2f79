import { Random } from '../core/random.ts';
import {
  actionRange,
  bestOf,
  countNaN,
  type Planner,
  type PlannerOptions,
  type PlannerResult,
  type PlanRequest,
  robotSlice,
} from './planner.ts';

/** Uniform sequences, the best one wins (PETS' baseline, Chua et al. 2018 §6). Spends candidates × iterations at once. */
export class RandomShooting implements Planner {
  readonly name = 'random';
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  async plan({ evaluate, previous, budget, seed, index }: PlanRequest): Promise<PlannerResult[]> {
    const range = actionRange(this.#options.space);
    const size = range.low.length;
    const length = this.#options.horizon * size;
    const robots = previous.length;
    const count = budget.candidates * budget.iterations;
    const actions = new Float32Array(robots * count * length);
    const random = new Random(seed, 'random-shooting', index);
    for (let i = 0; i < actions.length; i++)
      actions[i] = random.uniform(range.low[i % size], range.high[i % size]);
    const returns = await evaluate(actions, count);
    return Array.from({ length: robots }, (_, r) => {
      const own = robotSlice(returns, r, robots);
      const [best] = bestOf(own, 1);
      const start = (r * count + best) * length;
      const mean = actions.slice(start, start + length);
      return {
        mean,
        expectedReturn: Number.isNaN(own[best]) ? -Infinity : own[best],
        returnSpread: 0,
        evaluations: count,
        invalid: countNaN(own),
        memory: { mean, elites: [] },
      };
    });
  }
}
