import { expect } from 'vitest';
import type { RobotModel } from '#src/core/robot';
import { Judge, randomEfforts, shareOfBound, simulateOurs } from './mujoco.ts';

const judgeStep = 5e-4;

/**
 * Expects every coordinate after 1 s of random efforts (`held` and `least` are those of `randomEfforts`) within 0.01 rad
 * or m + 0.2 % of the way of MuJoCo's, for the seeds 1 … `seeds`, and prints the worst of them.
 */
export async function expectMujocos(
  name: string,
  { urdf, robot }: { readonly urdf: string; readonly robot: RobotModel },
  gravity: readonly [number, number, number],
  { controlPeriod = 0.02, seeds = 10, timestep = robot.simulation.timestep, held = false, least = 0.05 } = {},
): Promise<void> {
  const judge = await Judge.of(urdf, gravity, robot);
  // MuJoCo's dry friction is a little soft.
  const rubs = robot.joints.some(({ friction }) => friction > 0);
  const joints = robot.movable.map((j) => robot.joints[j].name);
  const worst = joints.map(() => ({ share: 0, error: 0, doubt: 0 }));
  for (let seed = 1; seed <= seeds; seed++) {
    const efforts = randomEfforts(robot, judge, controlPeriod, seed, { held, least });
    const truth = judge.simulate(efforts, controlPeriod, judgeStep);
    const coarser = seed <= 2 ? judge.simulate(efforts, controlPeriod, 2 * judgeStep) : truth;
    const { position } = await simulateOurs(robot, efforts, { gravity, controlPeriod, timestep });
    for (const [d, share] of shareOfBound(position, truth).entries()) {
      worst[d].share = Math.max(worst[d].share, share);
      worst[d].error = Math.max(worst[d].error, Math.abs(position[d] - truth.position[d]));
      worst[d].doubt = Math.max(worst[d].doubt, Math.abs(coarser.position[d] - truth.position[d]));
    }
  }
  judge.close();
  const lines = joints.map((joint, d) => {
    const { error, share, doubt } = worst[d];
    return `  ${joint.padEnd(15)} ${error.toFixed(5)} = ${(100 * share).toFixed(0)} % of the bound (${doubt.toExponential(0)})`;
  });
  console.log(
    `${name}, gravity ${gravity[2]}: worst of ${seeds} seeds (MuJoCo at twice its step differs by)\n${lines.join('\n')}`,
  );
  for (const { share } of worst) expect(share).toBeLessThanOrEqual(1);
  for (const { doubt } of worst) expect(doubt).toBeLessThan(rubs ? 3e-3 : 1e-6);
}
