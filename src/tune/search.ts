import type { Values } from './space.ts';
import type { Candidate, Standing } from './standing.ts';
import { byScore, choose, frontier, promote } from './standing.ts';
import { type Difference, pairedDifference } from './statistics.ts';

/** One thing to measure: a candidate on one seed. */
export interface Trial {
  readonly candidate: number;
  readonly seed: number;
  /** Learned from nothing in so many trials; null where nothing is trained. */
  readonly trials: number | null;
}

export interface Measurement extends Trial {
  /** Score, or the return where there is none; −∞ when it was not finite. */
  readonly score: number;
  readonly planMs: number | null;
}

/** How well a rung looks: so many seeds, each learned in so many trials. */
export interface Rung {
  readonly seeds: number;
  readonly trials: number | null;
}

export interface SearchOptions {
  /** The settings that are the defaults now: number 0, measured on every rung beside the candidates. */
  readonly present: Values;
  /** Settings of candidate `index` ≥ 1. */
  draw(index: number): Values;
  /** Arithmetic of a plan under these settings. */
  cost(values: Values): number;
  /** Null when there is no time for it, or somebody wants an end; then nothing else is begun. */
  measure(trial: Trial, values: Values): Promise<Measurement | null>;
  readonly rungs: readonly Rung[];
  /** New candidates of a round. */
  readonly candidates: number;
  /** Rounds at most; Infinity = until there is no time. */
  readonly rounds: number;
  /** Trials at the same time; they never change the result. */
  readonly jobs: number;
  /** Seeds of the search are `firstSeed`, `firstSeed` + 1, … */
  readonly firstSeed: number;
  /** Whether outcomes have scores; without them, returns are compared. */
  readonly scored: boolean;
  onRung?(report: RungReport): void;
}

export interface RungReport {
  /** From 1. */
  readonly round: number;
  readonly rung: number;
  readonly rungs: number;
  readonly seeds: number;
  /** Best first. */
  readonly standings: readonly Standing[];
}

export interface SearchResult {
  /** Every candidate that was measured, best looked at first, then best score; `seeds` of each tells how well. */
  readonly standings: readonly Standing[];
  /** Cheapest first, of those that were looked at best. */
  readonly frontier: readonly Standing[];
  readonly present: Standing;
  readonly chosen: Standing;
  /** False when it ended within a round. */
  readonly whole: boolean;
}

/**
 * Successive halving (Jamieson and Talwalkar 2016): all candidates of a round on few seeds, the better half on more,
 * and so on; round after round while there is time. All meet the same seeds. Null when not even the present settings
 * were measured.
 */
export async function search(options: SearchOptions): Promise<SearchResult | null> {
  const { rungs, candidates, rounds, draw, cost } = options;
  const measured = new Map<string, Measurement>();
  const present: Candidate = { index: 0, values: options.present, cost: cost(options.present) };
  const all: Candidate[] = [present];
  let whole = true;
  halving: for (let round = 1; round <= rounds; round++) {
    let others = Array.from({ length: candidates }, (_, i): Candidate => {
      const values = draw(all.length + i);
      return { index: all.length + i, values, cost: cost(values) };
    });
    all.push(...others);
    for (const [level, rung] of rungs.entries()) {
      const tried = [present, ...others];
      whole = await measureAll(options, tried, rung, measured);
      if (!whole) break halving;
      const standings = tried.map((candidate) => standingOf(candidate, rung, options.firstSeed, measured));
      const report = { round, rung: level + 1, rungs: rungs.length, seeds: rung.seeds };
      options.onRung?.({ ...report, standings: [...standings].sort(byScore) });
      others = promote(standings.slice(1), Math.ceil(others.length / 2)).map(({ candidate }) => candidate);
    }
  }
  return concluded(all, options, measured, whole);
}

/** True when all of the rung is measured. */
async function measureAll(
  { jobs, firstSeed, measure }: SearchOptions,
  candidates: readonly Candidate[],
  rung: Rung,
  measured: Map<string, Measurement>,
): Promise<boolean> {
  const missing = seedsOf(rung, firstSeed).flatMap((seed) =>
    candidates
      .map(({ index, values }) => ({ trial: { candidate: index, seed, trials: rung.trials }, values }))
      .filter(({ trial }) => !measured.has(keyOf(trial))),
  );
  return inParallel(missing, jobs, async ({ trial, values }) => {
    const measurement = await measure(trial, values);
    if (measurement) measured.set(keyOf(trial), measurement);
    return measurement !== null;
  });
}

/** Ranks what was looked at equally well: on the highest rung that any candidate beside the present settings reached. */
function concluded(
  all: readonly Candidate[],
  { rungs, firstSeed, scored }: SearchOptions,
  measured: ReadonlyMap<string, Measurement>,
  whole: boolean,
): SearchResult | null {
  const onRung = (rung: Rung) =>
    all
      .filter(({ index }) => isWhole(index, rung, firstSeed, measured))
      .map((candidate) => standingOf(candidate, rung, firstSeed, measured))
      .sort(byScore);
  const isPresent = ({ candidate }: Standing) => candidate.index === 0;
  const levels = rungs.map(onRung).reverse();
  const comparable = levels.filter((standings) => standings.some(isPresent));
  const top = comparable.find((standings) => standings.length > 1) ?? comparable[0];
  const present = top?.find(isPresent);
  if (!top || !present) return null;
  const standings = levels.flat();
  const seen = new Set<number>();
  const front = frontier(top);
  return {
    standings: standings.filter(({ candidate: { index } }) => !seen.has(index) && seen.add(index)),
    frontier: front,
    present,
    chosen: choose(front, scored),
    whole,
  };
}

export interface CheckOptions {
  readonly jobs: number;
  /** None of the search's. */
  readonly seeds: readonly number[];
  readonly trials: number | null;
  readonly measure: SearchOptions['measure'];
}

export interface Check {
  readonly seeds: readonly number[];
  readonly chosen: Standing;
  readonly present: Standing;
  /** Chosen less present. */
  readonly difference: Difference;
}

/** Compares two candidates on seeds that the search has not seen. Null when it could not be finished. */
export async function check(
  chosen: Candidate,
  present: Candidate,
  { jobs, seeds, trials, measure }: CheckOptions,
): Promise<Check | null> {
  const found = new Map<string, Measurement>();
  const work = seeds.flatMap((seed) =>
    [present, chosen].map(({ index, values }) => ({ trial: { candidate: index, seed, trials }, values })),
  );
  const done = await inParallel(work, jobs, async ({ trial, values }) => {
    const measurement = await measure(trial, values);
    if (measurement) found.set(keyOf(trial), measurement);
    return measurement !== null;
  });
  if (!done) return null;
  const [a, b] = [chosen, present].map((candidate) => standing(candidate, seeds, trials, found));
  return { seeds, chosen: a, present: b, difference: pairedDifference(a.scores, b.scores) };
}

/** Runs `work` on every item, `jobs` at a time, until one returns false. True when all returned true. */
async function inParallel<T>(
  items: readonly T[],
  jobs: number,
  work: (item: T) => Promise<boolean>,
): Promise<boolean> {
  let next = 0;
  let going = true;
  const lane = async () => {
    while (going && next < items.length) {
      const item = items[next++];
      try {
        if (!(await work(item))) going = false;
      } catch (error) {
        going = false;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, lane));
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return going;
}

const keyOf = ({ candidate, seed, trials }: Trial) => `${candidate}/${seed}/${trials}`;
const seedsOf = ({ seeds }: Rung, first: number) => Array.from({ length: seeds }, (_, i) => first + i);

function isWhole(
  index: number,
  rung: Rung,
  firstSeed: number,
  measured: ReadonlyMap<string, Measurement>,
): boolean {
  return seedsOf(rung, firstSeed).every((seed) =>
    measured.has(keyOf({ candidate: index, seed, trials: rung.trials })),
  );
}

function standingOf(
  candidate: Candidate,
  rung: Rung,
  firstSeed: number,
  measured: ReadonlyMap<string, Measurement>,
): Standing {
  return standing(candidate, seedsOf(rung, firstSeed), rung.trials, measured);
}

function standing(
  candidate: Candidate,
  seeds: readonly number[],
  trials: number | null,
  measured: ReadonlyMap<string, Measurement>,
): Standing {
  const own = seeds.flatMap(
    (seed) => measured.get(keyOf({ candidate: candidate.index, seed, trials })) ?? [],
  );
  const times = own.flatMap(({ planMs }) => planMs ?? []);
  return {
    candidate,
    scores: own.map(({ score }) => score),
    planMs: times.length > 0 ? Math.min(...times) : null,
  };
}
