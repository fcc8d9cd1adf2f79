import { describe, expect, test } from 'vitest';
import { Random } from '#src/core/random';
import type { Task } from '#src/core/task';
import { Kinematics } from '#src/robot/index';
import cartpoleTask from '#src/tasks/cartpole-swingup';
import reacherTask, { armTip } from '#src/tasks/reacher';
import { instanceOf } from './instance.ts';

/** Mean and deviation of 4000 draws within four standard errors of what they are drawn from. */
function expectNormal(values: readonly number[], mean: number, deviation: number): void {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length);
  expect(Math.abs(average - mean)).toBeLessThan((4 * deviation) / Math.sqrt(values.length));
  expect(Math.abs(spread - deviation)).toBeLessThan((4 * deviation) / Math.sqrt(2 * values.length));
}

describe("cartpole-swingup has PETS' reward", async () => {
  const { instance } = await instanceOf(cartpoleTask as unknown as Task, 'cartpole');
  const none = new Float64Array(4);
  const reward = (x: number, angle: number, action = 0) =>
    instance.reward(none, [action], [x, angle, 0, 0], []);

  test('of the tip at (x − 0.6 sin θ, −0.6 cos θ) against (0, 0.6)', () => {
    expect(reward(0, Math.PI)).toBeCloseTo(1, 12);
    // It hangs: 1.2 m away, exp(−1.44 / 0.36).
    expect(reward(0, 0)).toBeCloseTo(0.018315638888734, 12);
    // It lies to the left of a cart at 0.5: the tip at (−0.1, 0), exp(−0.37 / 0.36).
    expect(reward(0.5, Math.PI / 2)).toBeCloseTo(0.357801192, 8);
    // And to the right: the tip at (1.1, 0), exp(−1.57 / 0.36).
    expect(reward(0.5, -Math.PI / 2)).toBeCloseTo(0.012764197, 8);
    expect(reward(0.3, -Math.PI)).toBeCloseTo(0.778800783, 8);
  });

  test('less a hundredth of the squared action', () => {
    expect(reward(0, Math.PI, 3)).toBeCloseTo(0.91, 12);
    expect(reward(0, Math.PI, -2)).toBeCloseTo(0.96, 12);
    const terms = instance.terms?.(none, [-2], [0, Math.PI, 0, 0], []);
    expect(terms?.upright).toBeCloseTo(1, 12);
    expect(terms?.effort).toBeCloseTo(-0.04, 12);
  });

  test('and its motor: ±3 are ±300 N; starts are N(0, 0.1) about hanging at rest', () => {
    const command = new Float32Array(1);
    instance.action?.toCommand([-3], command, none);
    expect(command[0]).toBe(-300);
    const starts = Array.from({ length: 4000 }, (_, i) => instance.reset(new Random(1, 'reset', i)).state);
    for (const key of ['position', 'velocity'] as const)
      for (const k of [0, 1])
        expectNormal(
          starts.map((state) => state[key][k]),
          0,
          0.1,
        );
  });
});

describe("reacher has PETS' reward", async () => {
  const { robot, instance } = await instanceOf(reacherTask as unknown as Task, 'arm7');
  const none = new Float64Array(14);
  const still = new Float64Array(7);
  const quarter = Math.PI / 2;
  const reward = (q: readonly number[], goal: readonly number[], action: ArrayLike<number> = still) =>
    instance.reward(none, action, [...q, ...still], goal);

  test.each([
    ['straight', [0, 0, 0, 0, 0, 0, 0], [0.98928, -0.188, 0]],
    ['turned left', [quarter, 0, 0, 0, 0, 0, 0], [0, 0.80128, 0]],
    ['let down by 30°', [0, Math.PI / 6, 0, 0, 0, 0, 0], [0.870139, -0.188, -0.44464]],
    ['bent upwards', [0, 0, 0, -quarter, 0, 0, 0], [0.5, -0.188, 0.48928]],
    ['rolled and bent', [0, 0, -quarter, -quarter, 0, 0, 0], [0.5, 0.30128, 0]],
    ['bent back at the wrist', [0, 0, 0, -quarter, 0, -quarter, 0], [0.33172, -0.188, 0.321]],
    ['bent aside at the wrist', [0, 0, 0, -quarter, quarter, -quarter, 2], [0.5, -0.35628, 0.321]],
  ])('of the tip, %s', (_, q, at) => {
    const tip = new Float64Array(3);
    armTip(q, tip);
    for (const k of [0, 1, 2]) expect(tip[k]).toBeCloseTo(at[k], 6);
    expect(reward(q, at)).toBeCloseTo(0, 9);
    // 0.1² + 0.2² + 0.3²
    expect(reward(q, [at[0] + 0.1, at[1] - 0.2, at[2] + 0.3])).toBeCloseTo(-0.14, 5);
  });

  test('less a hundredth of the squared torques', () => {
    // The straight arm from the middle of the goals: 0.98928² + 0.438² = 1.1705189.
    expect(reward([0, 0, 0, 0, 0, 0, 0], [0, 0.25, 0])).toBeCloseTo(-1.1705189, 6);
    const torques = [20, -10, 5, 0, 1, -1, 2];
    // 400 + 100 + 25 + 1 + 1 + 4 = 531
    expect(reward([0, 0, 0, 0, 0, 0, 0], [0, 0.25, 0], torques)).toBeCloseTo(-6.4805189, 6);
    const terms = instance.terms?.(none, torques, [...still, ...still], [0, 0.25, 0]);
    expect(terms?.effort).toBeCloseTo(-5.31, 12);
    expect(terms?.distance).toBeCloseTo(-1.1705189, 6);
  });

  test('where the tip is that of the URDF', () => {
    const kinematics = new Kinematics(robot);
    const tip = new Float64Array(3);
    for (let i = 0; i < 200; i++) {
      const random = new Random(1, 'poses', i);
      const q = robot.movable.map(() => random.uniform(-3, 3));
      armTip(q, tip);
      for (const [k, value] of kinematics.tip(q).entries()) expect(tip[k]).toBeCloseTo(value, 9);
    }
  });

  test('and its goals, N((0, 0.25, 0), 0.1), from rest', () => {
    const starts = Array.from({ length: 4000 }, (_, i) => instance.reset(new Random(1, 'reset', i)));
    for (const [k, mean] of [0, 0.25, 0].entries())
      expectNormal(
        starts.map(({ goal = [] }) => goal[k]),
        mean,
        0.1,
      );
    for (const { state } of starts.slice(0, 20))
      expect([...state.position, ...state.velocity]).toEqual([...none]);
  });
});
