/** What a mesh file says: triangles over vertices [V × 3], equal corners shared. */
export interface MeshData {
  readonly vertices: Float64Array;
  /** Vertex indices [T × 3]. */
  readonly triangles: Uint32Array;
}

/** Why a mesh file cannot be used; the message says only that, its caller knows the file. */
export class MeshError extends Error {}

const maxTriangles = 2_000_000;

/**
 * Triangles of a mesh file, scaled. Lengths are metres, as in URDF. Throws MeshError for anything else than STL or OBJ and
 * for bytes that do not hold what they announce; never allocates more than the bytes can fill.
 */
export function readMesh(
  bytes: Uint8Array,
  extension: string,
  scale: readonly [number, number, number] = [1, 1, 1],
): MeshData {
  const format = extension.toLowerCase().replace(/^\./, '');
  let corners: { positions: Float64Array; triangles: Uint32Array | undefined };
  if (format === 'stl') corners = { positions: readStl(bytes), triangles: undefined };
  else if (format === 'obj') corners = readObj(bytes);
  else throw new MeshError(`${format || 'a file without extension'} is neither STL nor OBJ`);
  const { positions } = corners;
  for (let i = 0; i < positions.length; i++) {
    positions[i] *= scale[i % 3];
    if (!Number.isFinite(positions[i])) throw new MeshError('holds a vertex that is not a number');
    if (Math.abs(positions[i]) > 1e6) throw new MeshError('reaches farther than 1000 km');
  }
  return weld(positions, corners.triangles);
}

function readStl(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const announced = bytes.length >= 84 ? view.getUint32(80, true) : -1;
  if (announced >= 0 && bytes.length === 84 + 50 * announced) return readBinaryStl(view, announced);
  // Binary files may begin with "solid" too, and may carry spare bytes at their end.
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 4096));
  if (/^\s*solid\b/.test(head) && /\bfacet\b/.test(head)) return readAsciiStl(bytes);
  if (/^\s*solid\b[^\0]*\bendsolid\b/.test(head)) throw new MeshError('holds no triangle');
  if (announced >= 0 && bytes.length > 84 + 50 * announced) return readBinaryStl(view, announced);
  if (announced < 0) throw new MeshError(`is too short for an STL (${bytes.length} bytes)`);
  throw new MeshError(
    `announces ${announced} triangles but has room for ${Math.floor((bytes.length - 84) / 50)}`,
  );
}

function readBinaryStl(view: DataView, count: number): Float64Array {
  checkCount(count);
  const positions = new Float64Array(9 * count);
  for (let t = 0; t < count; t++)
    for (let k = 0; k < 9; k++) positions[9 * t + k] = view.getFloat32(84 + 50 * t + 12 + 4 * k, true);
  return positions;
}

function readAsciiStl(bytes: Uint8Array): Float64Array {
  const text = new TextDecoder('latin1').decode(bytes);
  const values: number[] = [];
  for (const [, x, y, z] of text.matchAll(/\bvertex[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)/g)) {
    values.push(Number(x), Number(y), Number(z));
    if (values.length % 9 === 0) checkCount(values.length / 9);
  }
  if (values.length % 9 !== 0) throw new MeshError('ends within a triangle');
  checkCount(values.length / 9);
  return Float64Array.from(values);
}

function readObj(bytes: Uint8Array): { positions: Float64Array; triangles: Uint32Array } {
  const positions: number[] = [];
  const triangles: number[] = [];
  const text = new TextDecoder().decode(bytes).replace(/\\\r?\n/g, ' ');
  for (const [number, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'v') positions.push(Number(words[1]), Number(words[2]), Number(words[3]));
    else if (words[0] === 'f') {
      const corners = words.slice(1).map((word) => {
        const given = Number.parseInt(word, 10);
        const index = given < 0 ? positions.length / 3 + given : given - 1;
        if (!(index >= 0 && index < positions.length / 3))
          throw new MeshError(`line ${number + 1}: there is no vertex ${word.split('/')[0].slice(0, 20)}`);
        return index;
      });
      for (let k = 2; k < corners.length; k++) triangles.push(corners[0], corners[k - 1], corners[k]);
      if (triangles.length > 3 * maxTriangles) checkCount(triangles.length / 3);
    }
  }
  checkCount(triangles.length / 3);
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) };
}

function checkCount(triangles: number): void {
  if (triangles === 0) throw new MeshError('holds no triangle');
  if (triangles > maxTriangles) throw new MeshError(`has more than ${maxTriangles} triangles`);
}

/** Gives equal corners one vertex and leaves out triangles without an area. Without `triangles`: corners in threes. */
export function weld(positions: ArrayLike<number>, triangles?: ArrayLike<number>): MeshData {
  const index = new Map<number, number[]>();
  const vertices: number[] = [];
  const count = positions.length / 3;
  const renamed = new Uint32Array(count);
  const bits = new DataView(new ArrayBuffer(24));
  for (let p = 0; p < count; p++) {
    let hash = 0;
    for (let k = 0; k < 3; k++) bits.setFloat64(8 * k, positions[3 * p + k] + 0);
    for (let k = 0; k < 6; k++) hash = Math.imul(hash ^ bits.getUint32(4 * k), 0x9e3779b1) ^ (hash >>> 15);
    const bucket = index.get(hash);
    const found = bucket?.find(
      (v) =>
        vertices[3 * v] === positions[3 * p] &&
        vertices[3 * v + 1] === positions[3 * p + 1] &&
        vertices[3 * v + 2] === positions[3 * p + 2],
    );
    if (found !== undefined) {
      renamed[p] = found;
      continue;
    }
    const v = vertices.length / 3;
    vertices.push(positions[3 * p], positions[3 * p + 1], positions[3 * p + 2]);
    if (bucket) bucket.push(v);
    else index.set(hash, [v]);
    renamed[p] = v;
  }
  const kept: number[] = [];
  const corners = triangles?.length ?? count;
  for (let t = 0; t + 2 < corners; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => renamed[triangles ? triangles[t + k] : t + k]);
    if (a !== b && b !== c && c !== a) kept.push(a, b, c);
  }
  return { vertices: Float64Array.from(vertices), triangles: Uint32Array.from(kept) };
}
