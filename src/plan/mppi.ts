import type { Random } from '../core/random.ts';
import type { Planner, PlannerOptions, PlannerResult, PlanRequest } from './planner.ts';
import { momentsOf } from './ranking.ts';
import { Sampling } from './sampling.ts';
import { type Outcome, type Points, type Search, SearchLoop, type SearchStart } from './search.ts';
import type { SequenceSpace } from './sequence-space.ts';

/**
 * Model predictive path integral control (Williams et al. 2017): the plan becomes the mean of all candidates, weighted
 * by exp(return / temperature). Returns are divided by their deviation first, as in DIAL-MPC (Xue et al. 2024): a
 * temperature in the task's own reward would mean something else for every task and every hour of learning.
 *
 * With `mppiElites` only the best have a weight and the deviation follows their spread (TD-MPC2, Hansen et al. 2024);
 * with `annealIterations` and `annealHorizon` the noise shrinks over iterations and towards the present (DIAL-MPC).
 */
export class Mppi implements Planner {
  readonly name = 'mppi';
  readonly #options: PlannerOptions;
  readonly #loop: SearchLoop;
  readonly #sampling: Sampling;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#loop = new SearchLoop(options);
    this.#sampling = new Sampling(this.#loop.space, options);
  }

  plan(request: PlanRequest): Promise<PlannerResult[]> {
    return this.#loop.run(request, {
      name: this.name,
      begin: (start) => new MppiSearch(start, this.#loop.space, this.#sampling, this.#options),
      candidates: () => request.budget.candidates,
    });
  }
}

class MppiSearch implements Search {
  readonly mean: Float32Array;
  readonly #space: SequenceSpace;
  readonly #sampling: Sampling;
  readonly #options: PlannerOptions;
  #kept: readonly Float32Array[];
  /** Learned from weighted elites; null = the annealed one. */
  #deviation: Float64Array | null = null;

  constructor(start: SearchStart, space: SequenceSpace, sampling: Sampling, options: PlannerOptions) {
    this.#space = space;
    this.#sampling = sampling;
    this.#options = options;
    this.mean = sampling.warmStart(start);
    this.#kept = sampling.keptFromLast(start);
  }

  propose(iteration: number, random: Random, points: Points): void {
    const { range, size } = this.#space;
    const floor = this.#options.config.sigmaFloor;
    const deviation = this.#sampling
      .deviation(iteration)
      .map((value, i) =>
        Math.max(floor * range.half[i % size], Math.min(value, this.#deviation?.[i] ?? value)),
      );
    this.#sampling.fill(points, { mean: this.mean, deviation, kept: this.#kept }, random);
  }

  learn({ points, returns, ranking, elites }: Outcome): void {
    const { temperature, mppiElites } = this.#options.config;
    const chosen = mppiElites > 0 ? ranking.slice(0, mppiElites) : ranking;
    const weights = softmax(
      chosen.map((n) => returns[n]),
      temperature,
    );
    const { mean, deviation } = momentsOf(
      chosen.map((n) => points.at(n)),
      weights,
    );
    this.mean.set(mean);
    if (mppiElites > 0) this.#deviation = deviation;
    this.#kept = this.#sampling.kept(elites.map((n) => points.at(n).slice()));
  }
}

/** Weights ∝ exp(value / (temperature · deviation of the values)), adding up to 1; `values` best first. */
function softmax(values: readonly number[], temperature: number): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = temperature * Math.max(Math.sqrt(variance), Number.MIN_VALUE);
  const weights = Float64Array.from(values, (value) =>
    value === values[0] ? 1 : Math.exp((value - values[0]) / scale),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
