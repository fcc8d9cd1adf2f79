import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quatConjugate, quatMultiply, rotate } from '#src/core/linalg';
import type { RobotModel } from '#src/core/robot';
import { type LoadOptions, loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { assets } from '../load/assets.ts';
import { temporaryFolder } from '../runs/fixtures.ts';
import { type Grasp, grasps, lift } from './lift.ts';
import { distance, forceOn, reading } from './scene.ts';

/** Pose of the cube in a finger's frame. */
function inHand(robot: RobotModel, finger: string, seen: Record<string, number[]>): number[] {
  const q = robot.movable.map((j) => seen[`${robot.joints[j].name}.position`][0]);
  const frame = new Kinematics(robot).linkPoses(q)[robot.links.findIndex(({ name }) => name === finger)];
  const back = quatConjugate(frame.rotation);
  const [x, y, z] = seen['cube.position'].map((value, k) => value - frame.position[k]);
  const [a, b, c, d] = seen['cube.rotation'];
  return [...rotate(back, [x, y, z]), ...quatMultiply(back, [a, b, c, d])];
}

async function expectHeld(grasp: Grasp, turn: number, options: LoadOptions = {}): Promise<void> {
  const { robot, plant, state, hold } = await lift(grasp, turn, options);
  const before = reading(plant);
  expect(before['cube.position'][2]).toBeGreaterThan(0.08);
  // A saved state in the grasp goes on to the same bits.
  const saved = plant.save();
  hold(100);
  const after = reading(plant);
  const end = plant.save();
  const hand = inHand(robot, grasp.fingers[0], before);
  const later = inHand(robot, grasp.fingers[0], after);
  expect(distance(later.slice(0, 3), hand.slice(0, 3))).toBeLessThan(5e-5);
  expect(distance(later.slice(3), hand.slice(3))).toBeLessThan(1e-3);
  expect(state.deepest).toBeLessThan(2e-4);
  const forces = grasp.fingers.map((finger) => forceOn(plant, 'cube', finger));
  const sum = [0, 1, 2].map((k) => forces[0][k] + forces[1][k]);
  expect(distance(sum, [0, 0, 9.81 * grasp.mass])).toBeLessThan(0.02);
  plant.restore(saved);
  hold(100);
  expect(plant.save()).toEqual(end);
}

describe.each(grasps)('the gripper of $name', (grasp) => {
  it.each([0, 0.15])('lifts a cube (turned by %d rad) and holds it for five seconds', (turn) =>
    expectHeld(grasp, turn),
  );
});

describe.skipIf(!existsSync(join(assets, 'robots/panda/meshes')))(
  "the panda with its maker's meshes (skipped where PREMOTOR_ASSETS or ../shared/assets has none)",
  () => {
    const temporary = temporaryFolder();
    const before = { ...process.env };
    beforeAll(() => {
      process.env.PREMOTOR_ASSETS = assets;
      process.env.PREMOTOR_CACHE = join(temporary.path, 'cache');
    });
    afterAll(() => {
      process.env = before;
      temporary.remove();
    });

    it('lifts the cube and holds it as well', async () => {
      const { links } = await loadRobot('panda', { colliders: 'meshes' });
      const pieces = links.flatMap(({ collisions }) =>
        collisions.filter(({ geometry }) => geometry.kind === 'convex'),
      );
      expect(pieces.length).toBeGreaterThanOrEqual(9);
      await expectHeld(grasps[0], 0.15, { colliders: 'meshes' });
    });
  },
);
