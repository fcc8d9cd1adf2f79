import { describe, expect, test } from 'vitest';
import { Random } from '#src/core/random';
import type { Task } from '#src/core/task';
import { Kinematics } from '#src/robot/index';
import reachTask from '#src/tasks/reach';
import { instanceOf } from './instance.ts';

const reach = reachTask as unknown as Task;

describe.each(['so101', 'panda', 'arm7'])('reach with %s', (name) => {
  test('goals are points the tip can be at, not below the floor', async () => {
    const { robot, instance } = await instanceOf(reach, name);
    const kinematics = new Kinematics(robot);
    const far = Array.from({ length: 500 }, (_, i) => {
      const { goal = [] } = instance.reset(new Random(2, 'reset', i));
      expect(goal[2]).toBeGreaterThanOrEqual(0.05);
      return Math.hypot(goal[0], goal[1], goal[2]);
    });
    const outermost = Math.max(
      ...Array.from({ length: 2000 }, (_, i) => {
        const random = new Random(3, 'anywhere', i);
        const q = robot.movable.map((j) => {
          const { lower, upper } = robot.joints[j];
          return random.uniform(Math.max(lower, -Math.PI), Math.min(upper, Math.PI));
        });
        return Math.hypot(...kinematics.tip(q));
      }),
    );
    expect(Math.max(...far)).toBeLessThan(outermost * 1.05);
  });

  test('the reward is the distance of the tip, and what effort and speed cost', async () => {
    const { robot, instance } = await instanceOf(reach, name);
    const size = robot.movable.length;
    const state = new Float64Array(2 * size);
    state.set(robot.home);
    const tip = new Kinematics(robot).tip(robot.home);
    const goal = [tip[0] + 0.03, tip[1] - 0.04, tip[2] + 0.12];
    const A = instance.action?.space.high.length ?? 0;
    const still = new Float64Array(A);
    expect(instance.reward(state, still, state, goal)).toBeCloseTo(-0.13, 10);
    expect(instance.success?.(state, goal)).toBe(false);
    expect(instance.success?.(state, [tip[0] + 0.0119, tip[1] - 0.0159, tip[2]])).toBe(true);
    expect(instance.success?.(state, [tip[0] + 0.0121, tip[1] - 0.0161, tip[2]])).toBe(false);
    // The first action at its bound costs 0.02, a rate of 2 in one joint 4 · 0.002.
    const push = new Float64Array(A);
    push[0] = instance.action?.space.high[0] ?? 0;
    state[size] = 2;
    expect(instance.reward(state, push, state, goal)).toBeCloseTo(-0.13 - 0.02 - 0.008, 10);
  });
});

test('an action moves the servos of the arm by small steps within their limits, and leaves the gripper alone', async () => {
  const { robot, instance } = await instanceOf(reach, 'so101');
  const command = new Float32Array(6);
  const state = new Float32Array(12);
  state.set([0.5, -0.4, 1.65, 0, 0.1, 1.2]);
  expect(instance.action?.space.high).toEqual([0.1, 0.1, 0.1, 0.1, 0.1]);
  instance.action?.toCommand([0.1, -0.05, 0.1, 0, -0.02], command, state);
  const elbow = robot.joints[robot.movable[2]].upper;
  const expected = [0.6, -0.45, Math.min(1.75, elbow), 0, 0.08, robot.home[5]];
  for (const [i, value] of expected.entries()) expect(command[i]).toBeCloseTo(value, 6);
});
