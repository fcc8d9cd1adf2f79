import { Random } from '../core/random.ts';
import type { Budget } from '../core/task.ts';
import { ColoredNoise } from './colored-noise.ts';
import {
  type ActionRange,
  actionRange,
  bestOf,
  countNaN,
  middleSequence,
  momentsOf,
  type Planner,
  type PlannerMemory,
  type PlannerOptions,
  type PlannerResult,
  type PlanRequest,
  returnStatistics,
  robotSlice,
  shifted,
} from './planner.ts';

interface Search {
  mean: Float32Array;
  readonly deviation: Float32Array;
  /** Sequences to evaluate again: elites shifted from the last plan, then elites kept from the last iteration. */
  kept: Float32Array[];
  elites: Float32Array[];
  invalid: number;
  best: { mean: number; spread: number };
}

/**
 * iCEM (Pinneri et al. 2020): CEM with coloured noise (§3.1), fewer candidates per iteration (§3.3), elites shifted
 * from the last plan and kept between iterations (§3.2), and the mean among the candidates (§3.4). Two things are
 * meant for learned models instead: the elites' mean is executed, not the best sample (which overfits the model), and
 * the mean is a candidate in every iteration.
 */
export class ICem implements Planner {
  readonly name = 'icem';
  readonly #options: PlannerOptions;
  readonly #noise: ColoredNoise;
  readonly #range: ActionRange;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#noise = new ColoredNoise(options.config.noiseBeta, options.horizon);
    this.#range = actionRange(options.space);
  }

  async plan({ evaluate, previous, budget, seed, index }: PlanRequest): Promise<PlannerResult[]> {
    const length = this.#options.horizon * this.#range.low.length;
    const robots = previous.length;
    const searches = previous.map((memory, r) =>
      this.#begin(memory, new Random(seed, `icem-shift-${r}`, index)),
    );
    let evaluations = 0;
    for (let iteration = 0; iteration < budget.iterations; iteration++) {
      const count = icemCandidates(budget, this.#options.config, iteration);
      const random = new Random(seed, `icem-${iteration}`, index);
      const actions = new Float32Array(robots * count * length);
      searches.forEach((search, r) => {
        this.#propose(search, random, actions.subarray(r * count * length, (r + 1) * count * length));
      });
      const returns = await evaluate(actions, count);
      evaluations += count;
      searches.forEach((search, r) => {
        this.#learn(search, actions.subarray(r * count * length), robotSlice(returns, r, robots));
      });
    }
    return searches.map(({ mean, elites, invalid, best }) => ({
      mean,
      expectedReturn: best.mean,
      returnSpread: best.spread,
      evaluations,
      invalid,
      memory: { mean, elites },
    }));
  }

  #begin(memory: PlannerMemory | null, random: Random): Search {
    const { config, horizon } = this.#options;
    const range = this.#range;
    const size = range.low.length;
    const kept = (memory?.elites.slice(0, Math.ceil(config.keepElites * config.elites)) ?? []).map(
      (elite) => {
        const next = shifted(elite, range);
        for (let a = 0; a < size; a++) {
          const value = range.middle[a] + random.normal(0, config.sigma * range.half[a]);
          next[next.length - size + a] = Math.min(range.high[a], Math.max(range.low[a], value));
        }
        return next;
      },
    );
    return {
      mean: memory ? shifted(memory.mean, range) : middleSequence(range, horizon),
      deviation: Float32Array.from({ length: horizon * size }, (_, i) => config.sigma * range.half[i % size]),
      kept,
      elites: [],
      invalid: 0,
      best: { mean: -Infinity, spread: 0 },
    };
  }

  /** Fills `actions` [N, H, A]: the mean, the kept sequences, and coloured samples around the mean. */
  #propose({ mean, deviation, kept }: Search, random: Random, actions: Float32Array): void {
    const size = this.#range.low.length;
    const length = mean.length;
    const count = actions.length / length;
    actions.set(mean, 0);
    const reused = Math.min(kept.length, count - 1);
    for (let n = 0; n < reused; n++) actions.set(kept[n], (n + 1) * length);
    for (let n = reused + 1; n < count; n++) {
      const offset = n * length;
      for (let a = 0; a < size; a++) this.#noise.sample(random, actions, offset + a, size);
      for (let i = 0; i < length; i++) {
        const a = i % size;
        const value = mean[i] + deviation[i] * actions[offset + i];
        actions[offset + i] = Math.min(this.#range.high[a], Math.max(this.#range.low[a], value));
      }
    }
  }

  #learn(search: Search, actions: Float32Array, returns: readonly number[]): void {
    const { config } = this.#options;
    const size = this.#range.low.length;
    const length = search.mean.length;
    search.invalid += countNaN(returns);
    // Of few candidates a third at most: more would select nothing.
    const best = bestOf(returns, Math.min(config.elites, Math.max(2, Math.floor(returns.length / 3))));
    search.elites = best.map((n) => actions.slice(n * length, (n + 1) * length));
    search.best = returnStatistics(best.map((n) => returns[n]));
    const { mean, deviation } = momentsOf(search.elites);
    const keep = config.momentum;
    for (let i = 0; i < length; i++) {
      search.mean[i] = keep * search.mean[i] + (1 - keep) * mean[i];
      const floor = config.sigmaFloor * this.#range.half[i % size];
      search.deviation[i] = Math.max(floor, keep * search.deviation[i] + (1 - keep) * deviation[i]);
    }
    search.kept = search.elites.slice(0, Math.ceil(config.keepElites * config.elites));
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
