import type { Random } from '../core/random.ts';
import type { Planner, PlannerOptions, PlannerResult, PlanRequest } from './planner.ts';
import { type Outcome, type Points, type Search, SearchLoop } from './search.ts';
import type { SequenceSpace } from './sequence-space.ts';

/** Uniform sequences, the best one wins (PETS' baseline, Chua et al. 2018 §6); it remembers nothing. */
export class RandomShooting implements Planner {
  readonly name = 'random';
  readonly #loop: SearchLoop;

  constructor(options: PlannerOptions) {
    this.#loop = new SearchLoop(options);
  }

  plan(request: PlanRequest): Promise<PlannerResult[]> {
    return this.#loop.run(request, {
      name: this.name,
      begin: () => new RandomSearch(this.#loop.space),
      candidates: () => request.budget.candidates,
    });
  }
}

class RandomSearch implements Search {
  readonly mean: Float32Array;
  found = -Infinity;
  readonly #space: SequenceSpace;

  constructor(space: SequenceSpace) {
    this.#space = space;
    this.mean = space.middle();
  }

  propose(_: number, random: Random, { values }: Points): void {
    const { range, size } = this.#space;
    for (let i = 0; i < values.length; i++)
      values[i] = random.uniform(range.low[i % size], range.high[i % size]);
  }

  learn({ points, returns, ranking }: Outcome): void {
    if (returns[ranking[0]] <= this.found) return;
    this.found = returns[ranking[0]];
    this.mean.set(points.at(ranking[0]));
  }
}
