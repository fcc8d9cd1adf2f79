import type { Random } from '../core/random.ts';
import type { Planner, PlannerOptions, PlannerResult, PlanRequest } from './planner.ts';
import { evenly, momentsOf } from './ranking.ts';
import { initialDeviation } from './sampling.ts';
import { type Outcome, type Points, type Search, SearchLoop, type SearchStart } from './search.ts';
import type { SequenceSpace } from './sequence-space.ts';

/**
 * The cross-entropy method as in PETS (kchua/handful-of-trials, `cem.py`): independent normals truncated at two
 * deviations, the deviation narrowed so that samples stay within the bounds, momentum on mean and variance, the
 * elites' mean executed. The mean itself is one of the candidates.
 */
export class Cem implements Planner {
  readonly name = 'cem';
  readonly #options: PlannerOptions;
  readonly #loop: SearchLoop;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#loop = new SearchLoop(options);
  }

  plan(request: PlanRequest): Promise<PlannerResult[]> {
    return this.#loop.run(request, {
      name: this.name,
      begin: (start) => new CemSearch(start, this.#loop.space, this.#options),
      candidates: () => request.budget.candidates,
    });
  }
}

class CemSearch implements Search {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly #space: SequenceSpace;
  readonly #options: PlannerOptions;
  readonly #initial: Float32Array;

  constructor({ memory, shift }: SearchStart, space: SequenceSpace, options: PlannerOptions) {
    this.#space = space;
    this.#options = options;
    this.#initial = initialDeviation(space, options);
    this.mean = memory ? space.later(memory.mean, shift) : space.middle();
    this.deviation = this.#initial.slice();
  }

  propose(_: number, random: Random, points: Points): void {
    const { range, size } = this.#space;
    const { values, length } = points;
    points.at(0).set(this.mean);
    const width = this.deviation.map((deviation, i) => {
      const a = i % size;
      const room = Math.min(this.mean[i] - range.low[a], range.high[a] - this.mean[i]) / 2;
      return Math.min(deviation, Math.max(room, this.#floor(i)));
    });
    for (let start = length; start < values.length; start += length) {
      for (let i = 0; i < length; i++) {
        let z = random.normal();
        while (Math.abs(z) > 2) z = random.normal();
        values[start + i] = this.#space.clamp(i, this.mean[i] + z * width[i]);
      }
    }
  }

  learn({ points, elites, iteration }: Outcome): void {
    const { momentum: keep, annealIterations } = this.#options.config;
    const sequences = elites.map((n) => points.at(n));
    const { mean, deviation } = momentsOf(sequences, evenly(sequences.length));
    const factor = annealIterations ** (iteration + 1);
    for (let i = 0; i < mean.length; i++) {
      this.mean[i] = keep * this.mean[i] + (1 - keep) * mean[i];
      const spread = sequences.length > 1 ? deviation[i] : this.deviation[i];
      const wanted = Math.sqrt(keep * this.deviation[i] ** 2 + (1 - keep) * spread ** 2);
      const most = factor < 1 ? factor * this.#initial[i] : Infinity;
      this.deviation[i] = Math.max(this.#floor(i), Math.min(most, wanted));
    }
  }

  #floor(i: number): number {
    return this.#options.config.sigmaFloor * this.#space.range.half[i % this.#space.size];
  }
}
