import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { filesOf, temporaryFolder } from '../runs/fixtures.ts';
import { fixture, premotor, start } from './premotor.ts';

/** More trials than the kills of one run can let pass. */
const trials = 12;
const tiny = ['train', fixture('tiny.ts'), '--seed', '5', '--trials', String(trials), '--threads', '1'];
const compared = /^(steps\.jsonl|trials\.jsonl|transitions\.bin|checkpoints\/.*)$/;
/** Lines that a process prints for two trials: start, and per trial 12 steps, a fit and the trial. */
const lines = 1 + 2 * 14;

const out = temporaryFolder();
let undisturbed: Record<string, string>;

/** The files that must not depend on what happened to the run. */
function bits(directory: string): Record<string, string> {
  return Object.fromEntries(Object.entries(filesOf(directory)).filter(([path]) => compared.test(path)));
}

beforeAll(async () => {
  const parent = join(out.path, 'undisturbed');
  const { code, stderr } = await premotor([...tiny, '--out', parent]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  undisturbed = bits(join(parent, readdirSync(parent)[0]));
  const names = Array.from({ length: trials }, (_, i) => String(i + 1).padStart(4, '0'));
  expect(Object.keys(undisturbed).sort()).toEqual([
    ...names.map((name) => `checkpoints/${name}.safetensors`),
    ...['steps.jsonl', 'transitions.bin', 'trials.jsonl'],
  ]);
});
afterAll(() => out.remove());

const random = new Random(2, 'moments');
/** Ten moments, half of them in each of two runs; the first one of each run is within its first trial. */
const runs = [1, 2].map((run) => ({
  run,
  moments: Array.from({ length: 5 }, (_, kill) => ({
    line: random.integer(kill === 0 ? 14 : lines),
    later: random.uniform(0, 20),
  })),
}));

it.each(runs)(
  'killed with -9 at five moments and resumed after each, run $run ends as if undisturbed',
  async ({ run, moments }) => {
    const parent = join(out.path, `killed-${run}`);
    let args = [...tiny, '--out', parent];
    let directory = '';
    for (const { line, later } of moments) {
      const child = start([...args, '--json'], {
        onEvent: (_, index) => {
          if (index === line) setTimeout(() => child.kill('SIGKILL'), later);
        },
      });
      const { signal, stderr } = await child.ended;
      expect({ signal, stderr }, `after line ${line}`).toEqual({ signal: 'SIGKILL', stderr: '' });
      directory = join(parent, readdirSync(parent).filter((entry) => !entry.startsWith('.'))[0]);
      args = ['train', '--resume', directory, '--threads', '1'];
    }
    const last = await premotor(args);
    expect({ code: last.code, stderr: last.stderr }).toEqual({ code: 0, stderr: '' });
    expect(bits(directory)).toEqual(undisturbed);
  },
);
