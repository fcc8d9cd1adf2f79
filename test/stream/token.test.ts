import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rememberedToken } from '#src/stream/token';

test('a token is kept where only the user reads it, and made anew when what is kept is no token', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'premotor-token-'));
  const file = join(folder, 'state', 'token');
  const token = await rememberedToken(file);
  expect(token).toMatch(/^[\w-]{24}$/);
  expect(await rememberedToken(file)).toBe(token);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, 'short');
  const next = await rememberedToken(file);
  expect(next).not.toBe(token);
  expect((await readFile(file, 'utf8')).trim()).toBe(next);
  await rm(folder, { recursive: true });
});

test('where nothing can be kept there is a token all the same', async () => {
  expect(await rememberedToken('/dev/null/token')).toMatch(/^[\w-]{24}$/);
});
