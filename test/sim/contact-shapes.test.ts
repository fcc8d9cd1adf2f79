import RAPIER from '@dimforge/rapier3d';
import { beforeAll, describe, expect, it } from 'vitest';
import { Manifold } from '#sim/contact/manifold';
import { Separation } from '#sim/contact/separation';
import { type Solid, solidOf as solidOfShape } from '#sim/contact/solid';
import { axisAngle, quatMultiply } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Geometry, Pose, Quat } from '#src/core/robot';
import { convexHull } from '#src/load/hull';

beforeAll(() => RAPIER.init());

const solidOf = (geometry: Geometry, pose: Pose) => solidOfShape({ geometry, pose });

/** A cut-off pyramid. */
const wedge: Geometry = {
  kind: 'convex',
  vertices: [
    -0.6, -0.6, -0.3, 0.6, -0.6, -0.3, 0.6, 0.6, -0.3, -0.6, 0.6, -0.3, -0.2, -0.2, 0.4, 0.2, -0.2, 0.4, 0.2,
    0.2, 0.4, -0.2, 0.2, 0.4,
  ],
  triangles: [
    0, 2, 1, 0, 3, 2, 4, 5, 6, 4, 6, 7, 0, 1, 5, 0, 5, 4, 1, 2, 6, 1, 6, 5, 2, 3, 7, 2, 7, 6, 3, 0, 4, 3, 4,
    7,
  ],
};

const kinds: Record<string, Geometry> = {
  box: { kind: 'box', size: [0.6, 1, 1.4] },
  sphere: { kind: 'sphere', radius: 0.5 },
  cylinder: { kind: 'cylinder', radius: 0.4, length: 0.9 },
  capsule: { kind: 'capsule', radius: 0.3, length: 0.8 },
  convex: wedge,
};

/** The same for Rapier, whose cylinders and capsules stand along y. */
function rapierShape(geometry: Geometry): { shape: RAPIER.Shape; turn: Quat } {
  const upright = axisAngle([1, 0, 0], Math.PI / 2);
  switch (geometry.kind) {
    case 'box':
      return {
        shape: new RAPIER.Cuboid(geometry.size[0] / 2, geometry.size[1] / 2, geometry.size[2] / 2),
        turn: [0, 0, 0, 1],
      };
    case 'sphere':
      return { shape: new RAPIER.Ball(geometry.radius), turn: [0, 0, 0, 1] };
    case 'cylinder':
      return { shape: new RAPIER.Cylinder(geometry.length / 2, geometry.radius), turn: upright };
    case 'capsule':
      return { shape: new RAPIER.Capsule(geometry.length / 2, geometry.radius), turn: upright };
    case 'convex':
      return {
        shape: new RAPIER.ConvexPolyhedron(
          Float32Array.from(geometry.vertices),
          Uint32Array.from(geometry.triangles),
        ),
        turn: [0, 0, 0, 1],
      };
    default:
      throw new Error(geometry.kind);
  }
}

function randomPose(random: Random, spread: number): Pose {
  const q = Array.from({ length: 4 }, () => random.normal());
  const norm = Math.hypot(...q);
  return {
    position: [
      random.uniform(-spread, spread),
      random.uniform(-spread, spread),
      random.uniform(-spread, spread),
    ],
    rotation: q.map((x) => x / norm) as unknown as Quat,
  };
}

/** Width of the slab across `n` that lies between two solids; negative: they share one. */
function partedAlong(A: Solid, B: Solid, n: Float64Array): number {
  const points = new Float64Array(6);
  A.support(n[0], n[1], n[2], points, 0);
  B.support(-n[0], -n[1], -n[2], points, 3);
  return n.reduce((sum, x, k) => sum + x * (points[3 + k] - points[k]), 0) - A.radius - B.radius;
}

const vector = ([x, y, z]: readonly number[]) => ({ x, y, z });
const turned = ([x, y, z, w]: readonly number[]) => ({ x, y, z, w });

describe('the distance of two solids', () => {
  const names = Object.keys(kinds);
  const pairs = names.flatMap((a, i) => names.slice(i).map((b) => [a, b] as const));
  it.each(pairs)("%s and %s: gap and direction are Rapier's", (a, b) => {
    const random = new Random(3, `${a} ${b}`);
    const separation = new Separation();
    let apart = 0;
    let inside = 0;
    for (let i = 0; i < 300; i++) {
      const [poseA, poseB] = [randomPose(random, 0.7), randomPose(random, 0.7)];
      const [A, B] = [solidOf(kinds[a], poseA)!, solidOf(kinds[b], poseB)!];
      const known = separation.measure(A, B, 0.5);
      const [one, two] = [rapierShape(kinds[a]), rapierShape(kinds[b])];
      const truth = one.shape.contactShape(
        vector(poseA.position),
        turned(quatMultiply(poseA.rotation, one.turn)),
        two.shape,
        vector(poseB.position),
        turned(quatMultiply(poseB.rotation, two.turn)),
        0.5,
      );
      if (!truth || !known) {
        expect(Math.min(truth?.distance ?? 1, known ? separation.gap : 1)).toBeGreaterThan(0.499);
        continue;
      }
      if (separation.gap > 0) apart++;
      else inside++;
      // Rapier stops early; ours is exact: no direction parts them by more than the gap, nor takes less than the depth.
      expect(Math.abs(separation.gap - truth.distance)).toBeLessThan(0.01);
      expect(partedAlong(A, B, separation.normal)).toBeCloseTo(separation.gap, 6);
      const theirs = Float64Array.of(truth.normal1.x, truth.normal1.y, truth.normal1.z);
      expect(partedAlong(A, B, theirs)).toBeLessThan(separation.gap + 1e-5);
      const along =
        separation.normal[0] * truth.normal1.x +
        separation.normal[1] * truth.normal1.y +
        separation.normal[2] * truth.normal1.z;
      if (separation.gap > 0.01) expect(along).toBeGreaterThan(0.98);
      expect(Math.hypot(...separation.normal)).toBeCloseTo(1, 9);
    }
    expect(Math.min(apart, inside)).toBeGreaterThan(20);
  });

  it.each(pairs)('%s and %s: moved apart by the depth they touch', (a, b) => {
    const random = new Random(4, `${a} ${b}`);
    const separation = new Separation();
    let seen = 0;
    for (let i = 0; i < 200; i++) {
      const [poseA, poseB] = [randomPose(random, 0.4), randomPose(random, 0.4)];
      const A = solidOf(kinds[a], poseA)!;
      separation.measure(A, solidOf(kinds[b], poseB)!, 0);
      const depth = -separation.gap;
      if (!(depth > 0)) continue;
      seen++;
      const moved = poseB.position.map((x, k) => x + separation.normal[k] * depth) as unknown as [
        number,
        number,
        number,
      ];
      separation.measure(A, solidOf(kinds[b], { ...poseB, position: moved })!, 1);
      expect(Math.abs(separation.gap)).toBeLessThan(5e-5);
    }
    expect(seen).toBeGreaterThan(20);
  });
});

describe('a manifold', () => {
  const manifold = new Manifold();
  const at = (x: number, y: number, z: number, rotation: Quat = [0, 0, 0, 1]): Pose => ({
    position: [x, y, z],
    rotation,
  });
  const cube: Geometry = { kind: 'box', size: [0.1, 0.1, 0.1] };
  const points = () =>
    Array.from({ length: manifold.count }, (_, i) =>
      [...manifold.point.subarray(3 * i, 3 * i + 3)].map((x) => Math.round(x * 1e6) / 1e6 + 0),
    );

  it.each([1e-4, 0, -1e-4])('of cubes face to face with gap %d has the corners of what they share', (gap) => {
    manifold.between(solidOf(cube, at(0, 0, 0))!, solidOf(cube, at(0.02, 0.03, 0.1 + gap))!, 1e-3);
    expect([...manifold.normal].map((x) => Math.round(x * 1e9) / 1e9 + 0)).toEqual([0, 0, 1]);
    const z = Math.round((0.05 + gap / 2) * 1e6) / 1e6;
    expect(points().sort()).toEqual(
      [
        [-0.03, -0.02, z],
        [-0.03, 0.05, z],
        [0.05, -0.02, z],
        [0.05, 0.05, z],
      ].sort(),
    );
    expect([...manifold.gap.subarray(0, 4)].every((g) => Math.abs(g - gap) < 1e-9)).toBe(true);
  });

  it('of a tilted cube over a face has only what is near', () => {
    const tilt = axisAngle([1, 0, 0], 0.1);
    const half = 0.05 * (Math.cos(0.1) + Math.sin(0.1));
    manifold.between(
      solidOf({ kind: 'box', size: [1, 1, 0.1] }, at(0, 0, -0.05))!,
      solidOf(cube, at(0, 0, half - 1e-5, tilt))!,
      1e-3,
    );
    expect(manifold.count).toBe(2);
    expect(manifold.gap[0]).toBeCloseTo(-1e-5, 9);
  });

  it('of crossed edges is one point', () => {
    const edge = quatMultiply(axisAngle([0, 0, 1], 0.6), axisAngle([1, 0, 0], Math.PI / 4));
    const other = axisAngle([1, 0, 0], Math.PI / 4);
    const reach = 0.1 * Math.SQRT1_2;
    manifold.between(
      solidOf(cube, at(0, 0, 0, other))!,
      solidOf(cube, at(0, 0, 2 * reach - 2e-4, edge))!,
      1e-3,
    );
    expect(manifold.count).toBe(1);
    expect(manifold.gap[0]).toBeCloseTo(-2e-4, 8);
    expect(manifold.point[2]).toBeCloseTo(reach - 1e-4, 8);
  });

  it('of a lying cylinder has both ends of its line, of a standing one four points of its rim', () => {
    const can: Geometry = { kind: 'cylinder', radius: 0.05, length: 0.2 };
    const lying = axisAngle([1, 0, 0], Math.PI / 2);
    const table = solidOf({ kind: 'box', size: [1, 1, 0.1] }, at(0, 0, -0.05))!;
    for (const ground of [true, false]) {
      const touch = (solid: ReturnType<typeof solidOf>): void =>
        ground ? manifold.onGround(0, solid!, 1e-3) : manifold.between(table, solid!, 1e-3);
      touch(solidOf(can, at(0, 0, 0.05, lying)));
      expect(points().sort()).toEqual([
        [0, -0.1, 0],
        [0, 0.1, 0],
      ]);
      touch(solidOf(can, at(0, 0, 0.1)));
      expect(manifold.count).toBe(4);
      for (const [x, y] of points()) expect(Math.hypot(x, y)).toBeCloseTo(0.05, 5);
    }
  });

  it('of a standing cylinder keeps its points whichever way rounding tilts it', () => {
    const can: Geometry = { kind: 'cylinder', radius: 0.05, length: 0.2 };
    const seen = [0, 1, 2.5, 4].map((towards) => {
      manifold.onGround(
        0,
        solidOf(can, at(0, 0, 0.1, axisAngle([Math.cos(towards), Math.sin(towards), 0], 1e-8)))!,
        1e-3,
      );
      return points().sort();
    });
    for (const other of seen) expect(other).toEqual(seen[0]);
  });

  it('of a ball is the nearest point', () => {
    manifold.onGround(0.5, solidOf({ kind: 'sphere', radius: 0.2 }, at(1, 2, 0.7 + 1e-4))!, 1e-3);
    expect(points()).toEqual([[1, 2, 0.50005]]);
    manifold.onGround(0.5, solidOf({ kind: 'sphere', radius: 0.2 }, at(1, 2, 0.8))!, 1e-3);
    expect(manifold.count).toBe(0);
  });
});

describe('a hull over the ground', () => {
  it.each([40, 400])(
    'touches it with its lowest corner, whichever way it is turned: hull of %i points',
    (points) => {
      const random = new Random(5, 'hulls', points);
      for (let round = 0; round < 100; round++) {
        // Flat and long: the face that looks down most need not have the lowest corner.
        const cloud = Array.from({ length: points }, () => [
          random.normal(0, 0.1),
          random.normal(0, 0.03),
          Math.abs(random.normal(0, 0.02)),
        ]);
        const hull = convexHull(cloud.flat(), points);
        if (!hull) throw new Error('the points are flat');
        const turned = Array.from({ length: 4 }, () => random.normal());
        const length = Math.hypot(...turned);
        const rotation = turned.map((value) => value / length) as unknown as Quat;
        const vertices = [...hull.vertices];
        const triangles = [...hull.triangles];
        const solid = solidOf({ kind: 'convex', vertices, triangles }, { position: [0, 0, 0], rotation });
        if (!solid) throw new Error('the hull is no solid');
        const lowest = new Float64Array(3);
        solid.support(0, 0, -1, lowest, 0);
        const manifold = new Manifold();
        manifold.onGround(lowest[2] + 1e-3, solid, 1e-4);
        const gaps = manifold.gap.subarray(0, manifold.count);
        expect(Math.min(...gaps)).toBeCloseTo(-1e-3, 12);
      }
    },
  );
});
