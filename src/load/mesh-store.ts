import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { cacheFolders } from './cache.ts';
import type { MeshList } from './mesh-list.ts';

/** The folder of the cache to which a robot's meshes are fetched. */
export function meshFolder(name: string): string {
  return join(cacheFolders('robots')[0], name);
}

/**
 * Folders in which a robot's meshes may already lie: those of `PREMOTOR_ASSETS` (`<name>/…` or `robots/<name>/…` in it),
 * then the cache.
 */
export function meshFolders(name: string): string[] {
  const { PREMOTOR_ASSETS } = process.env;
  return [...(PREMOTOR_ASSETS ? foldersIn(PREMOTOR_ASSETS, name) : []), meshFolder(name)];
}

function foldersIn(assets: string, name: string): string[] {
  return [join(assets, name), join(assets, 'robots', name), assets];
}

/** The folder in `assets` that has all of a robot's meshes. Throws InputError with the first one that is missing or wrong. */
export async function checkGivenMeshes(assets: string, name: string, list: MeshList): Promise<string> {
  const [first] = list.files;
  let folder: string | undefined;
  for (const candidate of foldersIn(assets, name))
    if (folder === undefined && (await sizeOf(join(candidate, first.path))) !== undefined) folder = candidate;
  if (folder === undefined)
    throw new InputError(
      `PREMOTOR_ASSETS=${assets}: has no ${join(name, first.path)}; name a folder that has, or unset it to fetch`,
    );
  for (const file of list.files)
    if (!(await isWhole(join(folder, file.path), file)))
      throw new InputError(
        `PREMOTOR_ASSETS=${assets}: ${join(folder, file.path)} is missing or has another SHA-256; unset it to fetch`,
      );
  return folder;
}

/** The folder that has all of a robot's meshes, byte for byte; undefined when none has. */
export async function findMeshes(name: string, list: MeshList): Promise<string | undefined> {
  for (const folder of meshFolders(name)) if (await isComplete(folder, list)) return folder;
  return undefined;
}

async function isComplete(folder: string, list: MeshList): Promise<boolean> {
  // Sizes first: they tell a folder that is not it without reading anything.
  for (const file of list.files) if ((await sizeOf(join(folder, file.path))) !== file.bytes) return false;
  for (const file of list.files) if (!(await isWhole(join(folder, file.path), file))) return false;
  return true;
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Whether a file is there with the right bytes. */
export async function isWhole(
  file: string,
  expected: { readonly bytes: number; readonly sha256: string },
): Promise<boolean> {
  if ((await sizeOf(file)) !== expected.bytes) return false;
  const bytes = await readFile(file).catch(() => undefined);
  return bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === expected.sha256;
}
