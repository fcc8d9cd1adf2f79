import { describe, expect, it } from 'vitest';
import { conform } from '#src/hardware/rosbridge/stand-in/message-types';
import { endOf, readTrajectory, sample } from '#src/hardware/rosbridge/stand-in/trajectory';

const joints = ['a', 'b'];
const time = (seconds: number) => ({ sec: Math.floor(seconds), nanosec: Math.round((seconds % 1) * 1e9) });
const point = (seconds: number, positions: number[], rest: object = {}) => ({
  ...{ positions, time_from_start: time(seconds) },
  ...rest,
});
const read = (message: object, now = 100) =>
  readTrajectory(
    conform('trajectory_msgs/JointTrajectory', { joint_names: joints, ...message }),
    joints,
    now,
  );
const at = (trajectory: ReturnType<typeof read>, from: number[], seconds: number) => {
  const out = [0, 0];
  sample(trajectory, from, seconds, out);
  return out;
};

describe('a trajectory', () => {
  it('is a line from where the joints are, and held after its end', () => {
    const trajectory = read({ points: [point(1, [1, -1]), point(3, [2, -1])] });
    expect(endOf(trajectory)).toBe(103);
    expect(at(trajectory, [0, 0], 100)).toEqual([0, 0]);
    expect(at(trajectory, [0, 0], 100.5)).toEqual([0.5, -0.5]);
    expect(at(trajectory, [0, 0], 102)).toEqual([1.5, -1]);
    expect(at(trajectory, [0, 0], 200)).toEqual([2, -1]);
  });

  it('with velocities is the cubic that has them', () => {
    // q = t³ − t, from 0 at rate −1 … but it begins at rest: the second piece alone is that cubic.
    const q = (t: number) => t ** 3 - t;
    const rate = (t: number) => 3 * t ** 2 - 1;
    const trajectory = read({
      points: [
        point(1, [q(1), 0], { velocities: [rate(1), 0] }),
        point(2, [q(2), 0], { velocities: [rate(2), 0] }),
        point(3, [q(2), 0], { velocities: [0, 0] }),
      ],
    });
    for (const t of [1, 1.25, 1.5, 1.99]) expect(at(trajectory, [0, 0], 100 + t)[0]).toBeCloseTo(q(t), 9);
  });

  it('waits for its stamp', () => {
    const trajectory = read({ header: { stamp: time(105) }, points: [point(1, [1, 1])] });
    expect(at(trajectory, [0, 0], 104)).toEqual([0, 0]);
    expect(at(trajectory, [0, 0], 105.5)).toEqual([0.5, 0.5]);
  });

  it('may name its joints in another order', () => {
    const trajectory = read({ joint_names: ['b', 'a'], points: [point(1, [10, 20])] });
    expect(at(trajectory, [0, 0], 102)).toEqual([20, 10]);
  });

  it.each([
    ['no points', { points: [] }],
    ['a joint too few', { joint_names: ['a'], points: [point(1, [1])] }],
    ['a joint twice', { joint_names: ['a', 'a'], points: [point(1, [1, 1])] }],
    ['an unknown joint', { joint_names: ['a', 'c'], points: [point(1, [1, 1])] }],
    ['no positions', { points: [point(1, [])] }],
    ['too few positions', { points: [point(1, [1])] }],
    ['too many velocities', { points: [point(1, [1, 1], { velocities: [0, 0, 0] })] }],
    ['effort', { points: [point(1, [1, 1], { effort: [1, 1] })] }],
    ['times that do not grow', { points: [point(1, [1, 1]), point(1, [2, 2])] }],
    ['an end in the past', { header: { stamp: time(50) }, points: [point(1, [1, 1])] }],
    ['a velocity at its end', { points: [point(1, [1, 1], { velocities: [0, 0.1] })] }],
  ])('is rejected as ros2_controllers rejects it: %s', (_, message) => {
    expect(() => read(message)).toThrow();
  });
});
