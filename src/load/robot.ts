import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, nearestName } from '../core/errors.ts';
import type { Geometry, RobotModel } from '../core/robot.ts';
import { type MeshLookup, type MeshReference, meshReferences } from '../robot/meshes.ts';
import { robotFromUrdf } from '../robot/robot-model.ts';
import { ColliderMaker } from './mesh-colliders.ts';
import { readMeshList, withMeshesShown, withMeshesTouching } from './mesh-list.ts';
import { findMesh, type PackagePaths, packagePathsOfEnvironment } from './mesh-path.ts';
import { solidOfMeshes } from './mesh-solid.ts';
import { findMeshes } from './mesh-store.ts';

const shippedDirectory = fileURLToPath(new URL('../../../robots/', import.meta.url));

/** Names of the robots that come with the package. */
export function shippedRobots(): string[] {
  return readdirSync(shippedDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Names of the shipped robots whose maker's meshes can be fetched. */
export async function robotsWithMeshes(): Promise<string[]> {
  const lists = await Promise.all(
    shippedRobots().map(async (name) => ((await readMeshList(shippedFolder(name))) ? [name] : [])),
  );
  return lists.flat();
}

export interface LoadOptions extends PackagePaths {
  /**
   * What touches. `meshes`: convex pieces of STL and OBJ files stand for collision meshes (default for a URDF of one's
   * own); for a shipped robot its maker's meshes, once fetched, instead of primitives. `primitives` (default for a shipped
   * robot): meshes are only shown.
   */
  readonly colliders?: 'primitives' | 'meshes';
}

/**
 * A shipped robot by name, or a URDF file by path, with the `robot.json` beside it if there is one. Meshes are found as
 * {@link findMesh} says, with the environment's package paths after the given ones; one that is missing or cannot be used
 * is a note of the robot. A shipped robot is shown by its maker's meshes once they are fetched.
 * Throws InputError for an unknown name, an unreadable file or a malformed robot.
 */
export async function loadRobot(nameOrFile: string, options: LoadOptions = {}): Promise<RobotModel> {
  if (isFileName(nameOrFile)) return readRobot(nameOrFile, options);
  const folder = shippedFolder(nameOrFile);
  const robot = await readRobot(join(folder, 'robot.urdf'), options);
  const list = await readMeshList(folder);
  const meshes = list && (await findMeshes(nameOrFile, list));
  if (options.colliders === 'meshes' && !meshes)
    throw new InputError(
      list
        ? `${nameOrFile}: its meshes are not here; premotor robots fetch ${nameOrFile} brings them`
        : `${nameOrFile}: has no meshes; it touches by its primitives`,
    );
  if (!list || !meshes) return robot;
  const shown = withMeshesShown(robot, list, meshes);
  return options.colliders === 'meshes' ? withMeshesTouching(shown, list, meshes) : shown;
}

/** A path, not the name of a shipped robot. */
export function isFileName(nameOrFile: string): boolean {
  return /[\\/]/.test(nameOrFile) || /\.(urdf|xml|xacro)$/i.test(nameOrFile);
}

/** The folder of a shipped robot. Throws InputError for an unknown name. */
export function shippedFolder(name: string): string {
  const known = shippedRobots();
  if (known.includes(name)) return join(shippedDirectory, name);
  const near = nearestName(name, known);
  throw new InputError(
    `unknown robot "${name}"; ${near ? `did you mean "${near}"?` : `there are ${known.join(', ')}, or give the path of a .urdf`}`,
  );
}

async function readRobot(urdfFile: string, options: LoadOptions): Promise<RobotModel> {
  const jsonFile = join(dirname(urdfFile), 'robot.json');
  const urdf = await readText(urdfFile);
  if (urdf === undefined) throw new InputError(`${urdfFile}: no such file; give the path of a URDF`);
  const json = await readText(jsonFile);
  const { mesh, notes } = await lookUpMeshes(urdf, urdfFile, options);
  const robot = robotFromUrdf(urdf, json === undefined ? undefined : parseJson(json, jsonFile), {
    urdfFile,
    jsonFile,
    mesh,
    solid: solidOfMeshes((text) => notes.add(text)),
  });
  return notes.size === 0 ? robot : { ...robot, notes: [...robot.notes, ...notes] };
}

/** Finds every mesh of a URDF beforehand, so that reading it need not wait. */
async function lookUpMeshes(
  urdf: string,
  urdfFile: string,
  { colliders = 'meshes', ...given }: LoadOptions,
): Promise<{ mesh: MeshLookup; notes: Set<string> }> {
  const environment = packagePathsOfEnvironment();
  const paths: PackagePaths = {
    packages: { ...environment.packages, ...given.packages },
    searchPath: [...(given.searchPath ?? []), ...environment.searchPath],
  };
  const maker = new ColliderMaker();
  const found = new Map<string, readonly Geometry[]>();
  const notes = new Set<string>();
  const key = (mesh: MeshReference, use: string) => `${use} ${mesh.scale.join(' ')} ${mesh.uri}`;
  for (const { use, uri, scale } of meshReferences(urdf, urdfFile)) {
    const mesh = { uri, scale };
    if (found.has(key(mesh, use))) continue;
    const place = await findMesh(uri, urdfFile, paths);
    if ('problem' in place) {
      notes.add(`mesh "${uri}": ${place.problem}`);
    } else if (use === 'visual' || colliders === 'primitives') {
      found.set(key(mesh, use), [{ kind: 'mesh', ...mesh, file: place.file }]);
    } else {
      const made = await maker.make(place.file, scale);
      for (const note of made.notes) notes.add(`mesh "${uri}": ${note}`);
      found.set(key(mesh, use), made.pieces);
    }
  }
  return { mesh: (mesh, use) => found.get(key(mesh, use)), notes };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`${file}: cannot be read (${code}); check the path and its permissions`, {
      cause: error,
    });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${file}: not valid JSON: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 160)}`,
      {
        cause: error,
      },
    );
  }
}
