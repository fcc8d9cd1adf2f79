import { describe, expect, it } from 'vitest';
import { channel, layoutOf } from '#src/core/channel';
import type { RobotModel } from '#src/core/robot';
import { Imagination } from '#src/train/imagination';

/** Only what a view of imagined states looks at. */
function robotOf(names: readonly string[]): RobotModel {
  return {
    joints: ['bolt', ...names].map((name) => ({ name })),
    movable: names.map((_, d) => d + 1),
    home: names.map((_, d) => d + 0.5),
  } as unknown as RobotModel;
}

const when = { epoch: 2, time: 0.3 };

describe('imagined states on the page', () => {
  it('put a car where its pose says, in the order of its coordinates', () => {
    const robot = robotOf(['root.yaw', 'root.x', 'root.y', 'root.z', 'steer.x', 'steer']);
    const layout = layoutOf([
      channel('speed', 'm/s'),
      channel('goal', 'm', { kind: 'goal', size: 3 }),
      channel('pose', 'm', { kind: 'pose2', size: 3 }),
      channel('steer.position', 'rad', { joint: { name: 'steer', quantity: 'position' } }),
    ]);
    const present = Float32Array.of(9, 1, 2, 3, 4);
    const states = Float32Array.of(9, 10, 20, 30, 40, 9, 11, 21, 31, 41);
    const event = new Imagination(robot, layout).describe(present, states, 2, when);
    if (event.type !== 'plan') throw new Error(event.type);
    const home = [3.5, 4.5];
    expect(Array.from(event.particles)).toEqual([
      ...[3, 1, 2, ...home, 4, 30, 10, 20, ...home, 40],
      ...[3, 1, 2, ...home, 4, 31, 11, 21, ...home, 41],
    ]);
    expect(Array.from(event.path)).toEqual([3, 1, 2, ...home, 4, 30.5, 10.5, 20.5, ...home, 40.5]);
    expect(event.disagreement[0]).toBe(0);
    expect(event.disagreement[1]).toBeCloseTo(Math.sqrt((4 * 0.25) / 6), 6);
  });

  it('leave a robot that does not move in the plane where it stands', () => {
    const layout = layoutOf([
      channel('pose', 'm', { kind: 'pose2', size: 3 }),
      channel('b.position', 'rad', { joint: { name: 'b', quantity: 'position' } }),
    ]);
    const event = new Imagination(robotOf(['a.x', 'a.y', 'b']), layout).describe(
      Float32Array.of(1, 2, 3, 4),
      Float32Array.of(5, 6, 7, 8),
      1,
      when,
    );
    if (event.type !== 'plan') throw new Error(event.type);
    expect(Array.from(event.path)).toEqual([0.5, 1.5, 4, 0.5, 1.5, 8]);
  });
});
