import type { Solid } from './solid.ts';

/** Cores nearer than this, m, are taken to overlap. */
const touching = 1e-9;
/** The gap is exact to this share, or the depth to this many metres. */
const relative = 1e-10;
const depthTolerance = 1e-8;
const gjkSteps = 100;
const vertices = 96;
const faces = 256;

/**
 * How two convex solids stand to each other: the gap between their surfaces, the direction of it and a point midway. By
 * the distance of their cores (Gilbert, Johnson and Keerthi 1988) where these are apart, else by expanding a polytope
 * inside their Minkowski difference to its surface (van den Bergen 2001). In float64, from nothing but the poses: the
 * same poses give the same bits.
 */
export class Separation {
  /** From the first solid to the second, unit length, world frame. */
  readonly normal = new Float64Array(3);
  /** Midway between the surfaces. */
  readonly point = new Float64Array(3);
  /** m; negative: how deep they overlap. */
  gap = Infinity;

  /** Points of the difference A − B and of A that they came from [vertices × 3]. */
  readonly #w = new Float64Array(3 * vertices);
  readonly #a = new Float64Array(3 * vertices);
  readonly #support = new Float64Array(6);
  /** The simplex: `#size` of the first points, with barycentric weights of the point nearest to the origin. */
  #size = 0;
  readonly #weight = new Float64Array(4);
  /** Nearest point of the difference to the origin. */
  readonly #v = new Float64Array(3);
  /** The same of the steps before, while they got nearer. */
  readonly #nearest = new Float64Array(3);
  readonly #triangle = new Float64Array(3);
  readonly #trial = new Float64Array(3);
  readonly #trialWeight = new Float64Array(3);

  /** Corners of each face; its outward normal and distance from the origin. */
  #faces = 0;
  readonly #corner = new Int32Array(3 * faces);
  readonly #plane = new Float64Array(4 * faces);
  readonly #horizon = new Int32Array(2 * 3 * faces);

  /** False, and nothing known but that, when the gap is above `margin`. */
  measure(A: Solid, B: Solid, margin: number): boolean {
    const radii = A.radius + B.radius;
    const apart = this.#separate(A, B, margin + radii);
    this.gap = apart;
    if (apart === Infinity) return false;
    if (apart > touching) this.gap = apart - radii;
    else this.gap = -this.#penetrate(A, B) - radii;
    if (this.gap > margin) return false;
    // Midway from the surface of A: its point is on the core.
    const along = A.radius + 0.5 * this.gap;
    for (let k = 0; k < 3; k++) this.point[k] += this.normal[k] * along;
    return true;
  }

  /** Adds the difference's farthest point along (x, y, z) as point `i`. */
  #add(A: Solid, B: Solid, x: number, y: number, z: number, i: number): void {
    const s = this.#support;
    A.support(x, y, z, s, 0);
    B.support(-x, -y, -z, s, 3);
    for (let k = 0; k < 3; k++) {
      this.#a[3 * i + k] = s[k];
      this.#w[3 * i + k] = s[k] - s[3 + k];
    }
  }

  /** Distance of the cores, with `normal` and the point on A's in `point`; Infinity: above `margin`; 0: they overlap. */
  #separate(A: Solid, B: Solid, margin: number): number {
    const v = this.#v;
    const w = this.#w;
    for (let k = 0; k < 3; k++) v[k] = A.origin[k] - B.origin[k];
    if (v[0] === 0 && v[1] === 0 && v[2] === 0) v[0] = 1;
    this.#size = 0;
    let squared = Infinity;
    for (let step = 0; step < gjkSteps; step++) {
      const n = this.#size;
      this.#add(A, B, -v[0], -v[1], -v[2], n);
      const along = v[0] * w[3 * n] + v[1] * w[3 * n + 1] + v[2] * w[3 * n + 2];
      const length2 = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
      if (along > 0 && along * along > margin * margin * length2) return Infinity;
      if (n > 0 && squared - along <= relative * squared) break;
      this.#size = n + 1;
      if (this.#reduce()) return 0;
      let nearer = this.#keep(squared);
      if (nearer >= squared) {
        // Rounding spoilt a sliver of a simplex: go on from the nearest point itself towards the new one.
        this.#collapse();
        this.#reduce();
        nearer = this.#keep(squared);
        if (nearer >= squared) break;
      }
      if (nearer <= touching * touching) return 0;
      squared = nearer;
    }
    return Math.sqrt(squared);
  }

  /** Notes normal and point for `#v` where it is nearer than `squared`; returns the square of its distance. */
  #keep(squared: number): number {
    const v = this.#v;
    const nearer = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    if (nearer >= squared) return nearer;
    const distance = Math.sqrt(nearer);
    this.point.fill(0);
    for (let k = 0; k < 3; k++) {
      this.normal[k] = -v[k] / distance;
      this.#nearest[k] = v[k];
      for (let i = 0; i < this.#size; i++) this.point[k] += this.#weight[i] * this.#a[3 * i + k];
    }
    return nearer;
  }

  /** The simplex becomes the nearest point so far and the newest. */
  #collapse(): void {
    for (let k = 0; k < 3; k++) {
      this.#w[k] = this.#nearest[k];
      this.#a[k] = this.point[k];
      this.#a[3 + k] = this.#support[k];
      this.#w[3 + k] = this.#support[k] - this.#support[3 + k];
    }
    this.#size = 2;
  }

  /** Nearest point of the simplex to the origin into `#v`; drops what does not bear it. True: the origin is inside. */
  #reduce(): boolean {
    const weight = this.#weight;
    if (this.#size === 1) {
      weight[0] = 1;
      for (let k = 0; k < 3; k++) this.#v[k] = this.#w[k];
      return false;
    }
    if (this.#size === 2) {
      this.#nearestOnSegment(0, 1);
      weight.set(this.#trialWeight);
      this.#v.set(this.#trial);
      this.#compact();
      return false;
    }
    if (this.#size === 3) {
      this.#nearestOnTriangle(0, 1, 2);
      weight.set(this.#trialWeight);
      this.#v.set(this.#trial);
      this.#compact();
      return false;
    }
    return this.#nearestInTetrahedron();
  }

  #compact(): void {
    let kept = 0;
    for (let i = 0; i < this.#size; i++) {
      if (this.#weight[i] === 0) continue;
      if (kept !== i) this.#move(i, kept);
      this.#weight[kept++] = this.#weight[i];
    }
    this.#size = kept;
  }

  #move(from: number, to: number): void {
    for (let k = 0; k < 3; k++) {
      this.#w[3 * to + k] = this.#w[3 * from + k];
      this.#a[3 * to + k] = this.#a[3 * from + k];
    }
  }

  /** Into `#trial`, weights into `#trialWeight` (of i and j, then 0). */
  #nearestOnSegment(i: number, j: number): void {
    const w = this.#w;
    let dot = 0;
    let length2 = 0;
    for (let k = 0; k < 3; k++) {
      const d = w[3 * j + k] - w[3 * i + k];
      dot -= w[3 * i + k] * d;
      length2 += d * d;
    }
    const t = length2 > 0 ? Math.min(1, Math.max(0, dot / length2)) : 0;
    this.#weigh(i, j, i, 1 - t, t, 0);
  }

  #weigh(i: number, j: number, l: number, a: number, b: number, c: number): void {
    const w = this.#w;
    for (let k = 0; k < 3; k++) this.#trial[k] = a * w[3 * i + k] + b * w[3 * j + k] + c * w[3 * l + k];
    this.#trialWeight[0] = a;
    this.#trialWeight[1] = b;
    this.#trialWeight[2] = c;
  }

  /** Ericson, Real-Time Collision Detection (2005), 5.1.5. */
  #nearestOnTriangle(i: number, j: number, l: number): void {
    const w = this.#w;
    let d1 = 0;
    let d2 = 0;
    let d3 = 0;
    let d4 = 0;
    let d5 = 0;
    let d6 = 0;
    for (let k = 0; k < 3; k++) {
      const a = w[3 * i + k];
      const b = w[3 * j + k];
      const c = w[3 * l + k];
      d1 -= (b - a) * a;
      d2 -= (c - a) * a;
      d3 -= (b - a) * b;
      d4 -= (c - a) * b;
      d5 -= (b - a) * c;
      d6 -= (c - a) * c;
    }
    const va = d3 * d6 - d5 * d4;
    const vb = d5 * d2 - d1 * d6;
    const vc = d1 * d4 - d3 * d2;
    if (d1 <= 0 && d2 <= 0) this.#weigh(i, j, l, 1, 0, 0);
    else if (d3 >= 0 && d4 <= d3) this.#weigh(i, j, l, 0, 1, 0);
    else if (d6 >= 0 && d5 <= d6) this.#weigh(i, j, l, 0, 0, 1);
    else if (vc <= 0 && d1 >= 0 && d3 <= 0) this.#weigh(i, j, l, d3 / (d3 - d1), d1 / (d1 - d3), 0);
    else if (vb <= 0 && d2 >= 0 && d6 <= 0) this.#weigh(i, j, l, d6 / (d6 - d2), 0, d2 / (d2 - d6));
    else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
      const t = (d4 - d3) / (d4 - d3 + (d5 - d6));
      this.#weigh(i, j, l, 0, 1 - t, t);
    } else {
      const sum = va + vb + vc;
      this.#weigh(i, j, l, va / sum, vb / sum, vc / sum);
    }
  }

  #nearestInTetrahedron(): boolean {
    let inside = true;
    for (const [i, j, l, other] of tetrahedron) if (this.#beyond(i, j, l, other)) inside = false;
    if (inside) return true;
    // All faces, not only those that the origin is beyond: of a flat tetrahedron rounding tells no sides.
    let best = Infinity;
    let face = 0;
    for (let f = 0; f < 4; f++) {
      const [i, j, l] = tetrahedron[f];
      this.#nearestOnTriangle(i, j, l);
      const t = this.#trial;
      const squared = t[0] * t[0] + t[1] * t[1] + t[2] * t[2];
      if (squared >= best) continue;
      best = squared;
      face = f;
      this.#v.set(t);
      this.#triangle.set(this.#trialWeight);
    }
    const [i, j, l, other] = tetrahedron[face];
    this.#weight[i] = this.#triangle[0];
    this.#weight[j] = this.#triangle[1];
    this.#weight[l] = this.#triangle[2];
    this.#weight[other] = 0;
    this.#compact();
    return false;
  }

  /** Is the origin on the other side of a face than the fourth point, or is the tetrahedron flat? */
  #beyond(i: number, j: number, l: number, other: number): boolean {
    this.#cross(i, j, l);
    const n = this.#trial;
    const w = this.#w;
    let origin = 0;
    let fourth = 0;
    for (let k = 0; k < 3; k++) {
      origin -= n[k] * w[3 * i + k];
      fourth += n[k] * (w[3 * other + k] - w[3 * i + k]);
    }
    return origin * fourth <= 0;
  }

  /** (j − i) × (l − i) into `#trial`. */
  #cross(i: number, j: number, l: number): void {
    const w = this.#w;
    const ux = w[3 * j] - w[3 * i];
    const uy = w[3 * j + 1] - w[3 * i + 1];
    const uz = w[3 * j + 2] - w[3 * i + 2];
    const vx = w[3 * l] - w[3 * i];
    const vy = w[3 * l + 1] - w[3 * i + 1];
    const vz = w[3 * l + 2] - w[3 * i + 2];
    this.#trial[0] = uy * vz - uz * vy;
    this.#trial[1] = uz * vx - ux * vz;
    this.#trial[2] = ux * vy - uy * vx;
  }

  /** Depth of the cores' overlap, with `normal` and the point on A's core in `point`. */
  #penetrate(A: Solid, B: Solid): number {
    let count = this.#inflate(A, B);
    if (count < 4) return this.#flat(A, B, count);
    this.#faces = 0;
    for (const [i, j, l, other] of tetrahedron) this.#addFace(i, j, l, other);
    let nearest = 0;
    for (;;) {
      nearest = 0;
      for (let f = 1; f < this.#faces; f++)
        if (this.#plane[4 * f + 3] < this.#plane[4 * nearest + 3]) nearest = f;
      if (count >= vertices) break;
      const x = this.#plane[4 * nearest];
      const y = this.#plane[4 * nearest + 1];
      const z = this.#plane[4 * nearest + 2];
      this.#add(A, B, x, y, z, count);
      const along = this.#w[3 * count] * x + this.#w[3 * count + 1] * y + this.#w[3 * count + 2] * z;
      if (along - this.#plane[4 * nearest + 3] <= depthTolerance || !this.#grow(count)) break;
      count++;
    }
    const f = nearest;
    // The point of the difference nearest to the origin lies on this face: its weights place the point on A.
    const [i, j, l] = [this.#corner[3 * f], this.#corner[3 * f + 1], this.#corner[3 * f + 2]];
    this.#nearestOnTriangle(i, j, l);
    const [a, b, c] = this.#trialWeight;
    for (let k = 0; k < 3; k++) {
      this.normal[k] = this.#plane[4 * f + k];
      this.point[k] = a * this.#a[3 * i + k] + b * this.#a[3 * j + k] + c * this.#a[3 * l + k];
    }
    return this.#plane[4 * f + 3];
  }

  /** Cores without a volume between them, crossing segments or points: any direction across them is a way out. */
  #flat(A: Solid, B: Solid, count: number): number {
    const n = this.#trial;
    if (count === 3) this.#cross(0, 1, 2);
    else {
      // Across the one segment; it lies along A's axis or B's.
      const [x, y, z] =
        count === 2 ? [this.#w[3] - this.#w[0], this.#w[4] - this.#w[1], this.#w[5] - this.#w[2]] : [1, 0, 0];
      const flat = Math.abs(z) <= Math.abs(x) + Math.abs(y);
      n[0] = flat ? y : 0;
      n[1] = flat ? -x : z;
      n[2] = flat ? 0 : -y;
    }
    const length = Math.hypot(n[0], n[1], n[2]);
    let along = 0;
    for (let k = 0; k < 3; k++) along += n[k] * (B.origin[k] - A.origin[k]);
    for (let k = 0; k < 3; k++) {
      this.normal[k] = (along < 0 ? -n[k] : n[k]) / length;
      this.point[k] = this.#a[k];
    }
    return 0;
  }

  /** Makes the simplex a tetrahedron with some volume. Returns its number of points. */
  #inflate(A: Solid, B: Solid): number {
    let n = this.#size;
    for (let d = 0; n < 4 && d < directions.length; d++) {
      const [x, y, z] = directions[d];
      this.#add(A, B, x, y, z, n);
      if (this.#independent(n)) n++;
    }
    return n;
  }

  /** Is point `n` out of the span of those before it? */
  #independent(n: number): boolean {
    const w = this.#w;
    if (n === 0) return true;
    if (n === 1) return Math.hypot(w[3] - w[0], w[4] - w[1], w[5] - w[2]) > 1e-7;
    this.#cross(0, 1, 2);
    const t = this.#trial;
    const area = Math.hypot(t[0], t[1], t[2]);
    if (n === 2) return area > 1e-12;
    let volume = 0;
    for (let k = 0; k < 3; k++) volume += t[k] * (w[9 + k] - w[k]);
    return Math.abs(volume) > 1e-8 * area;
  }

  /** A face that looks away from point `inside`. */
  #addFace(i: number, j: number, l: number, inside: number): void {
    const f = this.#faces;
    if (f >= faces) return;
    this.#cross(i, j, l);
    const n = this.#trial;
    const w = this.#w;
    const length = Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    if (!(length > 1e-18)) return;
    let fourth = 0;
    if (inside >= 0) for (let k = 0; k < 3; k++) fourth += n[k] * (w[3 * inside + k] - w[3 * i + k]);
    const sign = fourth > 0 ? -1 : 1;
    let distance = 0;
    for (let k = 0; k < 3; k++) {
      this.#plane[4 * f + k] = (sign * n[k]) / length;
      distance += this.#plane[4 * f + k] * w[3 * i + k];
    }
    this.#plane[4 * f + 3] = distance;
    this.#corner[3 * f] = i;
    this.#corner[3 * f + 1] = sign > 0 ? j : l;
    this.#corner[3 * f + 2] = sign > 0 ? l : j;
    this.#faces = f + 1;
  }

  /** Takes point `p` into the polytope; false when that changes nothing. */
  #grow(p: number): boolean {
    const w = this.#w;
    const corner = this.#corner;
    const plane = this.#plane;
    let edges = 0;
    for (let f = 0; f < this.#faces; ) {
      const above =
        plane[4 * f] * w[3 * p] + plane[4 * f + 1] * w[3 * p + 1] + plane[4 * f + 2] * w[3 * p + 2];
      if (above <= plane[4 * f + 3] + 1e-12) {
        f++;
        continue;
      }
      for (let k = 0; k < 3; k++)
        edges = this.#toggle(corner[3 * f + k], corner[3 * f + ((k + 1) % 3)], edges);
      const last = --this.#faces;
      for (let k = 0; k < 3; k++) corner[3 * f + k] = corner[3 * last + k];
      for (let k = 0; k < 4; k++) plane[4 * f + k] = plane[4 * last + k];
    }
    if (edges === 0 || this.#faces + edges > faces) return false;
    for (let e = 0; e < edges; e++) this.#addFace(this.#horizon[2 * e], this.#horizon[2 * e + 1], p, -1);
    return true;
  }

  /** Edges that only one of the removed faces has are the horizon. */
  #toggle(from: number, to: number, edges: number): number {
    const horizon = this.#horizon;
    for (let e = 0; e < edges; e++) {
      if (horizon[2 * e] !== to || horizon[2 * e + 1] !== from) continue;
      horizon[2 * e] = horizon[2 * (edges - 1)];
      horizon[2 * e + 1] = horizon[2 * (edges - 1) + 1];
      return edges - 1;
    }
    horizon[2 * edges] = from;
    horizon[2 * edges + 1] = to;
    return edges + 1;
  }
}

/** Corners of each face, and the corner opposite. */
const tetrahedron = [
  [0, 1, 2, 3],
  [0, 1, 3, 2],
  [0, 2, 3, 1],
  [1, 2, 3, 0],
] as const;

const directions: readonly (readonly [number, number, number])[] = [
  [1, 0, 0],
  [-1, 0, 0],
  [0, 1, 0],
  [0, -1, 0],
  [0, 0, 1],
  [0, 0, -1],
  [1, 1, 1],
  [-1, -1, -1],
  [1, -1, 1],
  [-1, 1, -1],
];
