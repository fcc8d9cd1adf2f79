import type { Random } from '../core/random.ts';
import type { Budget } from '../core/task.ts';
import type { Planner, PlannerOptions, PlannerResult, PlanRequest } from './planner.ts';
import { evenly, momentsOf } from './ranking.ts';
import { Sampling } from './sampling.ts';
import { type Outcome, type Points, type Search, SearchLoop, type SearchStart } from './search.ts';
import type { SequenceSpace } from './sequence-space.ts';

/**
 * iCEM (Pinneri et al. 2020): CEM with coloured noise (§3.1), fewer candidates per iteration (§3.3), elites shifted
 * from the last plan and kept between iterations (§3.2), and the mean among the candidates (§3.4). Two things are
 * meant for learned models instead: the elites' mean is executed, not the best sample (which overfits the model), and
 * the mean is a candidate in every iteration.
 */
export class ICem implements Planner {
  readonly name = 'icem';
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
      begin: (start) => new ICemSearch(start, this.#loop.space, this.#sampling, this.#options),
      candidates: (iteration) => icemCandidates(request.budget, this.#options.config, iteration),
    });
  }
}

class ICemSearch implements Search {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly #space: SequenceSpace;
  readonly #sampling: Sampling;
  readonly #options: PlannerOptions;
  /** Sequences to evaluate again: elites shifted from the last plan, then elites kept from the last iteration. */
  #kept: readonly Float32Array[];

  constructor(start: SearchStart, space: SequenceSpace, sampling: Sampling, options: PlannerOptions) {
    const { sigmaCarry } = options.config;
    this.#space = space;
    this.#sampling = sampling;
    this.#options = options;
    this.mean = sampling.warmStart(start);
    this.#kept = sampling.keptFromLast(start);
    const initial = sampling.deviation(0);
    const last = start.memory?.deviation;
    const moved = start.shift * space.size;
    this.deviation = initial.map((value, i) => {
      const old = last && i + moved < last.length ? last[i + moved] : value;
      return Math.min(value, sigmaCarry * old + (1 - sigmaCarry) * value);
    });
  }

  propose(_: number, random: Random, points: Points): void {
    this.#sampling.fill(points, { mean: this.mean, deviation: this.deviation, kept: this.#kept }, random);
  }

  learn({ points, elites, iteration }: Outcome): void {
    const { momentum: keep, sigmaFloor } = this.#options.config;
    const { range, size } = this.#space;
    const sequences = elites.map((n) => points.at(n).slice());
    const { mean, deviation } = momentsOf(sequences, evenly(sequences.length));
    const most = this.#sampling.deviation(iteration + 1);
    const annealed = this.#options.config.annealIterations < 1;
    for (let i = 0; i < mean.length; i++) {
      this.mean[i] = keep * this.mean[i] + (1 - keep) * mean[i];
      const floor = sigmaFloor * range.half[i % size];
      // One sequence alone has no spread to learn from.
      const spread = sequences.length > 1 ? deviation[i] : this.deviation[i];
      const wanted = keep * this.deviation[i] + (1 - keep) * spread;
      this.deviation[i] = Math.max(floor, annealed ? Math.min(most[i], wanted) : wanted);
    }
    this.#kept = this.#sampling.kept(sequences);
  }
}

/** Candidates of one iteration: shrinking by `decay`, never fewer than two elites' worth nor more than at first. */
export function icemCandidates(
  budget: Budget,
  config: { decay: number; elites: number },
  iteration: number,
): number {
  const least = Math.min(2 * config.elites, budget.candidates);
  return Math.max(least, Math.round(budget.candidates / config.decay ** iteration));
}
