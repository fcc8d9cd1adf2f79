import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture, launch, premotor } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());

async function stepsOf(name: string, run: typeof premotor, ...args: string[]): Promise<string> {
  const parent = join(out.path, name);
  const { code, stderr } = await run([
    'train',
    fixture('tiny.ts'),
    '--trials',
    '3',
    '--out',
    parent,
    ...args,
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return readFileSync(join(parent, readdirSync(parent)[0], 'steps.jsonl'), 'utf8');
}

it('one seed gives the same steps in every process and for any number of threads, another seed does not', async () => {
  const once = await stepsOf('once', premotor, '--seed', '4', '--threads', '1');
  expect(once.split('\n')).toHaveLength(3 * 12 + 1);
  expect(await stepsOf('again', launch, '--seed', '4', '--threads', '1')).toBe(once);
  expect(await stepsOf('two', premotor, '--seed', '4', '--threads', '2')).toBe(once);
  expect(await stepsOf('other', premotor, '--seed', '5', '--threads', '1')).not.toBe(once);
});

it('a run that grows goes on where a longer one would', async () => {
  const parent = join(out.path, 'grown');
  await premotor(['train', fixture('tiny.ts'), '--trials', '2', '--seed', '4', '--out', parent]);
  const directory = join(parent, readdirSync(parent)[0]);
  const { code } = await premotor(['train', '--resume', directory, '--trials', '3']);
  expect(code).toBe(0);
  expect(readFileSync(join(directory, 'steps.jsonl'), 'utf8')).toBe(
    await stepsOf('whole', premotor, '--seed', '4', '--threads', '1'),
  );
});
