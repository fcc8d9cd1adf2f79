import type { Random } from '../core/random.ts';
import { ColoredNoise } from './colored-noise.ts';
import type { PlannerMemory, PlannerOptions } from './planner.ts';
import type { Points, SearchStart } from './search.ts';
import type { SequenceSpace } from './sequence-space.ts';

/** How candidates are spread, and which are tried again: what iCEM, MPPI and predictive sampling have in common. */
export class Sampling {
  readonly #space: SequenceSpace;
  readonly #options: PlannerOptions;
  readonly #noise: ColoredNoise;
  readonly #initial: Float32Array;

  constructor(space: SequenceSpace, options: PlannerOptions) {
    this.#space = space;
    this.#options = options;
    this.#noise = new ColoredNoise(options.config.noiseBeta, space.times.length);
    this.#initial = initialDeviation(space, options);
  }

  /** Deviation [K, A] that the noise has before anything was learned, narrowed by annealing. */
  deviation(iteration: number): Float32Array {
    const factor = this.#options.config.annealIterations ** iteration;
    return factor === 1 ? this.#initial : this.#initial.map((value) => factor * value);
  }

  /** The plan that a search begins with: the last one, as far on as time is. */
  warmStart({ memory, shift }: { memory: PlannerMemory | null; shift: number }): Float32Array {
    return memory ? this.#space.later(memory.mean, shift) : this.#space.middle();
  }

  /** The best sequences of the last plan, as far on as time is; new last actions are drawn (iCEM §3.2). */
  keptFromLast({ memory, shift, random }: SearchStart): Float32Array[] {
    const { direct, length, size, range } = this.#space;
    const kept = this.kept(memory?.elites ?? []).map((elite) => this.#space.later(elite, shift));
    if (!direct) return kept;
    for (const next of kept) {
      for (let i = Math.max(0, length - shift * size); i < length; i++)
        next[i] = this.#space.clamp(i, random.normal(range.middle[i % size], this.#initial[i]));
    }
    return kept;
  }

  kept(elites: readonly Float32Array[]): readonly Float32Array[] {
    const { keepElites, elites: count } = this.#options.config;
    return elites.slice(0, Math.ceil(keepElites * count));
  }

  /** Fills `points` [N, K, A]: the mean, the kept sequences (half of the room at most), noise around the mean. */
  fill(
    points: Points,
    { mean, deviation, kept }: { mean: Float32Array; deviation: Float32Array; kept: readonly Float32Array[] },
    random: Random,
  ): void {
    const { values, count, length } = points;
    const { size } = this.#space;
    const reused = Math.min(kept.length, Math.floor((count - 1) / 2));
    points.at(0).set(mean);
    for (let n = 0; n < reused; n++) points.at(n + 1).set(kept[n]);
    for (let start = (reused + 1) * length; start < values.length; start += length) {
      for (let a = 0; a < size; a++) this.#noise.sample(random, values, start + a, size);
      for (let i = 0; i < length; i++)
        values[start + i] = this.#space.clamp(i, mean[i] + deviation[i] * values[start + i]);
    }
  }
}

/** σ in the action's units [K, A], growing towards the end of the horizon if asked to (DIAL-MPC, Xue et al. 2024). */
export function initialDeviation(space: SequenceSpace, { config }: PlannerOptions): Float32Array {
  const last = space.times.length - 1;
  return Float32Array.from({ length: space.length }, (_, i) => {
    const share = last === 0 ? 1 : Math.floor(i / space.size) / last;
    return config.sigma * space.range.half[i % space.size] * config.annealHorizon ** (1 - share);
  });
}
