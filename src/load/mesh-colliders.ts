import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { z } from 'zod';
import type { Geometry, Vec3 } from '../core/robot.ts';
import { cacheFolders } from './cache.ts';
import { decompose } from './decompose.ts';
import { MeshError, readMesh } from './mesh-data.ts';
import { checkMeshSize, meshProblem } from './mesh-file.ts';

/** What a mesh becomes for contact: convex pieces, none when it cannot be used, with what there is to say. */
export interface Colliders {
  readonly pieces: readonly Geometry[];
  readonly notes: readonly string[];
}

const kept = z.strictObject({
  pieces: z.array(
    z.strictObject({
      kind: z.literal('convex'),
      vertices: z.array(z.number()),
      triangles: z.array(z.int().nonnegative()),
    }),
  ),
  notes: z.array(z.string()),
});

/** Raised when the same mesh becomes other pieces than before. */
const version = 1;

/**
 * Turns mesh files into convex pieces; a file that is named twice is read once. Detailed meshes take about a second, so
 * what came out is kept in the cache, by the content of the file.
 */
export class ColliderMaker {
  readonly #made = new Map<string, Promise<Colliders>>();

  /** Never throws: a file that cannot be used is a note with the reason. */
  make(file: string, scale: Vec3): Promise<Colliders> {
    const key = `${scale.join(' ')} ${file}`;
    let made = this.#made.get(key);
    if (!made) {
      made = collidersOf(file, scale);
      this.#made.set(key, made);
    }
    return made;
  }
}

async function collidersOf(file: string, scale: Vec3): Promise<Colliders> {
  try {
    const extension = extname(file).toLowerCase();
    if (['.dae', '.glb', '.gltf'].includes(extension))
      throw new MeshError('is for show only; give STL, OBJ or primitives to touch');
    checkMeshSize((await stat(file)).size);
    const bytes = await readFile(file);
    const key = createHash('sha256')
      .update(`${version} ${extension} ${scale.join(' ')}\n`)
      .update(bytes)
      .digest('hex');
    return (await recall(key)) ?? (await keep(key, make(bytes, extension, scale)));
  } catch (error) {
    return { pieces: [], notes: [meshProblem(error)] };
  }
}

function make(bytes: Uint8Array, extension: string, scale: Vec3): Colliders {
  const { pieces, notes } = decompose(readMesh(bytes, extension, scale));
  return {
    pieces: pieces.map(({ vertices, triangles }) => ({
      kind: 'convex',
      vertices: Array.from(vertices),
      triangles: Array.from(triangles),
    })),
    notes: pieces.length === 0 ? [...notes, 'nothing can touch it'] : notes,
  };
}

async function recall(key: string): Promise<Colliders | undefined> {
  for (const folder of cacheFolders('colliders')) {
    const text = await readFile(join(folder, `${key}.json`), 'utf8').catch(() => undefined);
    try {
      if (text !== undefined) return kept.parse(JSON.parse(text));
    } catch {
      // A damaged entry is made anew.
    }
  }
  return undefined;
}

/** A cache that cannot be written only costs time. */
async function keep(key: string, made: Colliders): Promise<Colliders> {
  for (const folder of cacheFolders('colliders')) {
    const path = join(folder, `${key}.json`);
    const draft = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(draft, JSON.stringify(made), { mode: 0o600 });
      await rename(draft, path);
      break;
    } catch {
      await rm(draft, { force: true }).catch(() => {});
    }
  }
  return made;
}
