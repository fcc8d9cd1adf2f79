import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import type { RobotModel, Vec3 } from '#src/core/robot';
import { loadRobot, shippedRobots } from '#src/load/robot';

/** A solid capsule or sphere (from = to). */
interface Solid {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly radius: number;
}

const capsule = (from: Vec3, to: Vec3, radius: number): Solid => ({ from, to, radius });
const sphere = (at: Vec3, radius: number): Solid => ({ from: at, to: at, radius });

/** Mass, centre and inertia about the centre of solids of a density [kg/m³], plus the rotor's disc about `axis`. */
function massOf(solids: readonly Solid[], axis?: number, density = 1000) {
  const parts = solids.map(({ from, to, radius: r }) => {
    const along = to.map((value, k) => value - from[k]);
    const length = Math.hypot(...along);
    const tube = density * Math.PI * r * r * length;
    const ball = (density * 4 * Math.PI * r ** 3) / 3;
    const own = (tube * r * r) / 2 + 0.4 * ball * r * r;
    const across =
      tube * (length ** 2 / 12 + r ** 2 / 4) + ball * (0.4 * r ** 2 + length ** 2 / 4 + (3 * length * r) / 8);
    const unit = length === 0 ? [0, 0, 1] : along.map((value) => value / length);
    return {
      mass: tube + ball,
      center: from.map((value, k) => (value + to[k]) / 2),
      inertia: (i: number, j: number) => (i === j ? across : 0) + (own - across) * unit[i] * unit[j],
    };
  });
  const mass = parts.reduce((sum, part) => sum + part.mass, 0);
  const center = [0, 1, 2].map(
    (k) => parts.reduce((sum, part) => sum + part.mass * part.center[k], 0) / mass,
  );
  const entry = (i: number, j: number) => {
    const rotor = axis === undefined || i !== j ? 0 : i === axis ? 0.04 : 0.02;
    return parts.reduce((sum, part) => {
      const d = part.center.map((value, k) => value - center[k]);
      const square = d[0] ** 2 + d[1] ** 2 + d[2] ** 2;
      return sum + part.inertia(i, j) + part.mass * ((i === j ? square : 0) - d[i] * d[j]);
    }, rotor);
  };
  return {
    mass,
    center,
    inertia: [entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)],
  };
}

/** Column and head of PETS' arms. */
const head: Solid[] = [
  capsule([0, 0, -0.4], [0, 0, 0.2], 0.1),
  sphere([-0.06, 0.05, 0.2], 0.05),
  sphere([0.06, 0.05, 0.2], 0.05),
  sphere([-0.06, 0.09, 0.2], 0.03),
  sphere([0.06, 0.09, 0.2], 0.03),
];

function expectMass(robot: RobotModel, link: string, expected: ReturnType<typeof massOf>): void {
  const inertial = robot.links.find(({ name }) => name === link)?.inertial;
  if (!inertial) throw new Error(`${link} has no inertial`);
  expect(Math.abs(inertial.mass / expected.mass - 1)).toBeLessThan(1e-6);
  for (let k = 0; k < 3; k++) expect(inertial.pose.position[k]).toBeCloseTo(expected.center[k], 7);
  for (let k = 0; k < 6; k++)
    expect(Math.abs(inertial.inertia[k] - expected.inertia[k])).toBeLessThan(1e-6 * expected.inertia[0]);
}

describe('shipped robots', () => {
  it('are read without anything to remark', async () => {
    expect(shippedRobots()).toEqual(expect.arrayContaining(['arm7', 'cartpole']));
    for (const name of ['arm7', 'cartpole']) {
      const robot = await loadRobot(name);
      expect(robot.name).toBe(name);
      expect(robot.notes).toEqual([]);
    }
  });

  it('cartpole has the masses of its capsules', async () => {
    const robot = await loadRobot('cartpole');
    expectMass(robot, 'cart', massOf([capsule([-0.1, 0, 0], [0.1, 0, 0], 0.1)]));
    expectMass(robot, 'pole', massOf([capsule([0, 0, 0], [0, 0, -0.6], 0.049)]));
    expect(robot.actuators).toEqual([{ joint: 'slider', kind: 'effort', maxEffort: 300 }]);
    expect(robot.joints.map(({ lower, upper, damping }) => [lower, upper, damping])).toEqual([
      [-2.5, 2.5, 1],
      [-Infinity, Infinity, 1],
    ]);
  });

  it('arm7 has the masses of its capsules and a rotor in each link', async () => {
    const robot = await loadRobot('arm7');
    const [x, y, z] = [0, 1, 2];
    const fingers = [0.03, -0.03].flatMap((side) => {
      const tip = side * (0.03495 / 0.03);
      return [
        capsule([0.07691, side, 0], [0.16828, tip, 0], 0.01),
        capsule([0.16828, tip, 0], [0.25965, tip, 0], 0.01),
      ];
    });
    const links: [string, Solid[], number][] = [
      ['shoulder', head, z],
      ['shoulder_yoke', [capsule([0, -0.1, 0], [0, 0.1, 0], 0.1)], y],
      ['upper_arm', [capsule([-0.1, 0, 0], [0.1, 0, 0], 0.02), capsule([0, 0, 0], [0.4, 0, 0], 0.06)], x],
      ['elbow', [capsule([0, -0.02, 0], [0, 0.02, 0], 0.06)], y],
      ['forearm', [capsule([-0.1, 0, 0], [0.1, 0, 0], 0.02), capsule([0, 0, 0], [0.321, 0, 0], 0.05)], x],
      ['wrist', [capsule([0, -0.02, 0], [0, 0.02, 0], 0.01)], y],
      [
        'hand',
        [
          capsule([-0.02, 0, 0], [0.02, 0, 0], 0.01),
          capsule([0.05, 0, -0.02], [0.05, 0, 0.02], 0.05),
          ...fingers,
        ],
        x,
      ],
    ];
    for (const [name, solids, axis] of links) expectMass(robot, name, massOf(solids, axis));
    expect(robot.joints.map(({ damping }) => damping)).toEqual([10, 10, 0.1, 1, 0.1, 0.1, 0.1]);
    expect(robot.joints.map(({ lower, upper }) => [lower, upper])).toEqual([
      [-2.2854, 1.714602],
      [-0.5236, 1.3963],
      [-3.9, 0.8],
      [-2.3213, 0],
      [-Infinity, Infinity],
      [-2.094, 0],
      [-Infinity, Infinity],
    ]);
    expect(robot.actuators.map(({ maxEffort }) => maxEffort)).toEqual([20, 20, 20, 20, 20, 20, 20]);
  });

  it("arm7-fork is the arm of PETS' pusher", async () => {
    const [fork, arm] = [await loadRobot('arm7-fork'), await loadRobot('arm7')];
    expect(fork.notes).toEqual([]);
    const links: [string, Solid[]][] = [
      ['shoulder', head],
      ['shoulder_yoke', [capsule([0, -0.1, 0], [0, 0.1, 0], 0.1)]],
      ['upper_arm', [capsule([-0.1, 0, 0], [0.1, 0, 0], 0.02), capsule([0, 0, 0], [0.4, 0, 0], 0.06)]],
      ['elbow', [capsule([0, -0.02, 0], [0, 0.02, 0], 0.06)]],
      ['forearm', [capsule([-0.1, 0, 0], [0.1, 0, 0], 0.02), capsule([0, 0, 0], [0.291, 0, 0], 0.05)]],
      ['wrist', [capsule([0, -0.02, 0], [0, 0.02, 0], 0.01)]],
      [
        'hand',
        [
          capsule([0, -0.1, 0], [0, 0.1, 0], 0.02),
          capsule([0, -0.1, 0], [0.1, -0.1, 0], 0.02),
          capsule([0, 0.1, 0], [0.1, 0.1, 0], 0.02),
          sphere([0.1, -0.1, 0], 0.01),
          sphere([0.1, 0.1, 0], 0.01),
        ],
      ],
    ];
    for (const [name, solids] of links) expectMass(fork, name, massOf(solids, undefined, 300));
    const frames = (robot: RobotModel) =>
      robot.joints.map(({ name, axis, origin }) => ({ name, axis, origin }));
    expect(frames(fork).slice(1)).toEqual(frames(arm).slice(1));
    expect(fork.joints[0].origin.position).toEqual([0, -0.6, 0]);
    expect(fork.joints.map(({ lower, upper }) => [lower, upper])).toEqual([
      [-2.2854, 2],
      [-0.5236, 1.3963],
      [-1.5, 1.7],
      [-2.3213, 0],
      [-1.5, 1.5],
      [-1.094, 0],
      [-1.5, 1.5],
    ]);
    expect(fork.joints.map(({ damping }) => damping)).toEqual([1, 1, 0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(fork.joints.map(({ armature }) => armature)).toEqual(new Array(7).fill(0.04));
    expect(fork.actuators.map(({ maxEffort }) => maxEffort)).toEqual(new Array(7).fill(2));
  });

  const wrong = async (name: string) => {
    const error = await loadRobot(name).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  };

  it('names the nearest robot when a name is unknown', async () => {
    expect(await wrong('cartpol')).toContain('did you mean "cartpole"');
    expect(await wrong('hexapod')).toMatch(/arm7, .*cartpole/);
    expect(await wrong('./nowhere.urdf')).toContain('no such file');
  });

  it('reads a URDF by path, and a robot.json beside it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'premotor-robot-'));
    try {
      const file = join(directory, 'mine.urdf');
      writeFileSync(file, '<robot name="mine"><link name="a"/></robot>');
      expect((await loadRobot(file)).name).toBe('mine');
      writeFileSync(join(directory, 'robot.json'), '{ "name": "other" }');
      expect((await loadRobot(file)).name).toBe('other');
      writeFileSync(join(directory, 'robot.json'), '{ "name": ');
      expect(await wrong(file)).toMatch(/robot\.json: not valid JSON/);
      expect(await wrong(directory)).toMatch(/cannot be read \(EISDIR\)/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
