import { compose, identityPose } from '../../src/core/linalg.ts';
import type { Pose, Shape } from '../../src/core/robot.ts';
import { rotationMatrix } from '../rotation-matrix.ts';

/** Points of a face, an edge or a corner, in order around it; reused from call to call. */
export class Feature {
  /** 1: a point, 2: a segment, more: a flat polygon. */
  count = 0;
  /** World frame [count × 3]. */
  readonly points = new Float64Array(3 * 64);
  /** Tells points apart, and stays the same while they move with the solid [count]. */
  readonly ids = new Int32Array(64);
  /** Cosine between the asked direction and the polygon's outward normal; −1 where the feature is no polygon. */
  flatness = -1;
  /** That normal, world frame. */
  readonly normal = new Float64Array(3);
}

/**
 * A convex solid on a body: all points within `radius` of a core, which is a polyhedron, a cylinder, a segment along its
 * z axis or a point. Stands where `place` put it.
 */
export interface Solid {
  /** m; 0: the core is the solid. */
  readonly radius: number;
  /** m; all of it lies within this distance of its origin. */
  readonly reach: number;
  /** Rotation, row-major [9], and origin, m [3], in the world. */
  readonly rotation: Float64Array;
  readonly origin: Float64Array;
  /** Stands it in the frame (`rotation`, `origin`) number `frame`; −1: in the world's own. */
  place(rotation: Float64Array, origin: Float64Array, frame: number): void;
  /** The core's farthest point along (x, y, z), into `out` [3] at `at`. */
  support(x: number, y: number, z: number, out: Float64Array, at: number): void;
  /** The core's face, edge or corner farthest along the unit vector (x, y, z). */
  feature(x: number, y: number, z: number, out: Feature): void;
  /** All corners of the core that a half-space whose inward normal is −(x, y, z) could touch first. */
  corners(x: number, y: number, z: number, out: Feature): void;
}

/** Points on the rim of a cylinder's end that stand for it. */
const rim = 8;
const most = 64;

/** Shared by all kinds: the pose in the body's frame and in the world. */
abstract class Placed {
  readonly radius: number = 0;
  readonly reach: number = 0;
  readonly rotation = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  readonly origin = new Float64Array(3);
  readonly #own = new Float64Array(9);
  readonly #at: readonly number[];

  constructor(pose: Pose) {
    rotationMatrix(...pose.rotation, this.#own, 0);
    this.#at = pose.position;
    this.place(this.rotation, this.origin, -1);
  }

  place(rotation: Float64Array, origin: Float64Array, frame: number): void {
    const own = this.#own;
    const [x, y, z] = this.#at;
    if (frame < 0) {
      this.rotation.set(own);
      this.origin[0] = x;
      this.origin[1] = y;
      this.origin[2] = z;
      return;
    }
    for (let row = 0; row < 3; row++) {
      const k = 9 * frame + 3 * row;
      const r0 = rotation[k];
      const r1 = rotation[k + 1];
      const r2 = rotation[k + 2];
      this.origin[row] = origin[3 * frame + row] + r0 * x + r1 * y + r2 * z;
      for (let column = 0; column < 3; column++)
        this.rotation[3 * row + column] = r0 * own[column] + r1 * own[3 + column] + r2 * own[6 + column];
    }
  }

  /** Adds the point (x, y, z) of the solid's own frame to a feature. */
  protected addPoint(out: Feature, id: number, x: number, y: number, z: number): void {
    if (out.count >= most) return;
    const r = this.rotation;
    const at = 3 * out.count;
    out.points[at] = this.origin[0] + r[0] * x + r[1] * y + r[2] * z;
    out.points[at + 1] = this.origin[1] + r[3] * x + r[4] * y + r[5] * z;
    out.points[at + 2] = this.origin[2] + r[6] * x + r[7] * y + r[8] * z;
    out.ids[out.count++] = id;
  }
}

/** A point or a segment along z with a radius: sphere, capsule. */
class Rounded extends Placed implements Solid {
  override readonly radius: number;
  override readonly reach: number;
  readonly #half: number;

  constructor(pose: Pose, radius: number, length: number) {
    super(pose);
    this.radius = radius;
    this.#half = length / 2;
    this.reach = radius + length / 2;
  }

  support(x: number, y: number, z: number, out: Float64Array, at: number): void {
    const r = this.rotation;
    const half = r[2] * x + r[5] * y + r[8] * z < 0 ? -this.#half : this.#half;
    out[at] = this.origin[0] + half * r[2];
    out[at + 1] = this.origin[1] + half * r[5];
    out[at + 2] = this.origin[2] + half * r[8];
  }

  feature(_x: number, _y: number, _z: number, out: Feature): void {
    out.count = 0;
    out.flatness = -1;
    this.addPoint(out, 0, 0, 0, -this.#half);
    if (this.#half > 0) this.addPoint(out, 1, 0, 0, this.#half);
  }

  corners(x: number, y: number, z: number, out: Feature): void {
    this.feature(x, y, z, out);
  }
}

class Cylinder extends Placed implements Solid {
  override readonly reach: number;
  readonly #radius: number;
  readonly #half: number;

  constructor(pose: Pose, radius: number, length: number) {
    super(pose);
    this.#radius = radius;
    this.#half = length / 2;
    this.reach = Math.hypot(radius, length / 2);
  }

  support(x: number, y: number, z: number, out: Float64Array, at: number): void {
    const r = this.rotation;
    const lx = r[0] * x + r[3] * y + r[6] * z;
    const ly = r[1] * x + r[4] * y + r[7] * z;
    const across = Math.sqrt(lx * lx + ly * ly);
    const share = across > 0 ? this.#radius / across : 0;
    const px = share > 0 ? lx * share : this.#radius;
    const py = ly * share;
    const pz = r[2] * x + r[5] * y + r[8] * z < 0 ? -this.#half : this.#half;
    out[at] = this.origin[0] + r[0] * px + r[1] * py + r[2] * pz;
    out[at + 1] = this.origin[1] + r[3] * px + r[4] * py + r[5] * pz;
    out[at + 2] = this.origin[2] + r[6] * px + r[7] * py + r[8] * pz;
  }

  feature(x: number, y: number, z: number, out: Feature): void {
    const r = this.rotation;
    const along = r[2] * x + r[5] * y + r[8] * z;
    out.count = 0;
    if (Math.abs(along) > 0.5) {
      const side = along < 0 ? -1 : 1;
      this.#ring(x, y, z, side, rim, out);
      out.flatness = Math.abs(along);
      for (let k = 0; k < 3; k++) out.normal[k] = side * r[2 + 3 * k];
      return;
    }
    const lx = r[0] * x + r[3] * y + r[6] * z;
    const ly = r[1] * x + r[4] * y + r[7] * z;
    const share = this.#radius / Math.sqrt(lx * lx + ly * ly);
    this.addPoint(out, 0, lx * share, ly * share, -this.#half);
    this.addPoint(out, 1, lx * share, ly * share, this.#half);
    out.flatness = -1;
  }

  corners(x: number, y: number, z: number, out: Feature): void {
    out.count = 0;
    this.#ring(x, y, z, -1, 4, out);
    this.#ring(x, y, z, 1, 4, out);
  }

  /** Points around one end, counter-clockwise seen from outside, the farthest along the direction first. */
  #ring(x: number, y: number, z: number, side: number, count: number, out: Feature): void {
    const r = this.rotation;
    let lx = r[0] * x + r[3] * y + r[6] * z;
    let ly = r[1] * x + r[4] * y + r[7] * z;
    const across = Math.sqrt(lx * lx + ly * ly);
    // Flat enough, the points stay with the cylinder: which is farthest would be up to rounding.
    if (across > 1e-4) {
      lx *= this.#radius / across;
      ly *= this.#radius / across;
    } else {
      lx = this.#radius;
      ly = 0;
    }
    const c = count === 4 ? 0 : Math.SQRT1_2;
    const s = side * (count === 4 ? 1 : Math.SQRT1_2);
    for (let k = 0; k < count; k++) {
      this.addPoint(out, (side < 0 ? 0 : rim) + k, lx, ly, side * this.#half);
      const turned = c * lx - s * ly;
      ly = s * lx + c * ly;
      lx = turned;
    }
  }
}

interface Face {
  /** Vertices around it, counter-clockwise seen from outside. */
  readonly loop: readonly number[];
  readonly normal: readonly [number, number, number];
}

class Polyhedron extends Placed implements Solid {
  override readonly reach: number;
  readonly #vertices: Float64Array;
  readonly #faces: readonly Face[];

  constructor(pose: Pose, vertices: readonly number[], faces: readonly Face[]) {
    super(pose);
    this.#vertices = Float64Array.from(vertices);
    this.#faces = faces;
    let reach = 0;
    for (let i = 0; i < vertices.length; i += 3)
      reach = Math.max(reach, Math.hypot(vertices[i], vertices[i + 1], vertices[i + 2]));
    this.reach = reach;
  }

  support(x: number, y: number, z: number, out: Float64Array, at: number): void {
    const r = this.rotation;
    const vertices = this.#vertices;
    const found = 3 * this.#farthest(x, y, z);
    const px = vertices[found];
    const py = vertices[found + 1];
    const pz = vertices[found + 2];
    out[at] = this.origin[0] + r[0] * px + r[1] * py + r[2] * pz;
    out[at + 1] = this.origin[1] + r[3] * px + r[4] * py + r[5] * pz;
    out[at + 2] = this.origin[2] + r[6] * px + r[7] * py + r[8] * pz;
  }

  /** The vertex farthest along (x, y, z). */
  #farthest(x: number, y: number, z: number): number {
    const r = this.rotation;
    const lx = r[0] * x + r[3] * y + r[6] * z;
    const ly = r[1] * x + r[4] * y + r[7] * z;
    const lz = r[2] * x + r[5] * y + r[8] * z;
    const vertices = this.#vertices;
    let best = -Infinity;
    let found = 0;
    for (let i = 0; i < vertices.length; i += 3) {
      const along = vertices[i] * lx + vertices[i + 1] * ly + vertices[i + 2] * lz;
      if (along > best) {
        best = along;
        found = i / 3;
      }
    }
    return found;
  }

  feature(x: number, y: number, z: number, out: Feature): void {
    const r = this.rotation;
    const lx = r[0] * x + r[3] * y + r[6] * z;
    const ly = r[1] * x + r[4] * y + r[7] * z;
    const lz = r[2] * x + r[5] * y + r[8] * z;
    let best = -Infinity;
    let face = this.#faces[0];
    for (const candidate of this.#faces) {
      const [nx, ny, nz] = candidate.normal;
      const along = nx * lx + ny * ly + nz * lz;
      if (along > best) {
        best = along;
        face = candidate;
      }
    }
    out.count = 0;
    for (const v of face.loop) this.#addVertex(out, v);
    out.flatness = best;
    const [nx, ny, nz] = face.normal;
    for (let k = 0; k < 3; k++) out.normal[k] = r[3 * k] * nx + r[3 * k + 1] * ny + r[3 * k + 2] * nz;
  }

  corners(x: number, y: number, z: number, out: Feature): void {
    const count = this.#vertices.length / 3;
    if (count > most) {
      // The face that looks that way most need not have the farthest corner.
      this.feature(x, y, z, out);
      const farthest = this.#farthest(x, y, z);
      if (out.count === most) out.count--;
      this.#addVertex(out, farthest);
      return;
    }
    out.count = 0;
    for (let v = 0; v < count; v++) this.#addVertex(out, v);
  }

  #addVertex(out: Feature, v: number): void {
    const vertices = this.#vertices;
    this.addPoint(out, v, vertices[3 * v], vertices[3 * v + 1], vertices[3 * v + 2]);
  }
}

/** A shape on a body in whose frame the shape's own frame is `place`; `undefined` for a mesh, which is not collided with. */
export function solidOf(shape: Shape, place: Pose = identityPose): Solid | undefined {
  const { geometry } = shape;
  const pose = compose(place, shape.pose);
  switch (geometry.kind) {
    case 'sphere':
      return new Rounded(pose, geometry.radius, 0);
    case 'capsule':
      return new Rounded(pose, geometry.radius, geometry.length);
    case 'cylinder':
      return new Cylinder(pose, geometry.radius, geometry.length);
    case 'box': {
      const [x, y, z] = geometry.size.map((size) => size / 2);
      const vertices: number[] = [];
      for (let v = 0; v < 8; v++) vertices.push(v & 1 ? x : -x, v & 2 ? y : -y, v & 4 ? z : -z);
      return new Polyhedron(pose, vertices, boxFaces);
    }
    case 'convex': {
      // About the middle, so that it reaches no farther than it must.
      const { vertices, triangles } = geometry;
      const middle = [0, 1, 2].map((k) => {
        const along = vertices.filter((_, i) => i % 3 === k);
        return (Math.min(...along) + Math.max(...along)) / 2;
      }) as [number, number, number];
      const centred = vertices.map((value, i) => value - middle[i % 3]);
      const moved = compose(pose, { position: middle, rotation: [0, 0, 0, 1] });
      return new Polyhedron(moved, centred, facesOf(centred, triangles));
    }
    case 'mesh':
      return undefined;
  }
}

const boxFaces: readonly Face[] = [
  { loop: [0, 4, 6, 2], normal: [-1, 0, 0] },
  { loop: [1, 3, 7, 5], normal: [1, 0, 0] },
  { loop: [0, 1, 5, 4], normal: [0, -1, 0] },
  { loop: [2, 6, 7, 3], normal: [0, 1, 0] },
  { loop: [0, 2, 3, 1], normal: [0, 0, -1] },
  { loop: [4, 5, 7, 6], normal: [0, 0, 1] },
];

/** Triangles of one plane become one face. */
function facesOf(vertices: readonly number[], triangles: readonly number[]): Face[] {
  const planes: { normal: [number, number, number]; edges: Set<string> }[] = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const corner = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const [a, b, c] = corner.map((v) => vertices.slice(3 * v, 3 * v + 3));
    const u = b.map((value, k) => value - a[k]);
    const w = c.map((value, k) => value - a[k]);
    const n = [u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]];
    const length = Math.hypot(...n);
    if (!(length > 0)) continue;
    const normal: [number, number, number] = [n[0] / length, n[1] / length, n[2] / length];
    let plane = planes.find((p) => p.normal.reduce((sum, value, k) => sum + value * normal[k], 0) > 1 - 1e-9);
    if (!plane) {
      plane = { normal, edges: new Set() };
      planes.push(plane);
    }
    for (let k = 0; k < 3; k++) {
      const from = corner[k];
      const to = corner[(k + 1) % 3];
      // An edge that two triangles share, in opposite directions, is inside the face.
      if (!plane.edges.delete(`${to} ${from}`)) plane.edges.add(`${from} ${to}`);
    }
  }
  return planes.map(({ normal, edges }) => {
    const next = new Map([...edges].map((edge) => edge.split(' ').map(Number) as [number, number]));
    const [first] = next.keys();
    const loop = [first];
    for (
      let at = next.get(first);
      at !== undefined && at !== first && loop.length < next.size;
      at = next.get(at)
    )
      loop.push(at);
    return { loop, normal };
  });
}
