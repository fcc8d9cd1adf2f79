import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { filesOf, temporaryFolder } from '../runs/fixtures.ts';
import { fixture, premotor, start } from './premotor.ts';

const tiny = ['train', fixture('tiny.ts'), '--seed', '5', '--threads', '1', '--json'];
const compared = /^(steps\.jsonl|trials\.jsonl|transitions\.bin|checkpoints\/.*)$/;
const moments = 10;
/** Lines that an undisturbed run of `tiny` prints: start, and per trial 12 steps, a fit and the trial. */
const lines = 1 + 4 * 14;

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
  expect(Object.keys(undisturbed).sort()).toEqual([
    ...[1, 2, 3, 4].map((trial) => `checkpoints/000${trial}.safetensors`),
    ...['steps.jsonl', 'transitions.bin', 'trials.jsonl'],
  ]);
});
afterAll(() => out.remove());

const random = new Random(2, 'moments');
const kills = Array.from({ length: moments }, () => ({
  line: random.integer(lines),
  later: random.uniform(0, 20),
}));

it.each(kills)(
  'kill -9 $later ms after line $line, then --resume: as if undisturbed',
  async ({ line, later }) => {
    const parent = join(out.path, `killed-${line}-${later}`);
    const killed = (args: readonly string[], at: number) => {
      const child = start(args, {
        onEvent: (_, index) => {
          if (index === at) setTimeout(() => child.kill('SIGKILL'), later);
        },
      });
      return child.ended;
    };
    const first = await killed([...tiny, '--out', parent], line);
    // Only a kill behind the last line finds the run over.
    expect(first.signal === 'SIGKILL' || line + 3 >= lines).toBe(true);
    const [name] = readdirSync(parent).filter((entry) => !entry.startsWith('.'));
    const directory = join(parent, name);
    // Killed once more on the way back, a little later in the run.
    await killed(['train', '--resume', directory, '--threads', '1', '--json'], Math.min(8, lines - line));
    const last = await premotor(['train', '--resume', directory, '--threads', '1', '--json']);
    expect(last.stderr).toBe('');
    expect(last.code).toBe(0);
    expect(bits(directory)).toEqual(undisturbed);
  },
);
