import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Geometry, Vec3 } from '../core/robot.ts';
import { decompose } from './decompose.ts';
import { MeshError, readMesh } from './mesh-data.ts';

/** What a mesh becomes for contact: convex pieces, none when it cannot be used, with what there is to say. */
export interface Colliders {
  readonly pieces: readonly Geometry[];
  readonly notes: readonly string[];
}

const largest = 64 * 1024 * 1024;

/** Turns mesh files into convex pieces; a file that is named twice is read once. */
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
    const extension = extname(file);
    if (/^\.(dae|glb)$/i.test(extension))
      throw new MeshError('is for show only; give STL, OBJ or primitives to touch');
    const { size } = await stat(file);
    if (size > largest) throw new MeshError(`is larger than ${largest / 1024 / 1024} MiB`);
    const { pieces, notes } = decompose(readMesh(await readFile(file), extension, scale));
    return {
      pieces: pieces.map(({ vertices, triangles }) => ({
        kind: 'convex',
        vertices: Array.from(vertices),
        triangles: Array.from(triangles),
      })),
      notes: pieces.length === 0 ? [...notes, 'nothing can touch it'] : notes,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof MeshError) && code === undefined) throw error;
    return { pieces: [], notes: [code ? `cannot be read (${code})` : (error as Error).message] };
  }
}
