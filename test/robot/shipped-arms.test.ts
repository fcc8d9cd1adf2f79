import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import RAPIER from '@dimforge/rapier3d';
import { beforeAll, describe, expect, it } from 'vitest';
import { compose, quatMultiply, rotate } from '#src/core/linalg';
import type { Geometry, Pose, Quat, RobotModel, Vec3 } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { Kinematics, rigidGroups } from '#src/robot/index';
import { assets } from '../load/assets.ts';

const here = dirname(fileURLToPath(import.meta.url));
const makers = { so101: 'so101_new_calib', panda: 'panda' } as const;
const names = ['so101', 'panda'] as const;

/** What yourdfpy read from the maker's URDF; see golden.test.ts. */
function goldenOf(name: keyof typeof makers) {
  return JSON.parse(readFileSync(join(here, 'golden', `${makers[name]}.json`), 'utf8')) as {
    file: string;
    joints: { name: string; limit?: (number | null)[]; axis?: number[]; mimic?: unknown }[];
    links: Record<string, { mass: number; center: number[]; inertia: number[] } | null>;
    configurations: { q: Record<string, number>; poses: Record<string, number[]> }[];
  };
}

describe.each(names)('%s', (name) => {
  let robot: RobotModel;
  beforeAll(async () => {
    robot = await loadRobot(name);
  });

  it('is read without anything to remark', () => {
    expect(robot.name).toBe(name);
    expect(robot.notes).toEqual([]);
  });

  it("has its maker's masses, centres and inertias, in whole and link by link", () => {
    const golden = goldenOf(name);
    expect(robot.links.map((link) => link.name).sort()).toEqual(Object.keys(golden.links).sort());
    let total = 0;
    for (const { name, inertial } of robot.links) {
      const expected = golden.links[name];
      // The maker's frames without a body weigh nothing, or 1 µg.
      if (!expected || expected.mass < 1e-8) {
        expect(inertial).toBeUndefined();
        continue;
      }
      total += expected.mass;
      expect(inertial?.mass).toBe(expected.mass);
      expect(inertial?.pose).toEqual({ position: expected.center, rotation: [0, 0, 0, 1] });
      for (let k = 0; k < 6; k++)
        expect(Math.abs((inertial?.inertia[k] ?? 0) - expected.inertia[k])).toBeLessThan(1e-12);
    }
    expect(total).toBeCloseTo(name === 'panda' ? 17.451901 : 0.632006, 9);
  });

  it("has its maker's joints, axes and limits", () => {
    for (const expected of goldenOf(name).joints) {
      const joint = robot.joints.find((candidate) => candidate.name === expected.name);
      if (!expected.limit) {
        expect(joint?.kind).toBe('fixed');
        continue;
      }
      expect([joint?.lower, joint?.upper, joint?.maxVelocity, joint?.maxEffort]).toEqual(expected.limit);
      expect(joint?.axis.map((value) => value + 0)).toEqual(expected.axis);
      expect(joint?.mimic !== undefined).toBe(expected.mimic !== undefined);
    }
  });

  it("has every link where the maker's has it, to 1e-9", () => {
    const kinematics = new Kinematics(robot);
    for (const { q, poses } of goldenOf(name).configurations) {
      const links = kinematics.linkPoses(robot.movable.map((j) => q[robot.joints[j].name]));
      for (const [i, { name }] of robot.links.entries())
        expectPose(links[i], poses[name].slice(0, 3), poses[name].slice(3), 1e-9, name);
    }
  });

  it.skipIf(!existsSync(join(assets, goldenOf(name).file)))(
    "moves as the maker's own URDF does, to 1e-9 at 20 configurations (skipped where PREMOTOR_ASSETS lacks it)",
    async () => {
      const original = await loadRobot(join(assets, goldenOf(name).file), { colliders: 'primitives' });
      const own = new Kinematics(robot);
      const theirs = new Kinematics(original);
      for (let i = 0; i < 20; i++) {
        const q = (robot: RobotModel) =>
          robot.movable.map((j) => {
            const { name, lower, upper } = robot.joints[j];
            return lower + (upper - lower) * fraction(`${name} ${i}`);
          });
        const [a, b] = [own.linkPoses(q(robot)), theirs.linkPoses(q(original))];
        for (const [l, link] of robot.links.entries()) {
          const other = b[original.links.findIndex(({ name }) => name === link.name)];
          expectPose(a[l], other.position, other.rotation, 1e-9, link.name);
        }
      }
    },
  );

  it('touches itself nowhere at its home pose', async () => {
    await RAPIER.init();
    const poses = new Kinematics(robot).linkPoses(robot.home);
    const group = new Map(
      rigidGroups(robot).flatMap(({ leader, members }) => members.map((m) => [m.link, leader])),
    );
    const joined = new Set(
      robot.joints.flatMap(({ parent, child }) => [
        `${group.get(parent)} ${group.get(child)}`,
        `${group.get(child)} ${group.get(parent)}`,
      ]),
    );
    const apart = new Set((robot.untouching ?? []).flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
    const touching: string[] = [];
    for (const [a, first] of robot.links.entries())
      for (const [b, second] of robot.links.entries()) {
        if (b <= a || group.get(a) === group.get(b)) continue;
        if (joined.has(`${group.get(a)} ${group.get(b)}`) || apart.has(`${a} ${b}`)) continue;
        for (const x of first.collisions)
          for (const y of second.collisions)
            if (
              distance(x.geometry, compose(poses[a], x.pose), y.geometry, compose(poses[b], y.pose)) < 0.001
            )
              touching.push(`${first.name} ${second.name}`);
      }
    expect(touching).toEqual([]);
  });
});

describe('so101', () => {
  it("drives six joints with the servo of the maker's MuJoCo model", async () => {
    const robot = await loadRobot('so101');
    const joints = ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper'];
    expect(robot.movable.map((j) => robot.joints[j].name)).toEqual(joints);
    for (const [i, joint] of joints.entries()) {
      const { maxEffort, ...servo } = robot.actuators[i] as { maxEffort: number };
      expect(maxEffort).toBe(3.35);
      expect(servo).toEqual({ joint, kind: 'position', stiffness: 17.8, damping: 0, backlash: 0.0174533 });
      const { damping, friction, armature } = robot.joints[robot.movable[i]];
      expect([damping, friction, armature]).toEqual([0.6, 0.052, 0.028]);
    }
  });

  it('closes its jaws without overlap, and their faces are parallel some 29 mm apart', async () => {
    const robot = await loadRobot('so101');
    const gap = (gripper: number) => jawFaces(robot, gripper);
    expect(gap(-0.174533).tips).toBeGreaterThan(0);
    expect(gap(-0.174533).tips).toBeLessThan(0.006);
    const parallel = gap(0.164);
    expect(parallel.angle).toBeLessThan(0.01);
    expect(parallel.middle).toBeGreaterThan(0.026);
    expect(parallel.middle).toBeLessThan(0.032);
  });

  it('looks down at the table from its home, the tip between the jaws', async () => {
    const robot = await loadRobot('so101');
    const kinematics = new Kinematics(robot);
    const [x, y, z] = kinematics.tip(robot.home);
    expect(Math.hypot(x - 0.25, y, z - 0.1)).toBeLessThan(0.005);
    const hand = kinematics.linkPoses(robot.home)[robot.tip.link];
    expect(rotate(hand.rotation, [0, 0, -1])[2]).toBeLessThan(-0.98);
  });
});

describe('panda', () => {
  it("drives seven joints and the fingers with ManiSkill's servos, within the maker's efforts", async () => {
    const robot = await loadRobot('panda');
    expect(robot.actuators).toEqual(
      [87, 87, 87, 87, 12, 12, 12, 100].map((maxEffort, i) => ({
        joint: i < 7 ? `panda_joint${i + 1}` : 'panda_finger_joint1',
        kind: 'position',
        stiffness: 1000,
        damping: 100,
        maxEffort,
        backlash: 0,
      })),
    );
  });

  it('opens both fingers with one coordinate, and their pads meet at 0', async () => {
    const robot = await loadRobot('panda');
    const kinematics = new Kinematics(robot);
    for (const open of [0, 0.013, 0.04]) {
      const q = [...robot.home];
      q[7] = open;
      const poses = kinematics.linkPoses(q);
      const [left, right] = ['panda_leftfinger', 'panda_rightfinger'].map((name, side) => {
        const l = robot.links.findIndex((link) => link.name === name);
        const pad = robot.links[l].collisions.at(-1);
        if (pad?.geometry.kind !== 'box') throw new Error('the pad is no box');
        const inner: Vec3 = [
          pad.pose.position[0],
          pad.pose.position[1] + ((side === 0 ? -1 : 1) * pad.geometry.size[1]) / 2,
          pad.pose.position[2],
        ];
        return compose(poses[l], { position: inner, rotation: [0, 0, 0, 1] }).position;
      });
      expect(Math.hypot(...left.map((value, k) => value - right[k]))).toBeCloseTo(2 * open, 9);
      const tip = kinematics.tip(q);
      for (let k = 0; k < 2; k++) expect((left[k] + right[k]) / 2).toBeCloseTo(tip[k], 6);
    }
  });

  it("stands as ManiSkill's at home: the tip 0.615 m ahead and 0.17 m up, hand down", async () => {
    const robot = await loadRobot('panda');
    const kinematics = new Kinematics(robot);
    const tip = kinematics.tip(robot.home);
    expect([...tip].map((value) => Math.round(1000 * value) + 0)).toEqual([615, 0, 170]);
    const hand = kinematics.linkPoses(robot.home)[robot.tip.link];
    expect(rotate(hand.rotation, [0, 0, 1])[2]).toBeLessThan(-0.9999);
  });
});

/** Distance of the jaws' faces at their tips and in their middle, m, and the angle between them, rad. */
function jawFaces(robot: RobotModel, gripper: number) {
  const q = robot.movable.map((j) => (robot.joints[j].name === 'gripper' ? gripper : 0));
  const poses = new Kinematics(robot).linkPoses(q);
  const face = (name: string, side: number) => {
    const l = robot.links.findIndex((link) => link.name === name);
    const pad = robot.links[l].collisions.at(-1);
    if (pad?.geometry.kind !== 'box') throw new Error('the face is no box');
    const pose = compose(poses[l], pad.pose);
    const { size } = pad.geometry;
    // The face is normal to x; along it the tip is at the end of its longest side.
    const along = size[1] > size[2] ? 1 : 2;
    const at = (share: number): Vec3 => {
      const local: [number, number, number] = [(side * size[0]) / 2, 0, 0];
      local[along] = -share * (size[along] / 2);
      return compose(pose, { position: local, rotation: [0, 0, 0, 1] }).position;
    };
    return { tip: at(1), middle: at(0), normal: rotate(pose.rotation, [side, 0, 0]) };
  };
  const fixed = face('gripper_link', 1);
  const moving = face('moving_jaw_so101_v1_link', -1);
  const along = (from: Vec3, to: Vec3) =>
    from.reduce((sum, value, k) => sum + (to[k] - value) * fixed.normal[k], 0);
  const cosine = -fixed.normal.reduce((sum, value, k) => sum + value * moving.normal[k], 0);
  return {
    tips: along(fixed.tip, moving.tip),
    middle: along(fixed.middle, moving.middle),
    angle: Math.acos(Math.min(1, cosine)),
  };
}

function expectPose(
  pose: Pose,
  position: readonly number[],
  rotation: readonly number[],
  within: number,
  what: string,
) {
  const sign = Math.sign(pose.rotation.reduce((sum, value, k) => sum + value * rotation[k], 0));
  const errors = [
    ...position.map((value, k) => value - pose.position[k]),
    ...rotation.map((value, k) => value - sign * pose.rotation[k]),
  ];
  expect(Math.max(...errors.map(Math.abs)), what).toBeLessThan(within);
}

/** A number in 0 … 1 that a text decides. */
function fraction(text: string): number {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  return (hash >>> 0) / 2 ** 32;
}

function distance(a: Geometry, at: Pose, b: Geometry, bt: Pose): number {
  const [x, y] = [solid(a, at), solid(b, bt)];
  const contact = x.shape.contactShape(x.position, x.rotation, y.shape, y.position, y.rotation, 1);
  return contact ? contact.distance : 1;
}

/** Rapier's cylinders and capsules stand along y. */
function solid(geometry: Geometry, pose: Pose) {
  const upright: Quat = [Math.SQRT1_2, 0, 0, Math.SQRT1_2];
  const turned = geometry.kind === 'cylinder' || geometry.kind === 'capsule';
  const [x, y, z, w] = turned ? quatMultiply(pose.rotation, upright) : pose.rotation;
  const [px, py, pz] = pose.position;
  return { shape: shapeOf(geometry), position: { x: px, y: py, z: pz }, rotation: { x, y, z, w } };
}

function shapeOf(geometry: Geometry) {
  switch (geometry.kind) {
    case 'box':
      return new RAPIER.Cuboid(geometry.size[0] / 2, geometry.size[1] / 2, geometry.size[2] / 2);
    case 'sphere':
      return new RAPIER.Ball(geometry.radius);
    case 'cylinder':
      return new RAPIER.Cylinder(geometry.length / 2, geometry.radius);
    case 'capsule':
      return new RAPIER.Capsule(geometry.length / 2, geometry.radius);
    default:
      throw new Error(`${geometry.kind} is not expected here`);
  }
}
