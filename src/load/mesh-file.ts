import { MeshError } from './mesh-data.ts';

const largest = 64 * 1024 * 1024;

/** @param size bytes. Throws MeshError for a file that is too large to be read. */
export function checkMeshSize(size: number): void {
  if (size > largest) throw new MeshError(`is larger than ${largest / 1024 / 1024} MiB`);
}

/** Why a mesh file cannot be used, after what reading it threw. Throws what the file is not to blame for. */
export function meshProblem(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return `cannot be read (${code})`;
  if (error instanceof MeshError) return error.message;
  throw error;
}
