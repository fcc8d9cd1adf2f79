import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { newToken } from './access.ts';

/**
 * This user's token, the same at every start, so that a page left open finds the next run by itself. It lies where only
 * the user can read it; where nothing can be kept, a new one is made each time.
 */
export async function rememberedToken(
  file = join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'premotor', 'token'),
): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (/^[\w-]{24,64}$/.test(kept.trim())) return kept.trim();
  const token = newToken();
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${token}\n`, { mode: 0o600 });
  } catch {
    // Read-only home: the token holds for this run.
  }
  return token;
}
