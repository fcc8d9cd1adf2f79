import { describe, expect, it } from 'vitest';
import { tuneEndLines } from '#src/cli/tune-text';
import type { TuneResult } from '#src/tune/index';

/** A finished search of two settings: the present ones, and better ones whose plans take `planMs`. */
function finished(planMs: number): TuneResult {
  const standing = (index: number, score: number, time: number) => ({
    candidate: { index, values: { 'budgets.realtime.candidates': 12 * (index + 1) }, cost: 1 + index },
    scores: [score, score, score],
    planMs: time,
  });
  const present = standing(0, 0.5, 6);
  const chosen = standing(1, 0.9, planMs);
  const frontier = [present, chosen];
  return {
    reason: 'done',
    search: { standings: [chosen, present], frontier, present, chosen, whole: true },
    check: { seeds: [501], chosen, present, difference: { mean: 0.4, low: 0.3, high: 0.5, error: 0.02 } },
    verdict: 'better',
  };
}

const lines = (planMs: number, period: number | null) =>
  tuneEndLines(finished(planMs), { directory: 'runs/tune', scored: true, period }).join('\n');

describe('the end of a search', () => {
  it('says of settings for real time that their plans come late', () => {
    const text = lines(22.1, 20);
    expect(text).toContain('22.1 ms! 200 %');
    expect(text).toMatch(/^late .* 22\.1 of 20 ms a control step/m);
  });

  it('says nothing of it where plans leave room, or nothing hurries', () => {
    for (const text of [lines(13.9, 20), lines(22.1, null)]) {
      expect(text).not.toContain('!');
      expect(text).not.toMatch(/^late/m);
    }
  });
});
