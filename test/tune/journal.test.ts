import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { Journal } from '#src/tune/journal';
import { temporaryFolder } from '../runs/fixtures.ts';

const out = temporaryFolder();
afterAll(() => out.remove());
const line = z.object({ n: z.number(), text: z.string() });
let count = 0;
const fresh = () => join(out.path, `${count++}.jsonl`);

it('keeps what was appended, in order, although calls overlap', async () => {
  const path = fresh();
  const journal = await Journal.open(path, line);
  await Promise.all(Array.from({ length: 20 }, (_, n) => journal.append({ n, text: 'ü'.repeat(n) })));
  expect((await Journal.open(path, line)).entries.map(({ n }) => n)).toEqual(
    Array.from({ length: 20 }, (_, n) => n),
  );
});

it('loses a half-written last line and nothing else, wherever it was cut', async () => {
  const path = fresh();
  const journal = await Journal.open(path, line);
  await journal.append({ n: 1, text: 'whole' });
  const whole = readFileSync(path);
  await journal.append({ n: 2, text: 'tört' });
  const both = readFileSync(path);
  for (let length = whole.length; length < both.length; length++) {
    writeFileSync(path, both.subarray(0, length));
    const again = await Journal.open(path, line);
    expect(again.entries).toEqual([{ n: 1, text: 'whole' }]);
    await again.append({ n: 3, text: 'next' });
    expect((await Journal.open(path, line)).entries.map(({ n }) => n)).toEqual([1, 3]);
  }
});

it('refuses a line within that is damaged, by its number', async () => {
  const path = fresh();
  await (await Journal.open(path, line)).append({ n: 1, text: 'a' });
  appendFileSync(path, '{"n": 2}\n{"n": 3, "text": "c"}\n');
  await expect(Journal.open(path, line)).rejects.toThrow(/damaged at line 2/);
});
