import { afterAll, describe, expect, it } from 'vitest';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';
import { gantry } from './gantry.ts';
import { Judge, randomEfforts, shareOfBound, shippedUrdf, simulateOurs } from './mujoco.ts';

const judgeStep = 5e-4;
const down = [0, 0, -9.81] as const;
const none = [0, 0, 0] as const;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe('the simulator against MuJoCo on the same URDF', () => {
  const judges: Judge[] = [];
  afterAll(() => {
    for (const judge of judges) judge.close();
  });

  for (const { name, gravity, controlPeriod } of [
    { name: 'cartpole', gravity: down, controlPeriod: 0.04 },
    { name: 'arm7', gravity: none, controlPeriod: 0.02 },
    { name: 'arm7', gravity: down, controlPeriod: 0.02 },
    { name: 'gantry', gravity: down, controlPeriod: 0.02 },
  ])
    it(`${name}${gravity === none ? ' without gravity' : ''}: after 1 s of random efforts within 0.01 rad or m + 0.2 % of the way`, async () => {
      const urdf = name === 'gantry' ? gantry : shippedUrdf(name);
      const robot =
        name === 'gantry' ? robotFromUrdf(gantry, undefined, { urdfFile: 'gantry' }) : await loadRobot(name);
      const judge = await Judge.of(urdf, gravity);
      judges.push(judge);
      expect([...judge.damping]).toEqual(robot.movable.map((j) => robot.joints[j].damping));
      const joints = robot.movable.map((j) => robot.joints[j].name);
      const worst = joints.map(() => ({ share: 0, error: 0, doubt: 0 }));
      for (const seed of seeds) {
        const efforts = randomEfforts(robot, judge, controlPeriod, seed);
        const truth = judge.simulate(efforts, controlPeriod, judgeStep);
        const coarser = judge.simulate(efforts, controlPeriod, 2 * judgeStep);
        const { position } = await simulateOurs(robot, efforts, { gravity, controlPeriod });
        for (const [d, share] of shareOfBound(position, truth).entries()) {
          worst[d].share = Math.max(worst[d].share, share);
          worst[d].error = Math.max(worst[d].error, Math.abs(position[d] - truth.position[d]));
          worst[d].doubt = Math.max(worst[d].doubt, Math.abs(coarser.position[d] - truth.position[d]));
        }
      }
      console.log(
        `${name}, gravity ${gravity[2]}: worst of ${seeds.length} seeds (MuJoCo at twice its step differs by)\n${joints
          .map((joint, d) => {
            const { error, share, doubt } = worst[d];
            return `  ${joint.padEnd(15)} ${error.toFixed(5)} = ${(100 * share).toFixed(0)} % of the bound (${doubt.toExponential(0)})`;
          })
          .join('\n')}`,
      );
      for (const { share } of worst) expect(share).toBeLessThanOrEqual(1);
      for (const { doubt } of worst) expect(doubt).toBeLessThan(1e-7);
    });
});
