import type { Geometry } from '../../src/core/robot.ts';

/**
 * A ray from (ox, oy, oz) along the unit vector (dx, dy, dz), both in the frame of a solid: the distance to its surface,
 * 0 from inside, Infinity when it is missed. Closed forms in float64; nothing is kept between calls.
 */
export type CastRay = (ox: number, oy: number, oz: number, dx: number, dy: number, dz: number) => number;

/** A solid that rays can hit, with the radius of a sphere about its origin that holds it, m. */
export interface Target {
  readonly cast: CastRay;
  readonly radius: number;
}

/** Undefined for a mesh: it is only drawn. */
export function targetOf(geometry: Geometry): Target | undefined {
  switch (geometry.kind) {
    case 'box': {
      const [x, y, z] = geometry.size;
      return { cast: boxCaster(x / 2, y / 2, z / 2), radius: Math.hypot(x, y, z) / 2 };
    }
    case 'sphere': {
      const { radius } = geometry;
      return { cast: (ox, oy, oz, dx, dy, dz) => castSphere(radius, ox, oy, oz, dx, dy, dz), radius };
    }
    case 'cylinder': {
      const { radius, length } = geometry;
      return {
        cast: (ox, oy, oz, dx, dy, dz) => castCylinder(radius, length / 2, ox, oy, oz, dx, dy, dz),
        radius: Math.hypot(radius, length / 2),
      };
    }
    case 'capsule': {
      const { radius, length } = geometry;
      return { cast: capsuleCaster(radius, length / 2), radius: radius + length / 2 };
    }
    case 'convex':
      return convexTarget(geometry.vertices, geometry.triangles);
    case 'mesh':
      return undefined;
  }
}

/** Enters at `near`, leaves at `far`. */
const hit = (near: number, far: number) => (near > far || far < 0 ? Infinity : Math.max(near, 0));

function boxCaster(hx: number, hy: number, hz: number): CastRay {
  return (ox, oy, oz, dx, dy, dz) => {
    let near = -Infinity;
    let far = Infinity;
    if (dx !== 0) {
      const reach = hx / Math.abs(dx);
      near = -ox / dx - reach;
      far = -ox / dx + reach;
    } else if (Math.abs(ox) > hx) return Infinity;
    if (dy !== 0) {
      const reach = hy / Math.abs(dy);
      near = Math.max(near, -oy / dy - reach);
      far = Math.min(far, -oy / dy + reach);
    } else if (Math.abs(oy) > hy) return Infinity;
    if (dz !== 0) {
      const reach = hz / Math.abs(dz);
      near = Math.max(near, -oz / dz - reach);
      far = Math.min(far, -oz / dz + reach);
    } else if (Math.abs(oz) > hz) return Infinity;
    return hit(near, far);
  };
}

function castSphere(
  radius: number,
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  const along = -(ox * dx + oy * dy + oz * dz);
  // Distance of the line from the centre by its nearest point: exact also for a small sphere far away.
  const px = ox + along * dx;
  const py = oy + along * dy;
  const pz = oz + along * dz;
  const square = radius * radius - (px * px + py * py + pz * pz);
  if (square < 0) return Infinity;
  const half = Math.sqrt(square);
  return hit(along - half, along + half);
}

function castCylinder(
  radius: number,
  halfLength: number,
  ox: number,
  oy: number,
  oz: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  let near = -Infinity;
  let far = Infinity;
  const flat = dx * dx + dy * dy;
  if (flat > 0) {
    const along = -(ox * dx + oy * dy) / flat;
    const px = ox + along * dx;
    const py = oy + along * dy;
    const square = radius * radius - (px * px + py * py);
    if (square < 0) return Infinity;
    const half = Math.sqrt(square / flat);
    near = along - half;
    far = along + half;
  } else if (ox * ox + oy * oy > radius * radius) return Infinity;
  if (dz !== 0) {
    const reach = halfLength / Math.abs(dz);
    near = Math.max(near, -oz / dz - reach);
    far = Math.min(far, -oz / dz + reach);
  } else if (Math.abs(oz) > halfLength) return Infinity;
  return hit(near, far);
}

function capsuleCaster(radius: number, halfLength: number): CastRay {
  return (ox, oy, oz, dx, dy, dz) =>
    Math.min(
      castCylinder(radius, halfLength, ox, oy, oz, dx, dy, dz),
      castSphere(radius, ox, oy, oz - halfLength, dx, dy, dz),
      castSphere(radius, ox, oy, oz + halfLength, dx, dy, dz),
    );
}

/** Every triangle spans the plane of a half-space; coplanar triangles share one. */
function convexTarget(vertices: readonly number[], triangles: readonly number[]): Target {
  let radius = 0;
  for (let i = 0; i < vertices.length; i += 3)
    radius = Math.max(radius, Math.hypot(vertices[i], vertices[i + 1], vertices[i + 2]));
  /** Outward normal and offset of each plane. */
  const planes: number[] = [];
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [3 * triangles[i], 3 * triangles[i + 1], 3 * triangles[i + 2]];
    const ux = vertices[b] - vertices[a];
    const uy = vertices[b + 1] - vertices[a + 1];
    const uz = vertices[b + 2] - vertices[a + 2];
    const vx = vertices[c] - vertices[a];
    const vy = vertices[c + 1] - vertices[a + 1];
    const vz = vertices[c + 2] - vertices[a + 2];
    const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    const area = Math.hypot(...normal);
    if (!(area > 1e-12 * radius * radius)) continue;
    const [nx, ny, nz] = normal.map((value) => value / area);
    const offset = nx * vertices[a] + ny * vertices[a + 1] + nz * vertices[a + 2];
    let known = false;
    for (let k = 0; k < planes.length && !known; k += 4)
      known =
        nx * planes[k] + ny * planes[k + 1] + nz * planes[k + 2] > 1 - 1e-12 &&
        Math.abs(offset - planes[k + 3]) < 1e-9 * radius;
    if (!known) planes.push(nx, ny, nz, offset);
  }
  const flat = Float64Array.from(planes);
  const cast: CastRay = (ox, oy, oz, dx, dy, dz) => {
    let near = -Infinity;
    let far = Infinity;
    for (let k = 0; k < flat.length; k += 4) {
      const gap = flat[k + 3] - (flat[k] * ox + flat[k + 1] * oy + flat[k + 2] * oz);
      const speed = flat[k] * dx + flat[k + 1] * dy + flat[k + 2] * dz;
      if (speed < 0) near = Math.max(near, gap / speed);
      else if (speed > 0) far = Math.min(far, gap / speed);
      else if (gap < 0) return Infinity;
      if (near > far) return Infinity;
    }
    return hit(near, far);
  };
  return { cast, radius };
}
