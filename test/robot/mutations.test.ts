import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { Kinematics, massMatrix, robotFromUrdf } from '#src/robot/index';
import { type Element, parseXml } from '#src/robot/xml';
import { mutate } from './mutate.ts';

const here = dirname(fileURLToPath(import.meta.url));
const shipped = join(resolve(here, '../..'), 'robots');
const originals = [
  ...['arm7', 'cartpole', 'so101', 'panda', 'car'].map((name) => join(shipped, name, 'robot.urdf')),
  ...readdirSync(join(here, 'hostile'))
    .filter((name) => name.endsWith('.urdf'))
    .sort()
    .map((name) => join(here, 'hostile', name)),
].map((file) => readFileSync(file, 'utf8'));

/** Paths of numbers that are neither finite nor limits that may be infinite. */
function unsound(value: unknown, path = ''): string[] {
  if (typeof value === 'number') {
    const limit = /\.(lower|upper|maxVelocity|maxEffort)$/.test(path);
    return Number.isFinite(value) || (limit && Math.abs(value) === Infinity) ? [] : [`${path} ${value}`];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => unsound(inner, `${path}.${key}`));
}

const many = (parent: Element, tag: string) => parent.children.filter((child) => child.tag === tag);

/** Nothing of the file is lost without a word. */
function expectAccounted(robot: RobotModel, root: Element): void {
  const links = many(root, 'link');
  const joints = many(root, 'joint');
  const parts = joints.reduce((sum, { attributes }) => {
    const type = attributes.get('type')?.trim();
    return sum + (type === 'floating' ? 5 : type === 'planar' ? 2 : 0);
  }, 0);
  expect(robot.links).toHaveLength(links.length + parts);
  expect(robot.joints).toHaveLength(joints.length + parts);
  expect(robot.joints).toHaveLength(robot.links.length - 1);
  for (const link of links) {
    const own = robot.links.find(({ name }) => name === link.attributes.get('name')?.trim());
    for (const [use, shapes] of [
      ['visual', own?.visuals],
      ['collision', own?.collisions],
    ] as const) {
      const known = many(link, use).filter((shape) =>
        many(shape, 'geometry').some(({ children }) =>
          children.some(({ tag }) => ['box', 'sphere', 'cylinder', 'capsule', 'mesh'].includes(tag)),
        ),
      );
      expect(shapes).toHaveLength(known.length);
      if (known.length < many(link, use).length)
        expect(robot.notes.join('\n')).toMatch(/ignored <.*> in <geometry>/);
    }
  }
  for (const { tag } of root.children)
    if (!['link', 'joint', 'material'].includes(tag)) expect(robot.notes.join('\n')).toContain(`<${tag}>`);
  const still = robot.joints.filter(({ kind, mimic }) => kind === 'fixed' || mimic).length;
  expect(robot.movable.length + still).toBe(robot.joints.length);
}

function expectSound(robot: RobotModel): void {
  expect(unsound(robot)).toEqual([]);
  for (const { origin, axis, lower, upper, mimic } of robot.joints) {
    expect(Math.hypot(...origin.rotation)).toBeCloseTo(1, 9);
    expect(Math.hypot(...axis)).toBeCloseTo(1, 9);
    expect(lower).toBeLessThanOrEqual(upper);
    if (mimic) expect(robot.movable).toContain(mimic.joint);
  }
  expect(robot.home).toHaveLength(robot.movable.length);
  expect(unsound(new Kinematics(robot).linkPoses(robot.home))).toEqual([]);
  const matrix = massMatrix(robot, robot.home);
  expect(unsound([...matrix])).toEqual([]);
  const told = robot.notes.some((note) => note.startsWith('cannot be simulated: '));
  for (const d of robot.movable.keys())
    if (!told) expect(matrix[d * robot.movable.length + d]).toBeGreaterThan(0);
}

describe('500 mutated URDFs', () => {
  const counts = { read: 0, refused: 0 };
  for (let block = 0; block < 10; block++)
    it(`end in an error that names the element, or in a sound robot of which nothing is lost: ${block * 50} …`, () => {
      for (let i = block * 50; i < (block + 1) * 50; i++) {
        const random = new Random(i, 'urdf mutation');
        // Shipped robots are few and large, hostile files many and small.
        const from = random.uniform() < 0.5 ? 5 : originals.length;
        const text = mutate(originals[Math.floor(from * random.uniform())], random);
        try {
          const robot = robotFromUrdf(text, undefined, { urdfFile: 'm.urdf' });
          expectSound(robot);
          expectAccounted(robot, parseXml(text, 'm.urdf'));
          counts.read++;
        } catch (error) {
          if (!(error instanceof InputError)) throw new Error(`mutation ${i}`, { cause: error });
          expect(error.message).toMatch(/^m\.urdf: [^\n]*; [^\n]+$/);
          expect(error.message).toMatch(
            /(link|joint|material) "|a (link|joint): |<\w+|line \d+|root elements|file is empty|document type|cannot be read as XML/,
          );
          counts.refused++;
        }
      }
    });

  it('are of both sorts', () => {
    expect(counts.read + counts.refused).toBe(500);
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });
});
