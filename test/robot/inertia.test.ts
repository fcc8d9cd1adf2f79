import { describe, expect, it } from 'vitest';
import { fromRollPitchYaw, rotate } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Inertial, Quat, Vec3 } from '#src/core/robot';
import { combineInertials, principalInertia } from '#src/robot/index';

type Six = [number, number, number, number, number, number];

/** Inertia about the centre of mass of point masses. */
function cloud(points: readonly { mass: number; at: Vec3 }[]): Inertial {
  const mass = points.reduce((sum, point) => sum + point.mass, 0);
  const center = [0, 1, 2].map((k) => points.reduce((sum, p) => sum + p.mass * p.at[k], 0) / mass);
  const inertia: Six = [0, 0, 0, 0, 0, 0];
  for (const { mass: m, at } of points) {
    const [x, y, z] = at.map((value, k) => value - center[k]);
    const terms = [y * y + z * z, -x * y, -x * z, x * x + z * z, -y * z, x * x + y * y];
    for (let k = 0; k < 6; k++) inertia[k] += m * terms[k];
  }
  return { mass, pose: { position: center as unknown as Vec3, rotation: [0, 0, 0, 1] }, inertia };
}

/** R diag(moments) Rᵀ */
function tensor(moments: Vec3, axes: Quat): Six {
  const columns = (
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const
  ).map((axis) => rotate(axes, axis));
  const entry = (i: number, j: number) => columns.reduce((sum, c, k) => sum + moments[k] * c[i] * c[j], 0);
  return [entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)];
}

function randomPoints(seed: number, count: number) {
  const random = new Random(seed, 'test');
  return Array.from({ length: count }, () => ({
    mass: 0.1 + random.uniform(),
    at: [random.uniform() - 0.5, 2 * random.uniform(), 0.3 * random.uniform()] as Vec3,
  }));
}

describe('inertia', () => {
  it('is given back by its principal moments and axes', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const inertial = cloud(randomPoints(seed, 5));
      const { moments, axes } = principalInertia(inertial);
      for (const [k, value] of tensor(moments, axes).entries())
        expect(value).toBeCloseTo(inertial.inertia[k], 12);
    }
  });

  it('turns with the frame in which it is given', () => {
    const rotation = fromRollPitchYaw(0.3, -0.8, 2);
    const { moments, axes } = principalInertia({
      mass: 1,
      pose: { position: [0, 0, 0], rotation },
      inertia: [1, 0, 0, 2, 0, 3],
    });
    for (const [k, value] of tensor([1, 2, 3], rotation).entries())
      expect(tensor(moments, axes)[k]).toBeCloseTo(value, 12);
  });

  it('of two parts in turned frames is that of all their points', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const here = randomPoints(seed, 4);
      const there = randomPoints(seed + 100, 3);
      const pose = { position: [0.4, -0.2, 1] as Vec3, rotation: fromRollPitchYaw(seed, 0.5, -1) };
      const moved = there.map(({ mass, at }) => ({
        mass,
        at: rotate(pose.rotation, at).map((value, k) => value + pose.position[k]) as unknown as Vec3,
      }));
      const whole = cloud([...here, ...moved]);
      const combined = combineInertials([
        { inertial: cloud(here), pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] } },
        { inertial: cloud(there), pose },
      ]) as Inertial;
      expect(combined.mass).toBeCloseTo(whole.mass, 12);
      for (let k = 0; k < 3; k++) expect(combined.pose.position[k]).toBeCloseTo(whole.pose.position[k], 12);
      for (let k = 0; k < 6; k++) expect(combined.inertia[k]).toBeCloseTo(whole.inertia[k], 12);
    }
  });
});
