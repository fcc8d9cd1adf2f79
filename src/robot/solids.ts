import { rotate } from '../core/linalg.ts';
import type { Geometry, Inertial, Pose, Shape, Vec3 } from '../core/robot.ts';
import { combineInertials } from './inertia.ts';

/** kg/m³ of what states no mass: water, and about that of a machine with its hollows. */
export const guessedDensity = 1000;

/** A closed surface: vertices [V × 3], m, and triangles [T × 3] of their indices, all turned the same way. */
export interface Solid {
  readonly vertices: ArrayLike<number>;
  readonly triangles: ArrayLike<number>;
}

/** What a mesh encloses, scaled; undefined where that is not known. */
export type MeshSolid = (mesh: Extract<Geometry, { kind: 'mesh' }>) => Solid | undefined;

/**
 * Mass, centre of mass and inertia of solid shapes of one density (kg/m³), in the frame their poses are given in; where
 * they overlap it counts twice. Undefined where none has a volume to compute.
 */
export function inertialOfShapes(
  shapes: readonly Shape[],
  density: number,
  solid: MeshSolid = () => undefined,
): Inertial | undefined {
  const solids = shapes.flatMap(({ geometry, pose }) => {
    const inertial = inertialOfSolid(geometry, density, solid);
    return inertial ? [{ inertial, pose }] : [];
  });
  return combineInertials(solids);
}

function inertialOfSolid(geometry: Geometry, density: number, solid: MeshSolid): Inertial | undefined {
  switch (geometry.kind) {
    case 'box': {
      const [x, y, z] = geometry.size.map((value) => value * value);
      const [a, b, c] = geometry.size;
      return centred(density * a * b * c, [(y + z) / 12, (x + z) / 12, (x + y) / 12]);
    }
    case 'sphere': {
      const square = geometry.radius ** 2;
      return centred(density * sphereVolume(geometry.radius), [0.4 * square, 0.4 * square, 0.4 * square]);
    }
    case 'cylinder': {
      const { radius: r, length: l } = geometry;
      const across = r ** 2 / 4 + l ** 2 / 12;
      return centred(density * Math.PI * r * r * l, [across, across, r ** 2 / 2]);
    }
    case 'capsule': {
      const { radius: r, length: l } = geometry;
      const tube = Math.PI * r * r * l;
      const caps = sphereVolume(r);
      const volume = tube + caps;
      const along = (tube * r ** 2 * 0.5 + caps * r ** 2 * 0.4) / volume;
      const across =
        (tube * (r ** 2 / 4 + l ** 2 / 12) + caps * (0.4 * r ** 2 + l ** 2 / 4 + (3 * l * r) / 8)) / volume;
      return centred(density * volume, [across, across, along]);
    }
    case 'convex':
      return polyhedron(geometry, density);
    case 'mesh': {
      const found = solid(geometry);
      return found && polyhedron(found, density);
    }
  }
}

function sphereVolume(radius: number): number {
  return (4 / 3) * Math.PI * radius ** 3;
}

/** `square`: principal moments of a unit mass. */
function centred(mass: number, square: Vec3): Inertial | undefined {
  if (!(mass > 1e-9 && mass < 1e12)) return undefined;
  return {
    mass,
    pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] },
    inertia: [mass * square[0], 0, 0, mass * square[1], 0, mass * square[2]],
  };
}

/** By the divergence theorem: a sum over tetrahedra from the first vertex to each triangle. */
function polyhedron({ vertices, triangles }: Solid, density: number): Inertial | undefined {
  const base = [vertices[0], vertices[1], vertices[2]];
  const corner = (i: number) => [0, 1, 2].map((k) => vertices[3 * i + k] - base[k]);
  let six = 0;
  const moment = [0, 0, 0];
  const square = [0, 0, 0, 0, 0, 0];
  const pairs = [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 1],
    [1, 2],
    [2, 2],
  ];
  for (let t = 0; t < triangles.length; t += 3) {
    const a = corner(triangles[t]);
    const b = corner(triangles[t + 1]);
    const c = corner(triangles[t + 2]);
    const determinant =
      a[0] * (b[1] * c[2] - b[2] * c[1]) -
      a[1] * (b[0] * c[2] - b[2] * c[0]) +
      a[2] * (b[0] * c[1] - b[1] * c[0]);
    six += determinant;
    const sum = [0, 1, 2].map((k) => a[k] + b[k] + c[k]);
    for (let k = 0; k < 3; k++) moment[k] += (determinant * sum[k]) / 24;
    for (const [n, [i, j]] of pairs.entries())
      square[n] += (determinant * (a[i] * a[j] + b[i] * b[j] + c[i] * c[j] + sum[i] * sum[j])) / 120;
  }
  const volume = six / 6;
  const mass = density * Math.abs(volume);
  if (!(mass > 1e-9 && mass < 1e12)) return undefined;
  const center = moment.map((value) => value / volume);
  const [xx, xy, xz, yy, yz, zz] = pairs.map(
    ([i, j], n) => (mass * square[n]) / volume - mass * center[i] * center[j],
  );
  return {
    mass,
    pose: {
      position: [center[0] + base[0], center[1] + base[1], center[2] + base[2]],
      rotation: [0, 0, 0, 1],
    },
    inertia: [yy + zz, -xy, -xz, xx + zz, -yz, xx + yy],
  };
}

export interface Bounds {
  readonly low: Vec3;
  readonly high: Vec3;
}

/** The axis-aligned box around shapes, m; undefined without shapes, or where one is a mesh. */
export function boundsOfShapes(shapes: readonly Shape[]): Bounds | undefined {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const { geometry, pose } of shapes) {
    if (geometry.kind === 'mesh') return undefined;
    const own = extent(geometry, pose);
    for (let k = 0; k < 3; k++) {
      low[k] = Math.min(low[k], own.low[k]);
      high[k] = Math.max(high[k], own.high[k]);
    }
  }
  return shapes.length > 0 ? { low, high } : undefined;
}

function extent(geometry: Exclude<Geometry, { kind: 'mesh' }>, { position, rotation }: Pose): Bounds {
  if (geometry.kind === 'convex') {
    const low: [number, number, number] = [Infinity, Infinity, Infinity];
    const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < geometry.vertices.length; i += 3) {
      const [x, y, z] = geometry.vertices.slice(i, i + 3);
      for (const [k, value] of rotate(rotation, [x, y, z]).entries()) {
        low[k] = Math.min(low[k], position[k] + value);
        high[k] = Math.max(high[k], position[k] + value);
      }
    }
    return { low, high };
  }
  const half = [0, 1, 2].map((k) => reach(geometry, rotation, k));
  return {
    low: [position[0] - half[0], position[1] - half[1], position[2] - half[2]],
    high: [position[0] + half[0], position[1] + half[1], position[2] + half[2]],
  };
}

/** How far a centred shape reaches along axis k of the outer frame. */
function reach(
  geometry: Exclude<Geometry, { kind: 'mesh' | 'convex' }>,
  rotation: Pose['rotation'],
  k: number,
): number {
  const axes = [rotate(rotation, [1, 0, 0]), rotate(rotation, [0, 1, 0]), rotate(rotation, [0, 0, 1])];
  const along = Math.abs(axes[2][k]);
  switch (geometry.kind) {
    case 'box':
      return geometry.size.reduce((sum, size, i) => sum + (Math.abs(axes[i][k]) * size) / 2, 0);
    case 'sphere':
      return geometry.radius;
    case 'cylinder':
      return geometry.radius * Math.sqrt(Math.max(0, 1 - along * along)) + (along * geometry.length) / 2;
    case 'capsule':
      return geometry.radius + (along * geometry.length) / 2;
  }
}
