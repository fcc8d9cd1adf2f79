import { Random } from '../core/random.ts';
import { type Batch, Pacer } from './deadline.ts';
import type { Evaluate, PlannerMemory, PlannerOptions, PlannerResult, PlanRequest } from './planner.ts';
import { bestOf, eliteCount, returnStatistics } from './ranking.ts';
import { SequenceSpace } from './sequence-space.ts';

/** What one robot's search begins with. */
export interface SearchStart {
  readonly memory: PlannerMemory | null;
  /** Control steps since the last plan began. */
  readonly shift: number;
  /** Keyed by (seed, plan, robot). */
  readonly random: Random;
}

/** One robot's search: what a planner does between two evaluations. A sequence is a point [K, A] of the space. */
export interface Search {
  /** The plan so far [K, A]. */
  readonly mean: Float32Array;
  readonly deviation?: Float32Array;
  /** Return of the plan itself, of planners that execute a sequence they evaluated. */
  readonly found?: number;
  /** Writes the sequences [N, K, A] of one iteration, the first ones first: a deadline may cut the last ones off. */
  propose(iteration: number, random: Random, points: Points): void;
  /** Learns from what came out of them. */
  learn(outcome: Outcome): void;
}

/** Sequences [N, K, A] in one array. */
export class Points {
  readonly values: Float32Array;
  readonly length: number;

  constructor(values: Float32Array, length: number) {
    this.values = values;
    this.length = length;
  }
  get count(): number {
    return this.values.length / this.length;
  }
  at(n: number): Float32Array {
    return this.values.subarray(n * this.length, (n + 1) * this.length);
  }
}

export interface Outcome {
  readonly points: Points;
  /** [N], NaN replaced by −∞. */
  readonly returns: Float64Array;
  /** Numbers of those with a finite return, best first; at least one. */
  readonly ranking: readonly number[];
  /** The part of `ranking` that is the elites. */
  readonly elites: readonly number[];
  readonly iteration: number;
}

/** A planner's own part of the loop. */
export interface Method {
  readonly name: string;
  begin(start: SearchStart): Search;
  candidates(iteration: number): number;
}

/** An iteration that has less than this evaluated teaches nothing but chance. */
const ENOUGH = 0.5;

/**
 * The loop that all planners share: propose, evaluate, learn, for R robots at once, until iterations, evaluations or
 * time are spent.
 */
export class SearchLoop {
  readonly space: SequenceSpace;
  readonly #options: PlannerOptions;
  readonly #pacer = new Pacer();
  /** Used again from plan to plan: sequences as points [R, N, K, A] and as actions [R, N, H, A]. */
  #points = new Float32Array(0);
  #actions = new Float32Array(0);
  #returns = new Float64Array(0);

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.space = new SequenceSpace(options);
  }

  async run(request: PlanRequest, { name, begin, candidates }: Method): Promise<PlannerResult[]> {
    const { previous, budget, seed, index } = request;
    // A plan that is repeated does not look at the clock.
    const deadline = request.evaluations === undefined ? request.deadline : undefined;
    const { space } = this;
    const { config } = this.#options;
    const length = space.horizon * space.size;
    const count = previous.length;
    const robots = previous.map((memory, r) => {
      const key = request.robots?.[r] ?? r;
      const shift = request.shift?.[r] ?? 1;
      const random = new Random(seed, `${name}-begin-${key}`, index);
      return {
        key,
        before: request.before?.[r] ?? null,
        proposals: this.#proposals(request.proposals?.[r]),
        search: begin({ memory, shift, random }),
        elites: [] as Float32Array[],
        best: [] as number[],
        invalid: 0,
      };
    });
    let evaluations = 0;
    for (let iteration = 0; iteration < budget.iterations; iteration++) {
      const wanted = candidates(iteration);
      const left = (request.evaluations ?? Infinity) - evaluations;
      if (left <= 0) break;
      const size = { candidates: wanted, robots: count, grain: request.grain ?? 1 };
      if (deadline && iteration > 0 && !this.#pacer.affords(Math.ceil(ENOUGH * wanted), size, deadline))
        break;
      this.#makeRoom(count * wanted, length);
      const points = this.#points.subarray(0, count * wanted * space.length);
      const actions = this.#actions.subarray(0, count * wanted * length);
      robots.forEach(({ key, search, before, proposals }, r) => {
        const own = new Points(part(points, r, count), space.length);
        search.propose(iteration, new Random(seed, `${name}-${iteration}-${key}`, index), own);
        // Beside the first one, which is the warm start.
        const given = iteration === 0 ? proposals.slice(0, wanted - 1) : [];
        for (const [n, point] of given.entries()) own.at(n + 1).set(point);
        for (let n = 0; n < wanted; n++) {
          const start = (r * wanted + n) * length;
          space.expand(own.at(n), before, actions.subarray(start, start + length));
        }
      });
      const batch = { actions, ...size };
      const done = deadline
        ? await this.#pacer.evaluate(request.evaluate, batch, deadline, iteration === 0, this.#returns)
        : await this.#evaluate(request.evaluate, batch, Math.min(left, wanted));
      evaluations += done;
      robots.forEach((robot, r) => {
        const returns = this.#returns.slice(r * wanted, r * wanted + done);
        robot.invalid += this.#settle(returns, part(actions, r, count), robot.before);
        if (iteration > 0 && done < ENOUGH * wanted) return;
        const finite = returns.reduce((sum, value) => sum + (value === -Infinity ? 0 : 1), 0);
        if (finite === 0) return;
        const own = new Points(part(points, r, count).subarray(0, done * space.length), space.length);
        const ranking = bestOf(returns, finite);
        const elites = ranking.slice(0, eliteCount(config.elites, done));
        robot.elites = elites.map((n) => own.at(n).slice());
        robot.best = elites.map((n) => returns[n]);
        robot.search.learn({ points: own, returns, ranking, elites, iteration });
      });
      if (done < wanted) break;
    }
    return robots.map(({ search: { mean, deviation, found }, elites, best, invalid, before }) => {
      const actions = new Float32Array(length);
      space.expand(mean, before, actions);
      const promised = returnStatistics(found === undefined || best.length === 0 ? best : [found]);
      const { mean: expectedReturn, spread: returnSpread } = promised;
      return {
        ...{ actions, ...space.message(mean, actions), order: space.order },
        ...{ expectedReturn, returnSpread, evaluations, invalid },
        memory: { mean, elites, deviation },
      };
    });
  }

  /** Evaluates all; `allowed` of each robot's count. */
  async #evaluate(
    evaluate: Evaluate,
    { actions, candidates, robots }: Batch,
    allowed: number,
  ): Promise<number> {
    const found = await evaluate(actions, candidates);
    for (let i = 0; i < robots * candidates; i++) this.#returns[i] = found[i];
    return allowed;
  }

  /** Subtracts what unsmooth actions cost and turns NaN into −∞; tells how many those were. */
  #settle(returns: Float64Array, actions: Float32Array, before: Float32Array | null): number {
    const { smoothness } = this.#options.config;
    let invalid = 0;
    for (let n = 0; n < returns.length; n++) {
      if (Number.isNaN(returns[n])) {
        invalid++;
        returns[n] = -Infinity;
      }
      if (smoothness > 0) returns[n] -= smoothness * this.#roughness(actions, n, before);
    }
    return invalid;
  }

  /** Σ over control steps of squared changes in half-ranges, summed over the action's entries. */
  #roughness(actions: Float32Array, n: number, before: Float32Array | null): number {
    const { size, horizon, range } = this.space;
    const start = n * horizon * size;
    let sum = 0;
    for (let i = before ? 0 : size; i < horizon * size; i++) {
      const last = i < size ? (before as Float32Array)[i] : actions[start + i - size];
      const half = range.half[i % size];
      if (half > 0) sum += ((actions[start + i] - last) / half) ** 2;
    }
    return sum;
  }

  #proposals(sequences: Float32Array | undefined): Float32Array[] {
    if (!sequences) return [];
    const length = this.space.horizon * this.space.size;
    return Array.from({ length: Math.floor(sequences.length / length) }, (_, k) => {
      const point = this.space.fit(sequences.subarray(k * length, (k + 1) * length));
      return point.map((value, i) => this.space.clamp(i, value));
    });
  }

  #makeRoom(sequences: number, length: number): void {
    if (this.#returns.length >= sequences) return;
    this.#points = new Float32Array(sequences * this.space.length);
    this.#actions = new Float32Array(sequences * length);
    this.#returns = new Float64Array(sequences);
  }
}

/** The part of robot r in an array over [R, …]. */
function part(values: Float32Array, r: number, robots: number): Float32Array {
  const size = values.length / robots;
  return values.subarray(r * size, (r + 1) * size);
}
