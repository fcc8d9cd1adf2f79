import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of the recordings in a run folder, oldest first; none where it has none. */
export async function recordingsOf(run: string): Promise<string[]> {
  const folder = join(run, 'recordings');
  const names = await readdir(folder).catch((): string[] => []);
  // By name without ending: `….mcap` is before `…-2.mcap`.
  return names
    .filter((name) => name.endsWith('.mcap'))
    .map((name) => name.slice(0, -'.mcap'.length))
    .sort()
    .map((name) => join(folder, `${name}.mcap`));
}
