import type { FinishedTrial } from './folder.ts';
import type { Journal } from './journal.ts';
import {
  type Check,
  check,
  type Measurement,
  type RungReport,
  type SearchOptions,
  type SearchResult,
  search,
  type Trial,
} from './search.ts';
import type { Values } from './space.ts';
import { marginOf, meanScore } from './standing.ts';

/** What one trial came to. */
export interface TrialOutcome {
  readonly score: number | null;
  readonly return: number;
  readonly planMs: { readonly p50: number; readonly p99: number } | null;
}

export interface TuneOptions extends Omit<SearchOptions, 'measure' | 'onRung'> {
  readonly journal: Journal<FinishedTrial>;
  /** Null when it was interrupted. */
  run(trial: Trial, values: Values): Promise<TrialOutcome | null>;
  /** Seeds that the search does not use, to compare chosen and present settings on. */
  readonly checkSeeds: readonly number[];
  /** Wall-clock time that may pass before no trial is begun any more but those of the comparison, s. */
  readonly seconds: number;
  /** s */
  clock(): number;
  stopping(): boolean;
  onTrial?(trial: FinishedTrial): void;
  onRung?(report: RungReport): void;
}

export type Verdict =
  /**
   * The chosen settings score more, beyond the 95 % interval of the comparison; where they plan with more arithmetic, by
   * more than the margin.
   */
  | 'better'
  /** They plan with a fifth less arithmetic or better, and lose no more than the margin. */
  | 'cheaper'
  /** Neither is shown. */
  | 'kept';

export interface TuneResult {
  readonly reason: 'done' | 'interrupted';
  /** Null when not even the present settings were measured. */
  readonly search: SearchResult | null;
  /** Null when the present settings were chosen, or it was interrupted before. */
  readonly check: Check | null;
  /** Null when it was interrupted before. */
  readonly verdict: Verdict | null;
}

/** Least share of the present arithmetic that must be saved for settings to be worth it that are only as good. */
const SAVING = 0.2;

/**
 * Searches, then compares what it chose with what is there on fresh seeds. Every finished trial is in the journal, and
 * what is in the journal is not done again: going on is beginning anew with it.
 */
export async function tune(options: TuneOptions): Promise<TuneResult> {
  const { journal, run, stopping, clock, seconds, checkSeeds, jobs } = options;
  const known = new Map(journal.entries.map((entry) => [keyOf(entry), entry]));
  const before = Math.max(0, ...journal.entries.map(({ elapsed }) => elapsed));
  const began = clock();
  const elapsed = () => before + clock() - began;
  const durations = journal.entries.map((entry) => entry.seconds);

  const measure = async (trial: Trial, values: Values, inTime: boolean): Promise<Measurement | null> => {
    const old = known.get(keyOf(trial));
    if (old && JSON.stringify(old.values) === JSON.stringify(values))
      return measurementOf(old, options.scored);
    if (stopping() || !inTime) return null;
    const started = clock();
    const outcome = await run(trial, values);
    if (!outcome) return null;
    const entry: FinishedTrial = {
      ...trial,
      score: finiteOrNull(outcome.score),
      return: finiteOrNull(outcome.return),
      planMs: outcome.planMs,
      seconds: clock() - started,
      elapsed: elapsed(),
      values: { ...values },
    };
    await journal.append(entry);
    durations.push(entry.seconds);
    options.onTrial?.(entry);
    return measurementOf(entry, options.scored);
  };
  /** What the comparison at the end is going to take; half of the time at most is kept for it. */
  const reserve = () => {
    const usual = durations.reduce((sum, value) => sum + value, 0) / Math.max(1, durations.length);
    return Math.min(seconds / 2, usual * Math.ceil((2 * checkSeeds.length) / jobs));
  };

  const found = await search({
    ...options,
    measure: (trial, values) => measure(trial, values, elapsed() + reserve() < seconds),
  });
  const end = (comparison: Check | null, verdict: Verdict | null): TuneResult => ({
    reason: stopping() ? 'interrupted' : 'done',
    search: found,
    check: comparison,
    verdict,
  });
  if (!found || stopping()) return end(null, null);
  const { chosen, present } = found;
  if (chosen.candidate.index === 0) return end(null, 'kept');
  const trials = options.rungs[options.rungs.length - 1].trials;
  const comparison = await check(chosen.candidate, present.candidate, {
    ...{ jobs, seeds: checkSeeds, trials },
    measure: (trial, values) => measure(trial, values, true),
  });
  return end(comparison, comparison && verdictOf(comparison, options.scored));
}

export function verdictOf({ chosen, present, difference }: Check, scored: boolean): Verdict {
  const margin = marginOf(meanScore(present), scored);
  const dearer = chosen.candidate.cost > present.candidate.cost;
  if (difference.low > 0 && (!dearer || difference.mean > margin)) return 'better';
  const saves = chosen.candidate.cost <= (1 - SAVING) * present.candidate.cost;
  return saves && difference.low >= -margin ? 'cheaper' : 'kept';
}

function measurementOf(trial: FinishedTrial, scored: boolean): Measurement {
  const { candidate, seed, trials, planMs } = trial;
  const value = scored ? trial.score : trial.return;
  return { candidate, seed, trials, score: value ?? -Infinity, planMs: planMs?.p50 ?? null };
}

const keyOf = ({ candidate, seed, trials }: Trial) => `${candidate}/${seed}/${trials}`;
const finiteOrNull = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null);
