import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compose, rotate } from '#src/core/linalg';
import type { RobotModel } from '#src/core/robot';
import { combineInertials, Kinematics, robotFromUrdf, TipChain } from '#src/robot/index';
import { assets } from '../load/assets.ts';

type Four = [number | null, number | null, number | null, number | null];

/** As `scripts/urdf-golden.py` writes it. */
interface Golden {
  readonly reader: string;
  readonly file: string;
  readonly root: string;
  readonly joints: readonly {
    readonly name: string;
    readonly type: string;
    readonly parent: string;
    readonly child: string;
    readonly axis?: readonly number[];
    readonly limit?: Four;
    readonly dynamics?: readonly [number, number];
    readonly mimic?: readonly [string, number | null, number | null];
  }[];
  readonly links: Readonly<
    Record<string, { mass: number; center: readonly number[]; inertia: readonly number[] } | null>
  >;
  readonly configurations: readonly {
    readonly q: Readonly<Record<string, number>>;
    readonly poses: Readonly<Record<string, readonly number[]>>;
  }[];
}

const here = dirname(fileURLToPath(import.meta.url));
const goldens = readdirSync(join(here, 'golden')).map(
  (name) => JSON.parse(readFileSync(join(here, 'golden', name), 'utf8')) as Golden,
);

function read({ file }: Golden): RobotModel {
  return robotFromUrdf(readFileSync(join(assets, file), 'utf8'), undefined, { urdfFile: file });
}

function close(value: number, expected: number, what: string, tolerance = 1e-6): void {
  expect(Math.abs(value - expected), `${what}: ${value} for ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(expected)),
  );
}

const finite = (value: number | null | undefined, otherwise: number) =>
  value === null || value === undefined
    ? otherwise
    : Math.abs(value) >= 1e10
      ? Math.sign(value) * Infinity
      : value;

it('has a golden file of thirteen public robots, each naming its reader', () => {
  expect(goldens.length).toBe(13);
  for (const { reader } of goldens) expect(reader).toMatch(/^yourdfpy \d/);
});

describe.skipIf(!existsSync(join(assets, 'urdf')))(
  'a public URDF (skipped where PREMOTOR_ASSETS or ../shared/assets has none) is read as by yourdfpy:',
  () => {
    for (const golden of goldens) {
      it(`${golden.file}: joints and limits`, () => {
        const { joints, links, root, movable } = read(golden);
        expect(links[root].name).toBe(golden.root);
        expect(joints.map(({ name }) => name).sort()).toEqual(golden.joints.map(({ name }) => name).sort());
        for (const expected of golden.joints) {
          const joint = joints.find(({ name }) => name === expected.name) as (typeof joints)[number];
          expect(links[joint.parent].name).toBe(expected.parent);
          expect(links[joint.child].name).toBe(expected.child);
          const [low, high, velocity, effort] = expected.limit ?? [null, null, null, null];
          const sliding = expected.type === 'revolute' || expected.type === 'prismatic';
          if (sliding && low === high) {
            expect(joint.kind).toBe('fixed');
            continue;
          }
          expect(joint.kind).toBe(expected.type);
          if (joint.kind === 'fixed') continue;
          for (let k = 0; k < 3; k++) close(joint.axis[k], expected.axis?.[k] as number, expected.name);
          expect(joint.lower).toBe(sliding ? finite(low, 0) : -Infinity);
          expect(joint.upper).toBe(sliding ? finite(high, 0) : Infinity);
          expect(joint.maxVelocity).toBe(finite(velocity, Infinity));
          expect(joint.maxEffort).toBe(finite(effort, Infinity));
          expect([joint.damping, joint.friction]).toEqual(expected.dynamics ?? [0, 0]);
          expect(movable.includes(joints.indexOf(joint))).toBe(expected.mimic === undefined);
          if (!expected.mimic) continue;
          const [source, multiplier, offset] = expected.mimic;
          expect(joint.mimic).toEqual({
            joint: joints.findIndex(({ name }) => name === source),
            multiplier: multiplier ?? 1,
            offset: offset ?? 0,
          });
        }
      });

      it(`${golden.file}: masses, centres and inertias`, () => {
        const { links } = read(golden);
        expect(links.map(({ name }) => name).sort()).toEqual(Object.keys(golden.links).sort());
        for (const { name, inertial } of links) {
          const expected = golden.links[name];
          if (expected === null || expected.mass === 0) {
            expect(inertial?.mass ?? 0, name).toBe(0);
            continue;
          }
          expect(inertial?.mass).toBe(expected.mass);
          const own = inertial && combineInertials([{ inertial, pose: compose(identity, identity) }]);
          for (let k = 0; k < 3; k++) close(own?.pose.position[k] as number, expected.center[k], name);
          const scale = Math.max(...expected.inertia.map(Math.abs));
          for (let k = 0; k < 6; k++)
            expect(Math.abs((own?.inertia[k] as number) - expected.inertia[k])).toBeLessThanOrEqual(
              1e-6 * scale,
            );
        }
      });

      it(`${golden.file}: the pose of every link at five configurations, to 1e-6`, () => {
        const robot = read(golden);
        const kinematics = new Kinematics(robot);
        expect(golden.configurations.length).toBe(5);
        for (const { q, poses } of golden.configurations) {
          const own = robot.movable.map((j) => q[robot.joints[j].name]);
          const links = kinematics.linkPoses(own);
          for (const [i, { name }] of robot.links.entries()) {
            const { position, rotation } = links[i];
            const [x, y, z, ...turned] = poses[name];
            for (const [k, value] of [x, y, z].entries()) close(position[k], value, name);
            const sign = Math.sign(rotation.reduce((sum, value, k) => sum + value * turned[k], 0));
            for (let k = 0; k < 4; k++) close(sign * rotation[k], turned[k], name);
          }
        }
      });

      it(`${golden.file}: a TipChain to every link agrees with it, to 1e-12`, () => {
        const robot = read(golden);
        const kinematics = new Kinematics(robot);
        const point = [0.11, -0.23, 0.31] as const;
        const out = new Float64Array(5);
        for (const { q } of golden.configurations) {
          const own = robot.movable.map((j) => q[robot.joints[j].name]);
          const links = kinematics.linkPoses(own);
          for (const [i, { position, rotation }] of links.entries()) {
            new TipChain(robot, i, point).position(own, out, 1);
            const offset = rotate(rotation, point);
            for (let k = 0; k < 3; k++) close(out[1 + k], position[k] + offset[k], 'tip', 1e-12);
          }
        }
        expect([out[0], out[4]]).toEqual([0, 0]);
      });
    }
  },
);

const identity = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;
