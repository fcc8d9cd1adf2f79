import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture, premotor, start } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());
const tiny = (name: string, trials: number, ...more: string[]) => [
  ...['train', fixture('tiny.ts'), '--seed', '5', '--threads', '1', '--trials', String(trials)],
  ...['--out', join(out.path, name), ...more],
];
const runOf = (name: string) => join(out.path, name, readdirSync(join(out.path, name))[0]);

it('records a run without a change to its bits, and says what is in the recording', async () => {
  const plain = await premotor(tiny('plain', 2));
  const recorded = await premotor(tiny('recorded', 2, '--record'));
  expect([plain.code, recorded.code]).toEqual([0, 0]);
  expect(recorded.stdout).toMatch(/recorded in .*recordings.*\.mcap: premotor replay shows it/);
  for (const file of ['steps.jsonl', 'trials.jsonl', 'transitions.bin'])
    expect(readFileSync(join(runOf('recorded'), file))).toEqual(readFileSync(join(runOf('plain'), file)));
  expect(existsSync(join(runOf('plain'), 'recordings'))).toBe(false);
  const { stdout, code } = await premotor(['replay', runOf('recorded'), '--json']);
  expect(code).toBe(0);
  const facts = JSON.parse(stdout);
  expect(facts).toMatchObject({ cut: false, notes: [], dropped: 0, cycles: null });
  const count = (topic: string) =>
    facts.topics.find((other: { topic: string }) => other.topic === topic)?.messages;
  expect(count('/trial')).toBe(2);
  const steps = readFileSync(join(runOf('recorded'), 'steps.jsonl'), 'utf8')
    .trim()
    .split('\n').length;
  expect(count('/step')).toBe(steps);
  expect(count('/tf')).toBeGreaterThan(steps);
  const { stdout: table } = await premotor(['replay', runOf('recorded'), '--info']);
  expect(table).toMatch(/topic +messages +per s +longest gap\n/);
  expect(table).toMatch(/\n\/step +\d+ +[\d.]+ +[\d.]+ s/);
});

it('a run that was killed leaves a recording that can be read', async () => {
  const run = start(tiny('killed', 100_000, '--record'));
  const recordings = () => {
    const folder = join(out.path, 'killed');
    const [name] = existsSync(folder) ? readdirSync(folder) : [];
    const inside = name === undefined ? '' : join(folder, name, 'recordings');
    return existsSync(inside) ? readdirSync(inside).map((file) => join(inside, file)) : [];
  };
  // A chunk is half a million bytes at most: one at least is whole, however the last one is cut.
  await expect
    .poll(() => recordings().some((file) => statSync(file).size > 1_500_000), { timeout: 50_000 })
    .toBe(true);
  run.kill('SIGKILL');
  await run.ended;
  const { stdout, code } = await premotor(['replay', recordings()[0], '--info']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /note: the recording was cut off: everything up to [\d:]+ is here, \d+ bytes after it are lost/,
  );
  expect(stdout).toMatch(/\n\/step +\d+/);
});

it.each([
  [['replay', 'nowhere.mcap'], /^premotor: nowhere\.mcap: no such file$/],
  [['replay', fixture('tiny.ts')], /^premotor: .*tiny\.ts: not an MCAP file$/],
  [['replay', out.path], /^premotor: .*: nothing of it was recorded; train and eval record with --record$/],
  [
    ['replay', fixture('tiny.ts'), '--speed', 'fast'],
    /^premotor: .*(--speed fast: must be in 0\.05 … 16|not an MCAP file)$/,
  ],
])('%j is told in one line', async (args, line) => {
  const { code, stderr } = await premotor(args);
  expect(code).toBe(2);
  expect(stderr.trim()).toMatch(line);
});
