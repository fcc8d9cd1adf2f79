import { Separation } from './separation.ts';
import { Feature, type Solid } from './solid.ts';

/** A direction this near to a face's normal (cosine) means the face itself touches. */
const flush = 1 - 1e-5;
/** Sine of the angle up to which two segments lie along each other. */
const parallel = 0.01;
const most = 64;

/** Where two solids touch or soon will: a direction and up to four points. Reused from call to call. */
export class Manifold {
  /** 0 … 4. */
  count = 0;
  /** From the first to the second, unit length, world frame. */
  readonly normal = new Float64Array(3);
  /** Midway between the surfaces [count × 3]. */
  readonly point = new Float64Array(3 * most);
  /** Distance of the surfaces along the normal, m; negative where they overlap [count]. */
  readonly gap = new Float64Array(most);
  /** Stays with a point while the same parts touch [count]. */
  readonly id = new Int32Array(most);

  readonly #separation = new Separation();
  #a = new Feature();
  #b = new Feature();
  #clipped = new Feature();
  #spare = new Feature();

  /** Solid over the half-space below z = `height`; the first of the two is the half-space. */
  onGround(height: number, solid: Solid, margin: number): void {
    this.count = 0;
    if (solid.origin[2] - solid.reach > height + margin) return;
    this.normal[0] = this.normal[1] = 0;
    this.normal[2] = 1;
    const corners = this.#a;
    solid.corners(0, 0, -1, corners);
    for (let i = 0; i < corners.count; i++) {
      const gap = corners.points[3 * i + 2] - solid.radius - height;
      if (gap <= margin)
        this.#push(corners.points[3 * i], corners.points[3 * i + 1], height + 0.5 * gap, gap, corners.ids[i]);
    }
    this.#thin();
  }

  /** Points with a gap of at most `margin`. */
  between(A: Solid, B: Solid, margin: number): void {
    this.count = 0;
    const separation = this.#separation;
    if (!separation.measure(A, B, margin)) return;
    this.normal.set(separation.normal);
    const [x, y, z] = separation.normal;
    A.feature(x, y, z, this.#a);
    B.feature(-x, -y, -z, this.#b);
    if (Math.max(this.#a.flatness, this.#b.flatness) > flush) this.#onFace(A, B, margin);
    else if (this.#a.count === 2 && this.#b.count === 2) this.#alongSegment(A, B, margin);
    if (this.count === 0)
      this.#push(separation.point[0], separation.point[1], separation.point[2], separation.gap, most * most);
    this.#thin();
  }

  /** One has a face across the normal: what of the other's feature lies over that face. */
  #onFace(A: Solid, B: Solid, margin: number): void {
    const first = this.#a.flatness >= this.#b.flatness;
    const face = first ? this.#a : this.#b;
    const other = first ? this.#b : this.#a;
    const sign = first ? 1 : -1;
    for (let k = 0; k < 3; k++) this.normal[k] = sign * face.normal[k];
    const clipped = this.#clip(face, other);
    const radii = A.radius + B.radius;
    const beyond = first ? B.radius : A.radius;
    const n = face.normal;
    for (let i = 0; i < clipped.count; i++) {
      const x = clipped.points[3 * i];
      const y = clipped.points[3 * i + 1];
      const z = clipped.points[3 * i + 2];
      const height = n[0] * (x - face.points[0]) + n[1] * (y - face.points[1]) + n[2] * (z - face.points[2]);
      const gap = height - radii;
      if (gap > margin) continue;
      const back = beyond + 0.5 * gap;
      const id = clipped.ids[i] + (first ? 0 : 2 * most * most);
      this.#push(x - n[0] * back, y - n[1] * back, z - n[2] * back, gap, id);
    }
  }

  /** The part of `other` over the face; the result is one of two buffers. */
  #clip(face: Feature, other: Feature): Feature {
    let from = other;
    let to = this.#clipped;
    const n = face.normal;
    for (let e = 0; e < face.count && from.count > 0; e++) {
      const p = 3 * e;
      const q = 3 * ((e + 1) % face.count);
      const ex = face.points[q] - face.points[p];
      const ey = face.points[q + 1] - face.points[p + 1];
      const ez = face.points[q + 2] - face.points[p + 2];
      // Outward across the edge: the corners run counter-clockwise about the normal.
      const ox = ey * n[2] - ez * n[1];
      const oy = ez * n[0] - ex * n[2];
      const oz = ex * n[1] - ey * n[0];
      to.count = 0;
      const loop = from.count > 2 ? from.count : from.count - 1;
      let before = outside(from, 0, face, p, ox, oy, oz);
      if (before <= 0) copy(from, 0, to);
      for (let i = 0; i < loop; i++) {
        const j = (i + 1) % from.count;
        const after = outside(from, j, face, p, ox, oy, oz);
        if (before < 0 !== after < 0 && before !== 0 && after !== 0)
          cut(from, i, j, before / (before - after), e, to);
        if (after <= 0 && j !== 0) copy(from, j, to);
        before = after;
      }
      from = to;
      to = to === this.#clipped ? this.#spare : this.#clipped;
    }
    return from;
  }

  /** Two segments that lie along each other touch at both ends of what they share. */
  #alongSegment(A: Solid, B: Solid, margin: number): void {
    const p = this.#a.points;
    const q = this.#b.points;
    const ax = p[3] - p[0];
    const ay = p[4] - p[1];
    const az = p[5] - p[2];
    const bx = q[3] - q[0];
    const by = q[4] - q[1];
    const bz = q[5] - q[2];
    const a2 = ax * ax + ay * ay + az * az;
    const b2 = bx * bx + by * by + bz * bz;
    const across = (ay * bz - az * by) ** 2 + (az * bx - ax * bz) ** 2 + (ax * by - ay * bx) ** 2;
    if (across > parallel * parallel * a2 * b2) return;
    const start = (ax * (q[0] - p[0]) + ay * (q[1] - p[1]) + az * (q[2] - p[2])) / a2;
    const end = (ax * (q[3] - p[0]) + ay * (q[4] - p[1]) + az * (q[5] - p[2])) / a2;
    const low = Math.max(0, Math.min(start, end));
    const high = Math.min(1, Math.max(start, end));
    if (!(high > low)) return;
    const [nx, ny, nz] = this.normal;
    for (let side = 0; side < 2; side++) {
      const t = side === 0 ? low : high;
      const s = (t - start) / (end - start);
      const x = p[0] + t * ax;
      const y = p[1] + t * ay;
      const z = p[2] + t * az;
      const apart = nx * (q[0] + s * bx - x) + ny * (q[1] + s * by - y) + nz * (q[2] + s * bz - z);
      const gap = apart - A.radius - B.radius;
      if (gap > margin) continue;
      const along = A.radius + 0.5 * gap;
      this.#push(x + nx * along, y + ny * along, z + nz * along, gap, most * most + 1 + side);
    }
  }

  #push(x: number, y: number, z: number, gap: number, id: number): void {
    if (this.count >= most) return;
    const i = this.count++;
    this.point[3 * i] = x;
    this.point[3 * i + 1] = y;
    this.point[3 * i + 2] = z;
    this.gap[i] = gap;
    this.id[i] = id;
  }

  /** Keeps four points: the deepest, the farthest from it, and those that span the most area to either side. */
  #thin(): void {
    if (this.count <= 4) return;
    let best = 0;
    // Within a micrometre the first is as deep as any: rounding shall not choose.
    for (let i = 1; i < this.count; i++) if (this.gap[i] < this.gap[best] - 1e-6) best = i;
    this.#swap(0, best);
    best = 1;
    for (let i = 2; i < this.count; i++) if (this.#squared(0, i) > this.#squared(0, best) + 1e-12) best = i;
    this.#swap(1, best);
    let high = 2;
    let low = 2;
    for (let i = 3; i < this.count; i++) {
      if (this.#area(i) > this.#area(high) + 1e-12) high = i;
      if (this.#area(i) < this.#area(low) - 1e-12) low = i;
    }
    this.#swap(2, high);
    if (low === 2) low = high;
    if (low === 2) {
      this.count = 3;
      return;
    }
    this.#swap(3, low);
    this.count = 4;
  }

  #squared(i: number, j: number): number {
    let sum = 0;
    for (let k = 0; k < 3; k++) sum += (this.point[3 * i + k] - this.point[3 * j + k]) ** 2;
    return sum;
  }

  /** Twice the area of points 0, 1 and i, seen against the normal. */
  #area(i: number): number {
    const p = this.point;
    const [ux, uy, uz] = [p[3] - p[0], p[4] - p[1], p[5] - p[2]];
    const [vx, vy, vz] = [p[3 * i] - p[0], p[3 * i + 1] - p[1], p[3 * i + 2] - p[2]];
    const n = this.normal;
    return n[0] * (uy * vz - uz * vy) + n[1] * (uz * vx - ux * vz) + n[2] * (ux * vy - uy * vx);
  }

  #swap(i: number, j: number): void {
    if (i === j) return;
    for (let k = 0; k < 3; k++) {
      const kept = this.point[3 * i + k];
      this.point[3 * i + k] = this.point[3 * j + k];
      this.point[3 * j + k] = kept;
    }
    const gap = this.gap[i];
    this.gap[i] = this.gap[j];
    this.gap[j] = gap;
    const id = this.id[i];
    this.id[i] = this.id[j];
    this.id[j] = id;
  }
}

function outside(
  from: Feature,
  i: number,
  face: Feature,
  p: number,
  ox: number,
  oy: number,
  oz: number,
): number {
  return (
    ox * (from.points[3 * i] - face.points[p]) +
    oy * (from.points[3 * i + 1] - face.points[p + 1]) +
    oz * (from.points[3 * i + 2] - face.points[p + 2])
  );
}

function copy(from: Feature, i: number, to: Feature): void {
  if (to.count >= most) return;
  for (let k = 0; k < 3; k++) to.points[3 * to.count + k] = from.points[3 * i + k];
  to.ids[to.count++] = from.ids[i];
}

/** The point at share t from i to j, where edge e cuts. */
function cut(from: Feature, i: number, j: number, t: number, e: number, to: Feature): void {
  if (to.count >= most) return;
  for (let k = 0; k < 3; k++)
    to.points[3 * to.count + k] =
      from.points[3 * i + k] + t * (from.points[3 * j + k] - from.points[3 * i + k]);
  to.ids[to.count++] = most + ((from.ids[i] + 7 * from.ids[j]) % most) * 8 + (e % 8);
}
