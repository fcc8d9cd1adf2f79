/** A convex polyhedron: vertices [V × 3], m; triangles [F × 3], counter-clockwise seen from outside. */
export interface Hull {
  readonly vertices: Float64Array;
  readonly triangles: Uint32Array;
  /** m³ */
  readonly volume: number;
  /** How far the farthest point stays outside, m; above 0 only when `maxVertices` were too few. */
  readonly error: number;
}

interface Face {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Unit normal and offset of the plane; a point p is outside when n · p > d. */
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
  readonly d: number;
  /** Points outside this face, and the farthest of them. */
  outside: number[];
  farthest: number;
  distance: number;
  alive: boolean;
}

/**
 * Convex hull of points [N × 3] by Quickhull (Barber, Dobkin, Huhdanpaa 1996), the point farthest from the hull so far
 * first: cut off at `maxVertices` it is a hull from within that misses little. Undefined when the points lie in a plane, on
 * a line or in one place. The same points give the same bits.
 */
export function convexHull(points: ArrayLike<number>, maxVertices = 64): Hull | undefined {
  const count = Math.floor(points.length / 3);
  const first = count >= 4 ? tetrahedron(points, count) : undefined;
  if (!first) return undefined;
  const { corners, tolerance } = first;
  const faces: Face[] = [];
  /** Key a · count + b of each directed edge to the face it belongs to. */
  const edges = new Map<number, Face>();
  const key = (a: number, b: number) => a * count + b;

  const height = (face: Face, p: number) =>
    face.nx * points[3 * p] + face.ny * points[3 * p + 1] + face.nz * points[3 * p + 2] - face.d;
  const addFace = (a: number, b: number, c: number) => {
    const face = makeFace(points, a, b, c);
    faces.push(face);
    edges.set(key(a, b), face).set(key(b, c), face).set(key(c, a), face);
    return face;
  };
  const assign = (p: number, candidates: readonly Face[]) => {
    let best: Face | undefined;
    let bestHeight = tolerance;
    for (const face of candidates) {
      const h = height(face, p);
      if (h > bestHeight) {
        best = face;
        bestHeight = h;
      }
    }
    if (!best) return;
    best.outside.push(p);
    if (bestHeight > best.distance) {
      best.distance = bestHeight;
      best.farthest = p;
    }
  };

  const [a, b, c, d] = corners;
  const start = [addFace(a, b, c), addFace(a, d, b), addFace(b, d, c), addFace(c, d, a)];
  for (let p = 0; p < count; p++) assign(p, start);

  let vertices = 4;
  let error = 0;
  for (;;) {
    let next: Face | undefined;
    for (const face of faces) if (face.alive && face.distance > (next?.distance ?? 0)) next = face;
    if (!next) break;
    if (vertices >= maxVertices) {
      error = next.distance;
      break;
    }
    const eye = next.farthest;
    // Every face that the new point sees goes; the rim of what it sees is joined to it.
    const seen = [next];
    next.alive = false;
    const rim: [number, number][] = [];
    for (let i = 0; i < seen.length; i++) {
      const { a, b, c } = seen[i];
      for (const [u, v] of [
        [a, b],
        [b, c],
        [c, a],
      ]) {
        const other = edges.get(key(v, u));
        if (!other) return undefined;
        if (!other.alive) continue;
        if (height(other, eye) > tolerance * 1e-3) {
          other.alive = false;
          seen.push(other);
        } else rim.push([u, v]);
      }
    }
    const made: Face[] = [];
    for (const [u, v] of rim.filter(([u, v]) => edges.get(key(v, u))?.alive)) made.push(addFace(u, v, eye));
    for (const face of seen) for (const p of face.outside) if (p !== eye) assign(p, made);
    for (const face of seen) face.outside = [];
    vertices++;
  }
  return compact(
    points,
    faces.filter(({ alive }) => alive),
    error,
  );
}

/** Four points far apart, wound so that each face of addFace's order looks outwards. */
function tetrahedron(
  points: ArrayLike<number>,
  count: number,
): { corners: [number, number, number, number]; tolerance: number } | undefined {
  let size = 0;
  let low = 0;
  let high = 0;
  for (let k = 0; k < 3; k++) {
    let min = 0;
    let max = 0;
    for (let p = 1; p < count; p++) {
      if (points[3 * p + k] < points[3 * min + k]) min = p;
      if (points[3 * p + k] > points[3 * max + k]) max = p;
    }
    const extent = points[3 * max + k] - points[3 * min + k];
    if (extent > size) {
      size = extent;
      low = min;
      high = max;
    }
  }
  // Files carry float32: what is nearer than this is in the plane.
  const tolerance = 1e-6 * size;
  if (!(size > 0) || !Number.isFinite(size)) return undefined;
  const at = (p: number) => [points[3 * p], points[3 * p + 1], points[3 * p + 2]];
  const [ox, oy, oz] = at(low);
  const farthest = (measure: (x: number, y: number, z: number) => number) => {
    let best = low;
    let most = -1;
    for (let p = 0; p < count; p++) {
      const m = measure(points[3 * p] - ox, points[3 * p + 1] - oy, points[3 * p + 2] - oz);
      if (m > most) {
        most = m;
        best = p;
      }
    }
    return { p: best, most };
  };
  const [ex, ey, ez] = at(high).map((value, k) => value - at(low)[k]);
  const length = Math.hypot(ex, ey, ez);
  const third = farthest((x, y, z) => Math.hypot(ey * z - ez * y, ez * x - ex * z, ex * y - ey * x) / length);
  if (third.most <= tolerance) return undefined;
  const [fx, fy, fz] = at(third.p).map((value, k) => value - at(low)[k]);
  const [nx, ny, nz] = [ey * fz - ez * fy, ez * fx - ex * fz, ex * fy - ey * fx];
  const area = Math.hypot(nx, ny, nz);
  const fourth = farthest((x, y, z) => Math.abs(nx * x + ny * y + nz * z) / area);
  if (fourth.most <= tolerance) return undefined;
  const [gx, gy, gz] = at(fourth.p).map((value, k) => value - at(low)[k]);
  const above = nx * gx + ny * gy + nz * gz > 0;
  return { corners: [low, above ? third.p : high, above ? high : third.p, fourth.p], tolerance };
}

function makeFace(points: ArrayLike<number>, a: number, b: number, c: number): Face {
  const ux = points[3 * b] - points[3 * a];
  const uy = points[3 * b + 1] - points[3 * a + 1];
  const uz = points[3 * b + 2] - points[3 * a + 2];
  const vx = points[3 * c] - points[3 * a];
  const vy = points[3 * c + 1] - points[3 * a + 1];
  const vz = points[3 * c + 2] - points[3 * a + 2];
  let nx = uy * vz - uz * vy;
  let ny = uz * vx - ux * vz;
  let nz = ux * vy - uy * vx;
  const length = Math.hypot(nx, ny, nz) || 1;
  nx /= length;
  ny /= length;
  nz /= length;
  const d = nx * points[3 * a] + ny * points[3 * a + 1] + nz * points[3 * a + 2];
  return { a, b, c, nx, ny, nz, d, outside: [], farthest: -1, distance: 0, alive: true };
}

/** Undefined when the faces do not close, which rounding can do to needles. */
function compact(points: ArrayLike<number>, faces: readonly Face[], error: number): Hull | undefined {
  const index = new Map<number, number>();
  const triangles = new Uint32Array(3 * faces.length);
  for (const [f, { a, b, c }] of faces.entries())
    for (const [k, p] of [a, b, c].entries()) {
      let v = index.get(p);
      if (v === undefined) {
        v = index.size;
        index.set(p, v);
      }
      triangles[3 * f + k] = v;
    }
  const vertices = new Float64Array(3 * index.size);
  for (const [p, v] of index) for (let k = 0; k < 3; k++) vertices[3 * v + k] = points[3 * p + k];
  if (index.size - 1.5 * faces.length + faces.length !== 2) return undefined;
  const volume = meshVolume(vertices, triangles);
  return volume > 0 ? { vertices, triangles, volume, error } : undefined;
}

/** Signed volume inside triangles over vertices [V × 3], m³. */
export function meshVolume(vertices: ArrayLike<number>, triangles: ArrayLike<number>): number {
  if (triangles.length === 0) return 0;
  const o = 3 * triangles[0];
  const [ox, oy, oz] = [vertices[o], vertices[o + 1], vertices[o + 2]];
  let six = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const ax = vertices[i] - ox;
    const ay = vertices[i + 1] - oy;
    const az = vertices[i + 2] - oz;
    const bx = vertices[j] - ox;
    const by = vertices[j + 1] - oy;
    const bz = vertices[j + 2] - oz;
    const cx = vertices[k] - ox;
    const cy = vertices[k + 1] - oy;
    const cz = vertices[k + 2] - oz;
    six += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  }
  return six / 6;
}
