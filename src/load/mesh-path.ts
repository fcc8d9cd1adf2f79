import { stat } from 'node:fs/promises';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where packages of `package://<name>/…` are looked for. */
export interface PackagePaths {
  /** Folder of a package, by its name. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Folders that hold packages, or are packages themselves. */
  readonly searchPath?: readonly string[];
}

/**
 * What `PREMOTOR_ROS_PATH` and `ROS_PACKAGE_PATH` say, the former first: folders, or `name=folder` for one package,
 * separated as the system separates paths.
 */
export function packagePathsOfEnvironment(env: NodeJS.ProcessEnv = process.env): Required<PackagePaths> {
  const packages: Record<string, string> = {};
  const searchPath: string[] = [];
  const entries = [env.PREMOTOR_ROS_PATH, env.ROS_PACKAGE_PATH].flatMap(
    (list) => list?.split(delimiter) ?? [],
  );
  for (const entry of entries.map((text) => text.trim()).filter(Boolean)) {
    const [, name, folder] = /^([\w.-]+)=(.+)$/.exec(entry) ?? [];
    if (name === undefined) searchPath.push(entry);
    else packages[name] ??= folder;
  }
  return { packages, searchPath };
}

/**
 * The file that a URDF's mesh reference means, or why there is none. Relative references start at the URDF's folder. A
 * package is looked for in `packages`, in `searchPath`, and upwards from the URDF: a folder of its name, or one that holds
 * such a folder.
 */
export async function findMesh(
  uri: string,
  urdfFile: string,
  paths: PackagePaths = {},
): Promise<{ readonly file: string } | { readonly problem: string }> {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/is.exec(uri) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return first([resolve(dirname(urdfFile), uri)], 'no such file');
    case 'file':
      return first(fileCandidates(uri, rest, urdfFile), 'no such file');
    case 'package':
    case 'model':
      return findInPackage(rest, urdfFile, paths);
    default:
      return { problem: `${scheme}:// is not read; give a file, or package://` };
  }
}

function fileCandidates(uri: string, rest: string, urdfFile: string): string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    // `file://meshes/a.stl`: no host is meant, but a relative path.
    return [resolve(dirname(urdfFile), rest)];
  }
}

async function findInPackage(rest: string, urdfFile: string, paths: PackagePaths) {
  const [name, ...inside] = rest.split(/[\\/]+/);
  const path = inside.join('/');
  if (!name || !path) return { problem: 'package:// needs a package and a path in it' };
  const folders: string[] = [];
  const mapped = paths.packages && Object.hasOwn(paths.packages, name) ? paths.packages[name] : undefined;
  if (mapped !== undefined) folders.push(mapped);
  for (const folder of paths.searchPath ?? []) {
    folders.push(join(folder, name), join(folder, 'share', name));
    if (basename(resolve(folder)) === name) folders.push(folder);
  }
  for (let here = dirname(resolve(urdfFile)); ; here = dirname(here)) {
    if (basename(here) === name) folders.push(here);
    folders.push(join(here, name));
    if (dirname(here) === here) break;
  }
  return first(
    folders.map((folder) => join(folder, path)),
    `package ${name} was not found with it; name its folder in PREMOTOR_ROS_PATH`,
  );
}

async function first(candidates: readonly string[], problem: string) {
  for (const file of candidates) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return { file };
  }
  return { problem };
}
