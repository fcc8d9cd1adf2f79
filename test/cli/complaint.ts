import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { premotor } from './premotor.ts';

/** Runs the command and returns its complaint, which must be all it says: one line, exit code 2. @param cwd folder */
export async function complaintIn(cwd: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await premotor(args, { cwd });
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^premotor: [^\n]+\n$/);
  expect(stderr).not.toMatch(/ {4}at |InputError|undefined/);
  return stderr.slice('premotor: '.length, -1);
}

/** Writes a file of one's own into a folder; returns its path. */
export function writtenIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
