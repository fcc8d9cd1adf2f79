import { describe, expect, test } from 'vitest';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import type { Task } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { benchTopOf, startOf } from '#src/tasks/bench-top';
import pickTask from '#src/tasks/pick-cube';
import pushTask from '#src/tasks/push-cube';
import { instanceOf } from './instance.ts';

const push = pushTask as unknown as Task;
const pick = pickTask as unknown as Task;

describe.each([
  { name: 'panda', half: 0.02, disc: 0.1, near: 0.025 },
  { name: 'so101', half: 0.0125, disc: 0.05, near: 0.0156 },
])('with $name', ({ name, half, disc, near }) => {
  test('the gripper starts above the square where cubes appear, looking down', async () => {
    const { robot } = await instanceOf(push, name);
    const top = benchTopOf('push-cube', robot);
    const q = startOf(robot, top);
    const kinematics = new Kinematics(robot);
    const tip = kinematics.tip(q);
    expect(Math.hypot(tip[0] - top.place[0], tip[1] - top.place[1])).toBeLessThan(0.03);
    expect(tip[2]).toBeGreaterThan(0.05);
    expect(tip[2]).toBeLessThan(0.25);
  });

  test('push-cube pays for coming behind the cube, then for the way left, and 1 within the disc', async () => {
    const { robot, instance } = await instanceOf(push, name);
    const size = robot.movable.length;
    const q = startOf(robot, benchTopOf('push-cube', robot));
    const tip = new Kinematics(robot).tip(q);
    const state = (x: number, y: number, z: number) => {
      const s = new Float64Array(2 * size + 7);
      s.set(q);
      s.set([x, y, z, 0, 0, 0, 1], 2 * size);
      return s;
    };
    const none = new Float64Array(0);
    const goal = [tip[0] + 0.4, tip[1]];
    // 0.1 m above the place behind the cube.
    const above = state(tip[0] + half + 0.005, tip[1], tip[2] - 0.1);
    expect(instance.reward(above, none, above, goal)).toBeCloseTo((1 - Math.tanh(0.5)) / 3, 10);
    const behind = state(tip[0] + half + 0.005, tip[1], tip[2]);
    const left = 0.4 - half - 0.005;
    expect(instance.reward(behind, none, behind, goal)).toBeCloseTo(
      1 / 3 + (1 - Math.tanh(5 * left)) / 3,
      10,
    );
    const inside = state(goal[0] + disc - 1e-6, goal[1], half);
    expect(instance.success?.(inside, goal)).toBe(true);
    expect(instance.reward(inside, none, inside, goal)).toBe(1);
    expect(instance.success?.(state(goal[0] + disc + 1e-6, goal[1], half), goal)).toBe(false);
    // Lifted is not pushed.
    expect(instance.success?.(state(goal[0], goal[1], half + 0.006), goal)).toBe(false);
  });

  test('pick-cube pays for reaching, holding, placing and resting, and 1 for a still cube at the goal', async () => {
    const { robot, instance } = await instanceOf(pick, name);
    const size = robot.movable.length;
    const q = startOf(robot, benchTopOf('pick-cube', robot));
    const tip = new Kinematics(robot).tip(q);
    const state = (cube: readonly number[], forces: readonly number[], rate = 0) => {
      const s = new Float64Array(2 * size + 13);
      s.set(q);
      s[size] = rate;
      s.set([...cube, 0, 0, 0, 1], 2 * size);
      s.set([0, forces[0], 0, 0, -forces[1], 0], 2 * size + 7);
      return s;
    };
    const reward = (s: Float64Array, goal: readonly number[]) =>
      instance.reward(s, new Float64Array(0), s, goal);
    const far = [tip[0], tip[1] + 0.06, tip[2] + 0.08];
    expect(
      reward(
        state(far, [3, 3]),
        far.map((v) => v + 1),
      ),
    ).toBeCloseTo((1 - Math.tanh(0.5)) / 5 + 1 / 5 + (1 - Math.tanh(5 * Math.sqrt(3))) / 5, 10);
    // One finger alone does not hold.
    expect(reward(state([...tip], [3, 0.4]), [0, 0, 9])).toBeCloseTo(1 / 5, 10);
    const goal = [tip[0] + near - 1e-6, tip[1], tip[2]];
    expect(reward(state([...tip], [3, 3]), goal)).toBe(1);
    expect(instance.success?.(state([...tip], [3, 3]), goal)).toBe(true);
    // There, but still moving.
    const moving = state([...tip], [3, 3], 0.3);
    expect(instance.success?.(moving, goal)).toBe(false);
    expect(reward(moving, goal)).toBeCloseTo(
      (1 + 1 + (1 - Math.tanh(5 * (near - 1e-6))) + (1 - Math.tanh(1.5))) / 5,
      10,
    );
  });

  test('cubes and goals stay in their square', async () => {
    const { robot, instance } = await instanceOf(pick, name);
    const { place, spread, lift } = benchTopOf('pick-cube', robot);
    for (let i = 0; i < 300; i++) {
      const { state, goal = [] } = instance.reset(new Random(4, 'reset', i));
      const cube = state.bodies?.cube.position ?? [9, 9, 9];
      for (const k of [0, 1] as const) {
        expect(Math.abs(cube[k] - place[k])).toBeLessThanOrEqual(spread);
        expect(Math.abs(goal[k] - place[k])).toBeLessThanOrEqual(spread);
      }
      expect(goal[2]).toBeGreaterThanOrEqual(half);
      expect(goal[2]).toBeLessThanOrEqual(half + lift);
      for (const [d, j] of robot.movable.entries()) {
        expect(state.position[d]).toBeGreaterThanOrEqual(robot.joints[j].lower);
        expect(state.position[d]).toBeLessThanOrEqual(robot.joints[j].upper);
      }
    }
  });
});

test.each([push, pick])('$name refuses a robot that is only called like one of its own', async (task) => {
  const robot = await loadRobot('panda');
  const build = (other: Partial<RobotModel>) => () =>
    task.build({ ...robot, ...other }, task.params.parse({}));
  const motors = robot.actuators.map(
    ({ joint, maxEffort }) => ({ joint, maxEffort, kind: 'effort' }) as const,
  );
  expect(build({})).not.toThrow();
  expect(build({ actuators: motors })).toThrow(/joint panda_joint1 of panda has no position servo/);
  expect(build({ actuators: robot.actuators.slice(0, -1) })).toThrow(/panda_finger_joint1/);
  const links = robot.links.map((link) =>
    link.name === 'panda_leftfinger' ? { ...link, name: 'thumb' } : link,
  );
  expect(build({ links })).toThrow(/panda has no link panda_leftfinger/);
  expect(build({ name: 'constructor' })).toThrow(/knows panda and so101, not constructor/);
});
