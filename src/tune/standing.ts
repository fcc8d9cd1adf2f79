import type { Values } from './space.ts';
import { mean, pairedDifference } from './statistics.ts';

/** Settings that are tried. Number 0 are the present ones. */
export interface Candidate {
  readonly index: number;
  readonly values: Values;
  /** Arithmetic of one plan, in a unit of the caller's: what a plan costs without asking a clock. */
  readonly cost: number;
}

/** How a candidate did on the seeds of a rung. */
export interface Standing {
  readonly candidate: Candidate;
  /** Scores (returns where there is no score), in the order of the seeds. */
  readonly scores: readonly number[];
  /** Median plan of its quietest trial, ms. */
  readonly planMs: number | null;
}

export function meanScore({ scores }: Standing): number {
  return mean(scores);
}

/** Best score first; of equals the cheaper, then the earlier. */
export function byScore(a: Standing, b: Standing): number {
  const [x, y] = [meanScore(a), meanScore(b)];
  if (x !== y) return y > x ? 1 : -1;
  return a.candidate.cost - b.candidate.cost || a.candidate.index - b.candidate.index;
}

/** Those that no other beats in score at the same cost or less, cheapest first. */
export function frontier(standings: readonly Standing[]): Standing[] {
  const front: Standing[] = [];
  const byCost = [...standings].sort((a, b) => a.candidate.cost - b.candidate.cost || byScore(a, b));
  for (const standing of byCost) {
    if (front.length === 0 || meanScore(standing) > meanScore(front[front.length - 1])) front.push(standing);
  }
  return front;
}

/**
 * The `count` that go on to the next rung: frontier after frontier is taken away (Deb et al. 2002, §III-A), so that
 * cheap and good settings live on beside the best ones; of the last frontier the best scores.
 */
export function promote(standings: readonly Standing[], count: number): Standing[] {
  const chosen: Standing[] = [];
  let rest = [...standings];
  while (chosen.length < count && rest.length > 0) {
    const front = frontier(rest);
    chosen.push(...front.sort(byScore).slice(0, count - chosen.length));
    rest = rest.filter((standing) => !front.includes(standing));
  }
  return chosen;
}

/** Score that cheaper planning is worth; share of the return where there is no score. */
const MARGIN = 0.02;

export function marginOf(score: number, scored: boolean): number {
  return scored ? MARGIN : MARGIN * Math.abs(score);
}

/**
 * The cheapest of the frontier whose score lies within one standard error of the best (Breiman et al. 1984, §3.4.3), paired
 * by seed, or within the margin: what costs more must show that it is worth it.
 */
export function choose(front: readonly Standing[], scored: boolean): Standing {
  const best = [...front].sort(byScore)[0];
  const margin = marginOf(meanScore(best), scored);
  const good = front.filter((standing) => {
    if (standing === best) return true;
    const { mean: lost, error } = pairedDifference(best.scores, standing.scores);
    return Number.isFinite(error) && lost <= Math.max(error, margin);
  });
  return good.reduce((cheapest, standing) =>
    standing.candidate.cost < cheapest.candidate.cost ? standing : cheapest,
  );
}
