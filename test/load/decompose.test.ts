import { describe, expect, it } from 'vitest';
import { type Decomposition, decompose } from '#src/load/decompose';
import { weld } from '#src/load/mesh-data';
import { box, prism, type Soup } from './solids.ts';

const volumes = ({ pieces }: Decomposition) => pieces.map(({ volume }) => volume).sort((a, b) => b - a);
const total = (result: Decomposition) => volumes(result).reduce((sum, value) => sum + value, 0);
const of = (soup: Soup, limits = {}) => decompose(weld(soup), limits);

/** Whether a point lies in a piece, widened by `slack` m. */
function holds({ pieces }: Decomposition, [x, y, z]: readonly number[], slack: number): boolean {
  return pieces.some(({ vertices: v, triangles }) => {
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) => 3 * triangles[t + k]);
      const u = [0, 1, 2].map((k) => v[b + k] - v[a + k]);
      const w = [0, 1, 2].map((k) => v[c + k] - v[a + k]);
      const n = [u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]];
      const height = n[0] * (x - v[a]) + n[1] * (y - v[a + 1]) + n[2] * (z - v[a + 2]);
      if (height > slack * Math.hypot(...n)) return false;
    }
    return true;
  });
}

describe('decompose', () => {
  it('leaves a convex solid in one piece', () => {
    const result = of(box([0.1, 0.2, 0.3]));
    expect(volumes(result)).toEqual([expect.closeTo(0.006, 12)]);
    expect(result.notes).toEqual([]);
  });

  it('makes one piece of each connected part, and none of what lies within another', () => {
    const apart = [...box([0.1, 0.1, 0.1]), ...box([0.2, 0.1, 0.1], [1, 0, 0])];
    expect(volumes(of(apart))).toEqual([expect.closeTo(0.002, 12), expect.closeTo(0.001, 12)]);
    const inside = [...box([0.1, 0.1, 0.1]), ...box([0.05, 0.02, 0.05], [0.01, 0.02, 0])];
    expect(volumes(of(inside))).toEqual([expect.closeTo(0.001, 12)]);
  });

  // An L of two bars 1 × 0.2 × 0.1; its hull is 0.068 m³, itself 0.036.
  const ell: Soup = prism(
    [
      [0, 0],
      [1, 0],
      [1, 0.2],
      [0.2, 0.2],
      [0.2, 1],
      [0, 1],
    ],
    0.1,
  );

  it('cuts an L into two bars that fill it', () => {
    const result = of(ell);
    expect(result.pieces.length).toBe(2);
    expect(total(result)).toBeCloseTo(0.036, 9);
  });

  it('cuts as little as the limits ask for', () => {
    expect(of(ell, { excess: 1 }).pieces.length).toBe(1);
    expect(of(ell, { waste: 0.6 }).pieces.length).toBe(1);
    expect(of(ell, { maxPieces: 1 }).pieces.length).toBe(1);
  });

  // A ring of square section: no plane through it leaves convex halves.
  const ring: Soup = (() => {
    const soup: Soup = [];
    const n = 32;
    const at = (i: number, r: number) => [
      r * Math.cos((2 * Math.PI * (i % n)) / n),
      r * Math.sin((2 * Math.PI * (i % n)) / n),
    ];
    for (let i = 0; i < n; i++) {
      const [a, b, c, d] = [at(i, 0.8), at(i + 1, 0.8), at(i + 1, 1), at(i, 1)];
      const quad = (...corners: number[][]) => soup.push(...[0, 1, 2, 0, 2, 3].flatMap((k) => corners[k]));
      quad([...a, 0], [...b, 0], [...c, 0], [...d, 0]);
      quad([...d, 0.2], [...c, 0.2], [...b, 0.2], [...a, 0.2]);
      quad([...d, 0], [...c, 0], [...c, 0.2], [...d, 0.2]);
      quad([...a, 0.2], [...b, 0.2], [...b, 0], [...a, 0]);
    }
    return soup;
  })();
  const ringVolume = 0.2 * 16 * Math.sin((2 * Math.PI) / 32) * (1 - 0.64);

  it('opens a ring: its middle is free, every vertex is held, and no more pieces than allowed', () => {
    const result = of(ring);
    expect(result.pieces.length).toBeGreaterThan(3);
    expect(result.pieces.length).toBeLessThanOrEqual(8);
    expect(holds(result, [0, 0, 0.1], 0)).toBe(false);
    for (let p = 0; p < ring.length; p += 3) expect(holds(result, ring.slice(p, p + 3), 1e-6)).toBe(true);
    expect(total(result)).toBeGreaterThan(ringVolume);
    expect(total(result)).toBeLessThan(1.7 * ringVolume);
    expect(of(ring, { maxPieces: 3 }).pieces.length).toBe(3);
  });

  it('gives the same pieces for the same mesh, bit for bit', () => {
    expect(of(ring)).toEqual(of([...ring]));
  });

  it('hulls what is not closed and says so; it cannot use what is flat', () => {
    const open = of(ell.slice(9));
    expect(open.pieces.length).toBe(1);
    expect(open.notes).toEqual(['is not closed: its convex hull stands for it']);
    expect(
      of(
        prism(
          [
            [0, 0],
            [1, 0],
            [0, 1],
          ],
          0,
        ),
      ),
    ).toEqual({ pieces: [], notes: ['is flat'] });
  });

  it('takes what has very many triangles coarsely, and says so', () => {
    // A ball of 2 · 240² triangles.
    const n = 240;
    const at = (i: number, j: number) => {
      const [a, b] = [(Math.PI * i) / n, (2 * Math.PI * (j % n)) / n];
      return i % n === 0
        ? [0, 0, i ? -1 : 1]
        : [Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b), Math.cos(a)];
    };
    const soup: Soup = [];
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (const [u, v] of [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
          [1, 1],
          [0, 1],
        ])
          soup.push(...at(i + u, j + v));
    const result = of(soup);
    expect(result.notes[0]).toMatch(/^has 11\d{4} triangles: taken to 1\/64 of its length$/);
    expect(result.pieces.length).toBe(1);
    expect(total(result)).toBeGreaterThan(3.5);
    expect(total(result)).toBeLessThan(4.2);
  });

  it('keeps its bound with 300 loose boxes', () => {
    const crowd = Array.from({ length: 300 }, (_, i) =>
      box([0.01, 0.01, 0.01], [(i % 10) / 10, (Math.floor(i / 10) % 10) / 10, Math.floor(i / 100) / 10]),
    ).flat();
    const { pieces } = of(crowd);
    expect(pieces.length).toBeGreaterThan(0);
    expect(pieces.length).toBeLessThanOrEqual(8);
  });
});
