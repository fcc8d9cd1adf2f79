import type { Random } from '../core/random.ts';
import type { Planner, PlannerOptions, PlannerResult, PlanRequest } from './planner.ts';
import { Sampling } from './sampling.ts';
import { type Outcome, type Points, type Search, SearchLoop, type SearchStart } from './search.ts';

/**
 * Predictive sampling (Howell et al. 2022): the last plan and noisy copies of it are tried, the best one is the plan.
 * Simple, and sharp where a model is exact; a learned model's errors attract it more than planners that average.
 */
export class PredictiveSampling implements Planner {
  readonly name = 'predictive-sampling';
  readonly #loop: SearchLoop;
  readonly #sampling: Sampling;

  constructor(options: PlannerOptions) {
    this.#loop = new SearchLoop(options);
    this.#sampling = new Sampling(this.#loop.space, options);
  }

  plan(request: PlanRequest): Promise<PlannerResult[]> {
    return this.#loop.run(request, {
      name: this.name,
      begin: (start) => new PredictiveSearch(start, this.#sampling),
      candidates: () => request.budget.candidates,
    });
  }
}

class PredictiveSearch implements Search {
  readonly mean: Float32Array;
  found = -Infinity;
  readonly #sampling: Sampling;

  constructor(start: SearchStart, sampling: Sampling) {
    this.#sampling = sampling;
    this.mean = sampling.warmStart(start);
  }

  propose(iteration: number, random: Random, points: Points): void {
    const deviation = this.#sampling.deviation(iteration);
    this.#sampling.fill(points, { mean: this.mean, deviation, kept: [] }, random);
  }

  learn({ points, returns, ranking }: Outcome): void {
    this.found = returns[ranking[0]];
    this.mean.set(points.at(ranking[0]));
  }
}
