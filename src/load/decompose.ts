import { convexHull, type Hull, meshVolume } from './hull.ts';
import { type MeshData, weld } from './mesh-data.ts';

export interface Decomposition {
  readonly pieces: readonly Hull[];
  /** What could not be done as asked, for people. */
  readonly notes: readonly string[];
}

export interface DecompositionLimits {
  /** A hull may hold so much more than the mesh in it, as a share of the mesh's volume. */
  readonly excess: number;
  /** Nor is a piece cut that wastes less than this share of all hulls before the first cut. */
  readonly waste: number;
  readonly maxPieces: number;
  readonly maxVertices: number;
}

const defaultLimits: DecompositionLimits = { excess: 0.3, waste: 0.02, maxPieces: 8, maxVertices: 64 };

/** Cells along the longest side of the coarse mesh on which cuts are chosen. */
const coarseCells = 32;
/** A mesh of more triangles is coarsened to so many cells before anything else, so that no file takes minutes. */
const manyTriangles = 100_000;
const fineCells = 64;

/**
 * Convex pieces that stand for a mesh. Each connected part becomes a piece, unless another's hull holds it. While a piece's
 * hull is larger than the solid in it by more than `excess` and `waste`, the worst such piece is cut in two by the plane, of nine
 * across each axis, that leaves the least hull; at most `maxPieces` in all. A mesh that is not closed has no volume to
 * compare with: its parts are hulled and not cut.
 */
export function decompose(mesh: MeshData, limits: Partial<DecompositionLimits> = {}): Decomposition {
  const { excess, waste, maxPieces, maxVertices } = { ...defaultLimits, ...limits };
  const notes: string[] = [];
  if (mesh.triangles.length > 3 * manyTriangles) {
    notes.push(`has ${mesh.triangles.length / 3} triangles: taken to 1/${fineCells} of its length`);
    mesh = coarsen(solidOf(mesh).surface, fineCells);
  }
  let parts = connectedParts(mesh);
  if (parts.length > 4 * maxPieces) parts = [mesh];
  let pieces = parts.flatMap((part) => piece(solidOf(part), maxVertices) ?? []);
  if (pieces.length === 0) return { pieces: [], notes: ['is flat'] };
  pieces = withoutInner(pieces);
  if (pieces.length > maxPieces) pieces = [piece(solidOf(mesh), maxVertices) ?? pieces[0]];

  const negligible = waste * pieces.reduce((sum, { hull }) => sum + hull.volume, 0);
  while (pieces.length < maxPieces) {
    const worst = pieces
      .filter(({ solid, whole }) => !whole && solid.closed)
      .filter((p) => wasteOf(p) > Math.max(excess * p.solid.volume, negligible))
      .reduce<Piece | undefined>((a, b) => (a && wasteOf(a) >= wasteOf(b) ? a : b), undefined);
    if (!worst) break;
    const halves = cutWell(worst, maxVertices);
    pieces = pieces.flatMap((p) => (p === worst ? (halves ?? [{ ...p, whole: true }]) : [p]));
  }
  if (pieces.some(({ solid }) => !solid.closed)) notes.push('is not closed: its convex hull stands for it');
  const missed = Math.max(...pieces.map(({ hull }) => hull.error));
  const { low, high } = bounds(mesh.vertices);
  if (missed > 0.01 * Math.max(...high.map((value, k) => value - low[k])))
    notes.push(`its hull is up to ${(1000 * missed).toFixed(1)} mm too small, with ${maxVertices} vertices`);
  return { pieces: pieces.map(({ hull }) => hull), notes };
}

/** Triangles that bound a solid; `caps` close what cuts opened and do not belong to its surface. */
interface Solid {
  readonly surface: Float64Array;
  readonly caps: Float64Array;
  readonly closed: boolean;
  readonly volume: number;
}

interface Piece {
  readonly solid: Solid;
  readonly hull: Hull;
  /** It cannot be cut. */
  readonly whole?: boolean;
}

const wasteOf = ({ solid, hull }: Piece) => hull.volume - solid.volume;

function piece(solid: Solid, maxVertices: number): Piece | undefined {
  const hull = convexHull(solid.surface, maxVertices);
  return hull && { solid, hull };
}

function solidOf({ vertices, triangles }: MeshData): Solid {
  const surface = new Float64Array(3 * triangles.length);
  for (const [i, v] of triangles.entries())
    for (let k = 0; k < 3; k++) surface[3 * i + k] = vertices[3 * v + k];
  return {
    surface,
    caps: new Float64Array(0),
    closed: isClosed(triangles, vertices.length / 3),
    volume: Math.abs(meshVolume(vertices, triangles)),
  };
}

/** Whether each edge is walked as often one way as the other. */
export function isClosed(triangles: Uint32Array, count: number): boolean {
  const balance = new Map<number, number>();
  for (let t = 0; t < triangles.length; t += 3)
    for (let k = 0; k < 3; k++) {
      const a = triangles[t + k];
      const b = triangles[t + ((k + 1) % 3)];
      const key = a < b ? a * count + b : b * count + a;
      const sum = (balance.get(key) ?? 0) + (a < b ? 1 : -1);
      if (sum === 0) balance.delete(key);
      else balance.set(key, sum);
    }
  return balance.size === 0;
}

/** Parts that share no vertex, the one with the most triangles first. */
function connectedParts({ vertices, triangles }: MeshData): MeshData[] {
  const parent = new Int32Array(vertices.length / 3).map((_, v) => v);
  const find = (v: number) => {
    while (parent[v] !== v) {
      parent[v] = parent[parent[v]];
      v = parent[v];
    }
    return v;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    parent[find(triangles[t + 1])] = find(triangles[t]);
    parent[find(triangles[t + 2])] = find(triangles[t]);
  }
  const parts = new Map<number, number[]>();
  for (let t = 0; t < triangles.length; t += 3) {
    const root = find(triangles[t]);
    const part = parts.get(root);
    if (part) part.push(t);
    else parts.set(root, [t]);
  }
  if (parts.size === 1) return [{ vertices, triangles }];
  return [...parts.values()]
    .sort((a, b) => b.length - a.length || a[0] - b[0])
    .map((part) => ({
      vertices,
      triangles: Uint32Array.from(part.flatMap((t) => [triangles[t], triangles[t + 1], triangles[t + 2]])),
    }));
}

/** Leaves out pieces that lie within another's hull: screws, cavities, what is inside a housing. */
function withoutInner(pieces: readonly Piece[]): Piece[] {
  const bySize = [...pieces].sort((a, b) => b.hull.volume - a.hull.volume);
  return bySize.filter((piece, i) => !bySize.slice(0, i).some(({ hull }) => contains(hull, piece.hull)));
}

function contains({ vertices, triangles, error }: Hull, inner: Hull): boolean {
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => vertices.subarray(3 * triangles[t + k], 3 * triangles[t + k] + 3));
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    const slack = (error + 1e-6) * Math.hypot(n[0], n[1], n[2]);
    for (let p = 0; p < inner.vertices.length; p += 3) {
      const w = inner.vertices;
      if (n[0] * (w[p] - a[0]) + n[1] * (w[p + 1] - a[1]) + n[2] * (w[p + 2] - a[2]) > slack) return false;
    }
  }
  return true;
}

/**
 * The halves of a piece by the plane that leaves the least hull, or by the middle of its longest side when none gains 2 %,
 * as with a ring: the next cut will. Undefined when that leaves no halves.
 */
function cutWell(whole: Piece, maxVertices: number): Piece[] | undefined {
  const coarse = coarsen(whole.solid.surface, coarseCells);
  const { low, high } = bounds(whole.solid.surface);
  const sides = high.map((value, k) => value - low[k]);
  const longest = sides.indexOf(Math.max(...sides));
  let best = { axis: longest, at: (low[longest] + high[longest]) / 2 };
  let least = 0.98 * hullVolume(coarse.vertices, maxVertices);
  for (let axis = 0; axis < 3; axis++)
    for (let i = 1; i <= 9; i++) {
      const at = low[axis] + (sides[axis] * i) / 10;
      let sum = 0;
      for (const side of [-1, 1]) sum += hullVolume(cornersOf(coarse, axis, at, side), maxVertices);
      if (sum < least) {
        least = sum;
        best = { axis, at };
      }
    }
  const halves = [-1, 1].flatMap(
    (side) => piece(cut(whole.solid, best.axis, best.at, side), maxVertices) ?? [],
  );
  return halves.length === 2 ? halves : undefined;
}

/** Infinite for what has no hull: such a cut is not wanted. */
function hullVolume(points: ArrayLike<number>, maxVertices: number): number {
  return convexHull(points, maxVertices)?.volume ?? Number.POSITIVE_INFINITY;
}

/** Points whose hull is that of the mesh on one side of a plane: its vertices there and where its edges meet the plane. */
function cornersOf({ vertices, triangles }: MeshData, axis: number, at: number, side: number): number[] {
  const points: number[] = [];
  const push = (v: number) => points.push(vertices[v], vertices[v + 1], vertices[v + 2]);
  for (let v = 0; v < vertices.length; v += 3) if (side * (vertices[v + axis] - at) > 0) push(v);
  for (let t = 0; t < triangles.length; t++) {
    const a = 3 * triangles[t];
    const b = 3 * triangles[t % 3 === 2 ? t - 2 : t + 1];
    const [h, g] = [side * (vertices[a + axis] - at), side * (vertices[b + axis] - at)];
    // An edge is walked both ways; once is enough.
    if (h > 0 || g <= 0) continue;
    if (h === 0) {
      push(a);
      continue;
    }
    const share = h / (h - g);
    for (let k = 0; k < 3; k++)
      points.push(k === axis ? at : vertices[a + k] + share * (vertices[b + k] - vertices[a + k]));
  }
  return points;
}

/**
 * The part of a solid on one side of the plane `axis` = `at`. The cut is closed by a fan about a point of the plane: its
 * signed areas add up to the section's, which is all that the volume needs.
 */
function cut(solid: Solid, axis: number, at: number, side: number): Solid {
  const caps: number[] = [];
  const clip = (triangles: Float64Array, out: number[]) => {
    for (let t = 0; t < triangles.length; t += 9) clipTriangle(triangles, t, axis, at, side, out, caps);
  };
  const surface: number[] = [];
  const oldCaps: number[] = [];
  clip(solid.surface, surface);
  clip(solid.caps, oldCaps);
  const surfaceOut = Float64Array.from(surface);
  const capsOut = Float64Array.from([...fan(caps), ...oldCaps]);
  return {
    surface: surfaceOut,
    caps: capsOut,
    closed: solid.closed,
    volume: Math.abs(soupVolume(surfaceOut, capsOut)),
  };
}

/** Triangles from the first point of the first segment to every other: [S × 6] in, [S × 9] out. */
function fan(segments: readonly number[]): number[] {
  const out: number[] = [];
  for (let s = 0; s < segments.length; s += 6) {
    out.push(segments[0], segments[1], segments[2]);
    for (let k = 3; k < 6; k++) out.push(segments[s + k]);
    for (let k = 0; k < 3; k++) out.push(segments[s + k]);
  }
  return out;
}

/** Keeps what lies on `side`; the edge that the plane makes goes to `edges` in the triangle's own sense. */
function clipTriangle(
  soup: Float64Array,
  t: number,
  axis: number,
  at: number,
  side: number,
  out: number[],
  edges: number[],
): void {
  const heights = [0, 1, 2].map((k) => side * (soup[t + 3 * k + axis] - at));
  // What lies in the plane is closed by the cap of the side that it bounds.
  if (heights.every((h) => h <= 0)) return;
  if (heights.every((h) => h >= 0)) {
    for (let k = 0; k < 9; k++) out.push(soup[t + k]);
    // An edge in the plane bounds the section, unless the triangle beyond it is kept too: then the two cancel.
    for (let k = 0; k < 3; k++) {
      const next = (k + 1) % 3;
      if (heights[k] !== 0 || heights[next] !== 0) continue;
      for (const corner of [k, next]) for (let i = 0; i < 3; i++) edges.push(soup[t + 3 * corner + i]);
    }
    return;
  }
  const polygon: number[] = [];
  const onPlane: number[] = [];
  for (let k = 0; k < 3; k++) {
    const next = (k + 1) % 3;
    const [h, g] = [heights[k], heights[next]];
    const leaves = h >= 0 && g < 0;
    if (h >= 0) for (let i = 0; i < 3; i++) polygon.push(soup[t + 3 * k + i]);
    if (leaves || (h < 0 && g >= 0)) {
      // From the kept end, so that the two triangles at an edge find the same point.
      const [from, to, a, b] = leaves ? [k, next, h, g] : [next, k, g, h];
      const share = a / (a - b);
      const point = [0, 1, 2].map((i) => {
        const start = soup[t + 3 * from + i];
        return i === axis ? at : start + share * (soup[t + 3 * to + i] - start);
      });
      polygon.push(...point);
      // The polygon walks from where it leaves to where it comes back.
      if (leaves) onPlane.unshift(...point);
      else onPlane.push(...point);
    }
  }
  for (let k = 6; k + 2 < polygon.length; k += 3) {
    for (let i = 0; i < 3; i++) out.push(polygon[i]);
    for (let i = 0; i < 6; i++) out.push(polygon[k - 3 + i]);
  }
  if (onPlane.length === 6) edges.push(...onPlane);
}

/** Merges vertices into the first of their cell: still closed, far fewer triangles. */
function coarsen(surface: Float64Array, cells: number): MeshData {
  const { low, high } = bounds(surface);
  const cell = Math.max(...high.map((value, k) => value - low[k])) / cells;
  const chosen = new Map<number, number>();
  const out = new Float64Array(surface.length);
  for (let i = 0; i < surface.length; i += 3) {
    let place = 0;
    for (let k = 0; k < 3; k++) place = place * 256 + Math.floor((surface[i + k] - low[k]) / cell);
    const first = chosen.get(place) ?? i;
    chosen.set(place, first);
    out.set(surface.subarray(first, first + 3), i);
  }
  return weld(out);
}

function bounds(soup: Float64Array): { low: number[]; high: number[] } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < soup.length; i++) {
    low[i % 3] = Math.min(low[i % 3], soup[i]);
    high[i % 3] = Math.max(high[i % 3], soup[i]);
  }
  return { low, high };
}

function soupVolume(...soups: readonly Float64Array[]): number {
  const origin = soups.find(({ length }) => length > 0);
  if (!origin) return 0;
  let six = 0;
  for (const s of soups)
    for (let t = 0; t < s.length; t += 9) {
      const [ax, ay, az] = [s[t] - origin[0], s[t + 1] - origin[1], s[t + 2] - origin[2]];
      const [bx, by, bz] = [s[t + 3] - origin[0], s[t + 4] - origin[1], s[t + 5] - origin[2]];
      const [cx, cy, cz] = [s[t + 6] - origin[0], s[t + 7] - origin[1], s[t + 8] - origin[2]];
      six += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
    }
  return six / 6;
}
