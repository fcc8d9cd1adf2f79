import { Vector3 } from 'three';
import { ConvexHull } from 'three/examples/jsm/math/ConvexHull.js';
import { describe, expect, it } from 'vitest';
import { convexHull, type Hull, meshVolume } from '#src/load/hull';
import { box } from './solids.ts';

/** Numbers in −1 … 1, the same every time. */
function numbers(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (2 * state) / 2 ** 32 - 1;
  };
}

function cloud(kind: string, count: number, seed: number): number[] {
  const next = numbers(seed);
  return Array.from({ length: count }, () => {
    const p = [next(), next(), next()];
    if (kind === 'ball') return p.map((value) => value / Math.hypot(...p));
    if (kind === 'grid') return p.map((value) => Math.round(2 * value) / 2);
    if (kind === 'disc') return [p[0], p[1], 1e-3 * p[2]];
    return p;
  }).flat();
}

/** How far the farthest point lies outside, m. */
function outside({ vertices, triangles }: Hull, points: readonly number[]): number {
  let most = -Infinity;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => new Vector3().fromArray(vertices, 3 * triangles[t + k]));
    const normal = b.clone().sub(a).cross(c.clone().sub(a)).normalize();
    for (let p = 0; p < points.length; p += 3)
      most = Math.max(most, normal.dot(new Vector3().fromArray(points, p).sub(a)));
  }
  return most;
}

function volumeByThree(points: readonly number[]): number {
  const hull = new ConvexHull().setFromPoints(
    Array.from({ length: points.length / 3 }, (_, p) => new Vector3().fromArray(points, 3 * p)),
  );
  let six = 0;
  for (const face of hull.faces) {
    const corners: Vector3[] = [];
    let edge = face.edge;
    do {
      corners.push(edge.head().point);
      edge = edge.next;
    } while (edge !== face.edge);
    for (let k = 2; k < corners.length; k++) six += corners[0].dot(corners[k - 1].clone().cross(corners[k]));
  }
  return six / 6;
}

describe('convexHull', () => {
  it('of a box has its eight corners, twelve triangles and its volume', () => {
    const hull = convexHull(box([0.2, 0.3, 0.5], [1, -2, 3])) as Hull;
    expect(hull.vertices.length).toBe(24);
    expect(hull.triangles.length).toBe(36);
    expect(hull.volume).toBeCloseTo(0.03, 12);
    expect(meshVolume(hull.vertices, hull.triangles)).toBeCloseTo(0.03, 12);
    expect(hull.error).toBe(0);
  });

  it.each(['cube', 'ball', 'grid', 'disc'])('holds every point of a %s and agrees with three.js', (kind) => {
    for (const [count, seed] of [
      [5, 1],
      [40, 2],
      [300, 3],
    ]) {
      const points = cloud(kind, count, seed);
      const hull = convexHull(points, 10_000) as Hull;
      expect(outside(hull, points)).toBeLessThan(1e-5);
      expect(hull.volume / volumeByThree(points)).toBeCloseTo(1, 4);
    }
  });

  it('keeps to its number of vertices, says what it misses, and misses little', () => {
    const points = cloud('ball', 4000, 7);
    const hull = convexHull(points, 64) as Hull;
    expect(hull.vertices.length).toBe(3 * 64);
    expect(outside(hull, points)).toBeCloseTo(hull.error, 9);
    expect(hull.error).toBeLessThan(0.12);
    expect(hull.volume).toBeGreaterThan(0.85 * ((4 * Math.PI) / 3));
  });

  it('is the same for the same points, bit for bit', () => {
    const points = cloud('ball', 500, 9);
    expect(convexHull(points)).toEqual(convexHull([...points]));
  });

  it('of points in one place, on a line or in a plane does not exist', () => {
    expect(convexHull([])).toBeUndefined();
    expect(convexHull(Array(30).fill(0.5))).toBeUndefined();
    expect(convexHull(Array.from({ length: 30 }, (_, i) => Math.floor(i / 3) * 0.1))).toBeUndefined();
    expect(convexHull(cloud('cube', 50, 3).map((value, i) => (i % 3 === 1 ? 0.25 : value)))).toBeUndefined();
    expect(convexHull([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, Number.NaN])).toBeUndefined();
  });
});
