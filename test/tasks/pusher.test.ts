import { expect, test } from 'vitest';
import { Random } from '#src/core/random';
import type { Task } from '#src/core/task';
import { Kinematics } from '#src/robot/index';
import pusherTask from '#src/tasks/pusher';
import { instanceOf } from './instance.ts';

const pusher = pusherTask as unknown as Task;
const { robot, instance } = await instanceOf(pusher, 'arm7-fork');
const none = new Float32Array(20);
const q = [0.4, 0.3, -0.5, -1.2, 0.7, -0.4, 0.2];
const tip = new Kinematics(robot).tip(q);

/** State with the arm at q and the object at a place. */
function state(object: readonly number[]): Float64Array {
  const s = new Float64Array(20);
  s.set(q);
  s.set(object, 17);
  return s;
}

test('the reward is that of PETS: L1 distances, squared action', () => {
  const object = [0.25, 0.05, -0.275];
  const near = object.reduce((sum, value, k) => sum + Math.abs(value - tip[k]), 0);
  const action = [1, -2, 0, 0.5, 0, 0, 0];
  // Object to goal: 0.2 + 0.1 + 0.048; action: 1 + 4 + 0.25.
  const expected = -1.25 * 0.348 - 0.5 * near - 0.1 * 5.25;
  expect(instance.reward(none, action, state(object), [])).toBeCloseTo(expected, 12);
  const terms = instance.terms?.(none, action, state(object), []) ?? {};
  expect(Object.values(terms).reduce((sum, value) => sum + value, 0)).toBeCloseTo(expected, 12);
});

test('an action is the torque of each joint, N m', () => {
  const command = new Float32Array(7);
  instance.action?.toCommand([2, -2, 1, 1, 1, -1, -2], command, none);
  expect([...command]).toEqual([2, -2, 1, 1, 1, -1, -2]);
});

test('the object starts 0.25 m nearer to the shoulder than the goal and 0.15 m farther out, give or take 25 mm', () => {
  const starts = Array.from({ length: 2000 }, (_, i) => instance.reset(new Random(1, 'reset', i)).state);
  const at = (k: 0 | 1) => starts.map(({ bodies }) => bodies?.object.position[k] ?? Number.NaN);
  for (const [k, mean] of [
    [0, 0.6],
    [1, -0.3],
  ] as const) {
    const values = at(k);
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(
      values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length,
    );
    // Four standard errors.
    expect(Math.abs(average - mean)).toBeLessThan((4 * 0.025) / Math.sqrt(2000));
    expect(Math.abs(deviation - 0.025)).toBeLessThan((4 * 0.025) / Math.sqrt(4000));
  }
  for (const { velocity } of starts.slice(0, 50))
    for (const rate of velocity) expect(Math.abs(rate)).toBeLessThanOrEqual(0.005);
});

test("the model sees what PETS' does: joints, tip and object", () => {
  const names = instance.observation.flatMap(({ name, size }) => new Array<string>(size).fill(name));
  expect(names).toHaveLength(20);
  expect(names.slice(14)).toEqual([
    ...new Array<string>(3).fill('tip.position'),
    ...new Array<string>(3).fill('object.position'),
  ]);
});

test('the tip lies between the ends of the tines, where the object fits', () => {
  const hand = robot.links[robot.tip.link];
  const tines = hand.collisions.filter(({ pose }) => Math.abs(pose.position[1]) > 0);
  expect(tines.map(({ pose }) => pose.position[1])).toEqual([-0.1, 0.1]);
  for (const { geometry, pose } of tines) {
    if (geometry.kind !== 'capsule') throw new Error('a tine is a capsule');
    expect(pose.position[0] + geometry.length / 2).toBeCloseTo(robot.tip.point[0], 9);
    expect(0.1 - geometry.radius).toBeGreaterThan(0.05);
  }
});
