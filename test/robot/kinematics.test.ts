import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { arm7Tip, petsTip } from './arm7-closed-form.ts';

describe('Kinematics', () => {
  it("puts the arm's tip where PETS' closed form does, to 1e-9 m", async () => {
    const robot = await loadRobot('arm7');
    const kinematics = new Kinematics(robot);
    const random = new Random(1, 'test');
    const limits = robot.movable.map((j) => robot.joints[j]);
    for (let i = 0; i < 1000; i++) {
      const q = limits.map(({ lower, upper }) =>
        Number.isFinite(lower) ? lower + (upper - lower) * random.uniform() : 20 * (random.uniform() - 0.5),
      );
      const tip = kinematics.tip(q);
      const closed = arm7Tip(q);
      const pets = petsTip(q);
      for (let k = 0; k < 3; k++) {
        expect(Math.abs(tip[k] - closed[k])).toBeLessThan(1e-9);
        expect(Math.abs(tip[k] - pets[k])).toBeLessThan(1e-9);
      }
    }
  });

  it('follows the closed form beyond the limits too, and at a straight elbow', async () => {
    const kinematics = new Kinematics(await loadRobot('arm7'));
    const random = new Random(2, 'test');
    for (let i = 0; i < 200; i++) {
      const q = Array.from({ length: 7 }, () => 6 * (random.uniform() - 0.5));
      if (i % 4 === 0) q[3] = 0;
      const closed = arm7Tip(q);
      for (const [k, value] of kinematics.tip(q).entries())
        expect(Math.abs(value - closed[k])).toBeLessThan(1e-9);
    }
  });

  it("puts the pole's end at (x − 0.6 sin θ, 0, −0.6 cos θ), to 1e-9 m", async () => {
    const kinematics = new Kinematics(await loadRobot('cartpole'));
    const random = new Random(3, 'test');
    for (let i = 0; i < 100; i++) {
      const x = 5 * (random.uniform() - 0.5);
      const angle = 40 * (random.uniform() - 0.5);
      const tip = kinematics.tip([x, angle]);
      const closed = [x - 0.6 * Math.sin(angle), 0, -0.6 * Math.cos(angle)];
      for (let k = 0; k < 3; k++) expect(Math.abs(tip[k] - closed[k])).toBeLessThan(1e-9);
    }
  });

  it('writes into the array it is given', async () => {
    const kinematics = new Kinematics(await loadRobot('cartpole'));
    const out = new Float64Array(3);
    expect(kinematics.tip([1, 0], out)).toBe(out);
    expect([...out]).toEqual([1, 0, -0.6]);
  });
});
