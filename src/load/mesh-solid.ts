import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { MeshSolid } from '../robot/index.ts';
import { isClosed } from './decompose.ts';
import { convexHull } from './hull.ts';
import { MeshError, readMesh } from './mesh-data.ts';
import { checkMeshSize, meshProblem } from './mesh-file.ts';

/**
 * What meshes enclose, read only when a link is weighed by them: STL and OBJ as they are where they are closed, else
 * their convex hull. What cannot be weighed goes to `note` with the reason; no file makes it throw.
 */
export function solidOfMeshes(note: (text: string) => void): MeshSolid {
  return ({ uri, file, scale }) => {
    if (file === undefined) return undefined;
    try {
      const extension = extname(file).toLowerCase();
      if (extension !== '.stl' && extension !== '.obj')
        throw new MeshError(
          `cannot be weighed: ${extension || 'a file without extension'} is neither STL nor OBJ`,
        );
      checkMeshSize(statSync(file).size);
      const mesh = readMesh(readFileSync(file), extension, scale);
      if (isClosed(mesh.triangles, mesh.vertices.length / 3)) return mesh;
      const hull = convexHull(mesh.vertices);
      note(`mesh "${uri}": ${hull ? 'is not closed: its convex hull is weighed' : 'is flat'}`);
      return hull;
    } catch (error) {
      note(`mesh "${uri}": ${meshProblem(error)}`);
      return undefined;
    }
  };
}
