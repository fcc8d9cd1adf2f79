import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { Random } from '#src/core/random';
import type { FinishedTrial } from '#src/tune/folder';
import { Journal } from '#src/tune/journal';
import { draw, type Values } from '#src/tune/space';
import type { Standing } from '#src/tune/standing';
import { pairedDifference } from '#src/tune/statistics';
import { type TuneOptions, tune, verdictOf } from '#src/tune/tune';
import { temporaryFolder } from '../runs/fixtures.ts';

const out = temporaryFolder();
afterAll(() => out.remove());
let count = 0;
const fresh = () => join(out.path, `${count++}.jsonl`);
const anyTrial = z.custom<FinishedTrial>((value) => typeof value === 'object');

/** Settings x with the optimum at 1; every trial takes one second of a clock that only trials move. */
async function world(path: string, given: Partial<TuneOptions> = {}) {
  const clock = { seconds: 0 };
  const done: string[] = [];
  const options: TuneOptions = {
    journal: await Journal.open(path, anyTrial),
    scored: true,
    present: { x: 0 },
    draw: (index) => draw({ x: { from: -2, to: 2 } }, 5, index),
    cost: () => 1,
    rungs: [1, 2, 4].map((seeds) => ({ seeds, trials: null })),
    candidates: 12,
    rounds: 1,
    jobs: 1,
    firstSeed: 1,
    checkSeeds: [501, 502, 503],
    seconds: 1000,
    clock: () => clock.seconds,
    stopping: () => false,
    async run({ candidate, seed }, { x }: Values) {
      clock.seconds++;
      done.push(`${candidate}/${seed}`);
      const score = -((Number(x) - 1) ** 2) + new Random(seed, 'noise', candidate).normal(0, 0.01);
      return { score, return: 100 * score, planMs: { p50: 2, p99: 3 } };
    },
    ...given,
  };
  return { options, done };
}

it('searches, compares on fresh seeds and keeps every trial', async () => {
  const path = fresh();
  const { options, done } = await world(path);
  const result = await tune(options);
  expect(result.verdict).toBe('better');
  expect(result.check?.seeds).toEqual([501, 502, 503]);
  const chosen = result.search?.chosen.candidate.index;
  expect(done.filter((key) => /\/50\d$/.test(key)).sort()).toEqual(
    [0, chosen].flatMap((index) => [501, 502, 503].map((seed) => `${index}/${seed}`)).sort(),
  );
  const { entries } = await Journal.open(path, anyTrial);
  expect(entries.map(({ candidate, seed }) => `${candidate}/${seed}`)).toEqual(done);
  expect(entries.at(-1)?.elapsed).toBe(done.length);
});

it('stopped after any trial, goes on to the same result and repeats none', async () => {
  const undisturbed = await world(fresh());
  const expected = await tune(undisturbed.options);
  for (const stops of [1, 5, 13, undisturbed.done.length - 1]) {
    const path = fresh();
    const first = await world(path);
    const interrupted = await tune({ ...first.options, stopping: () => first.done.length >= stops });
    expect(interrupted.reason).toBe('interrupted');
    expect(interrupted.verdict).toBeNull();
    const second = await world(path);
    expect(await tune(second.options)).toEqual(expected);
    expect([...first.done, ...second.done]).toEqual(undisturbed.done);
  }
});

it('begins no trial when the time is out, but for the comparison that it kept time for', async () => {
  const { options, done } = await world(fresh(), { rounds: Infinity, seconds: 60 });
  const result = await tune(options);
  expect(result.check?.chosen.scores).toHaveLength(3);
  expect(done.length).toBeGreaterThan(50);
  expect(done.length).toBeLessThanOrEqual(61);
  // A second session has the time that is left, not all of it again.
  const path = fresh();
  const first = await world(path, { rounds: Infinity, seconds: 30 });
  await tune(first.options);
  const second = await world(path, { rounds: Infinity, seconds: 60 });
  await tune(second.options);
  expect(first.done.length + second.done.length).toBeLessThanOrEqual(64);
});

it('measures anew what the journal has under other settings', async () => {
  const path = fresh();
  await tune((await world(path)).options);
  const other = await world(path, { present: { x: 0.5 } });
  await tune(other.options);
  expect(other.done).toContain('0/1');
});

it('says what was not measured when not even the present settings were', async () => {
  const { options } = await world(fresh(), { run: async () => null });
  expect(await tune({ ...options, stopping: () => true })).toEqual({
    ...{ reason: 'interrupted', search: null, check: null, verdict: null },
  });
});

const standing = (scores: number[], cost: number): Standing => ({
  ...{ scores, planMs: null },
  candidate: { index: cost, cost, values: {} },
});
it.each([
  ['better', [1.1, 1.2, 1.15, 1.11], 10, true],
  ['kept', [1.3, 0.8, 1.2, 0.9], 10, true],
  // More arithmetic has to gain more than 0.02.
  ['kept', [1.01, 1.012, 1.011, 1.01], 11, true],
  ['better', [1.01, 1.012, 1.011, 1.01], 10, true],
  ['better', [1.1, 1.2, 1.15, 1.11], 30, true],
  ['kept', [1, 1, 1, 0.99], 9, true],
  ['cheaper', [1, 1, 1, 0.99], 8, true],
  ['kept', [0.95, 0.94, 0.96, 0.95], 1, true],
  // A return of −200 that falls to −203 has lost 1.5 %.
  ['cheaper', [-203, -203.1, -202.9, -203], 5, false],
  ['kept', [-206, -206.1, -205.9, -206], 5, false],
] as const)('says %s of the scores %j at cost %i of 10', (verdict, scores, cost, scored) => {
  const chosen = standing([...scores], cost);
  const present = standing(scored ? [1, 1, 1, 1] : [-200, -200, -200, -200], 10);
  const difference = pairedDifference(chosen.scores, present.scores);
  expect(verdictOf({ seeds: [1, 2, 3, 4], chosen, present, difference }, scored)).toBe(verdict);
});
