import { Random } from '../core/random.ts';
import {
  actionRange,
  bestOf,
  countNaN,
  middleSequence,
  momentsOf,
  type Planner,
  type PlannerOptions,
  type PlannerResult,
  type PlanRequest,
  returnStatistics,
  robotSlice,
  shifted,
} from './planner.ts';

/**
 * The cross-entropy method as in PETS (kchua/handful-of-trials, `cem.py`): independent normals truncated at two
 * deviations, the deviation narrowed so that samples stay within the bounds, momentum on mean and variance, the
 * elites' mean executed. The mean itself is one of the candidates.
 */
export class Cem implements Planner {
  readonly name = 'cem';
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  async plan({ evaluate, previous, budget, seed, index }: PlanRequest): Promise<PlannerResult[]> {
    const { horizon, config, space } = this.#options;
    const range = actionRange(space);
    const size = range.low.length;
    const length = horizon * size;
    const robots = previous.length;
    const count = budget.candidates;
    const elites = Math.min(config.elites, count);
    const floor = (i: number) => config.sigmaFloor * range.half[i % size];

    const searches = previous.map((memory) => ({
      mean: memory ? shifted(memory.mean, range) : middleSequence(range, horizon),
      deviation: Float32Array.from({ length }, (_, i) => config.sigma * range.half[i % size]),
      invalid: 0,
      best: { mean: -Infinity, spread: 0 },
    }));
    const actions = new Float32Array(robots * count * length);
    for (let iteration = 0; iteration < budget.iterations; iteration++) {
      const random = new Random(seed, `cem-${iteration}`, index);
      searches.forEach(({ mean, deviation }, r) => {
        actions.set(mean, r * count * length);
        for (let n = 1; n < count; n++) {
          const offset = (r * count + n) * length;
          for (let i = 0; i < length; i++) {
            const a = i % size;
            const room = Math.min(mean[i] - range.low[a], range.high[a] - mean[i]) / 2;
            let z = random.normal();
            while (Math.abs(z) > 2) z = random.normal();
            const value = mean[i] + z * Math.min(deviation[i], Math.max(room, floor(i)));
            actions[offset + i] = Math.min(range.high[a], Math.max(range.low[a], value));
          }
        }
      });
      const returns = await evaluate(actions, count);
      searches.forEach((search, r) => {
        const own = robotSlice(returns, r, robots);
        search.invalid += countNaN(own);
        const best = bestOf(own, elites);
        search.best = returnStatistics(best.map((n) => own[n]));
        const sequences = best.map((n) =>
          actions.subarray((r * count + n) * length, (r * count + n + 1) * length),
        );
        const { mean, deviation } = momentsOf(sequences);
        const keep = config.momentum;
        for (let i = 0; i < length; i++) {
          search.mean[i] = keep * search.mean[i] + (1 - keep) * mean[i];
          const variance = keep * search.deviation[i] ** 2 + (1 - keep) * deviation[i] ** 2;
          search.deviation[i] = Math.max(floor(i), Math.sqrt(variance));
        }
      });
    }
    return searches.map(({ mean, invalid, best }) => ({
      mean,
      expectedReturn: best.mean,
      returnSpread: best.spread,
      evaluations: count * budget.iterations,
      invalid,
      memory: { mean, elites: [] },
    }));
  }
}
