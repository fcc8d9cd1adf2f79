import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { robotFromUrdf } from '#src/robot/index';
import { gantry } from './gantry.ts';
import { Judge, judged, randomEfforts, shareOfBound, simulateOurs } from './mujoco.ts';

const judgeStep = 5e-4;
const down = [0, 0, -9.81] as const;
const none = [0, 0, 0] as const;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

function bare(urdf: string, name: string): { urdf: string; robot: RobotModel } {
  return { urdf, robot: robotFromUrdf(urdf, undefined, { urdfFile: name }) };
}

/** Six links of 20 to 200 g on random axes, which the rotors of their motors (0.03 kg m²) outweigh. */
function lightChain(friction: number): { urdf: string; robot: RobotModel } {
  const random = new Random(1, 'chain');
  const three = (size: number) => [0, 1, 2].map(() => random.uniform(-size, size).toFixed(4)).join(' ');
  const links = ['<link name="l0"/>'];
  for (let i = 1; i <= 6; i++) {
    const moment = random.uniform(1e-5, 1e-4).toExponential(3);
    links.push(`<link name="l${i}"><inertial><origin xyz="${three(0.1)}"/><mass value="${random.uniform(0.02, 0.2)}"/>
      <inertia ixx="${moment}" iyy="${moment}" izz="${moment}" ixy="0" ixz="0" iyz="0"/></inertial></link>
    <joint name="j${i}" type="continuous"><origin xyz="${three(0.2)}" rpy="${three(2)}"/><parent link="l${i - 1}"/>
      <child link="l${i}"/><axis xyz="${three(1)}"/><limit effort="2" velocity="9"/><dynamics damping="0.05"/></joint>`);
  }
  const { urdf, robot } = bare(`<robot name="chain">${links.join('')}</robot>`, 'chain');
  return { urdf, robot: { ...robot, joints: robot.joints.map((j) => ({ ...j, armature: 0.03, friction })) } };
}

describe('the simulator against MuJoCo on the same URDF', () => {
  const judges: Judge[] = [];
  afterAll(() => {
    for (const judge of judges) judge.close();
  });

  const shipped = (name: string) => () => judged(name);
  const cases: {
    name: string;
    gravity: readonly [number, number, number];
    controlPeriod: number;
    load: () => Promise<{ urdf: string; robot: RobotModel }>;
  }[] = [
    { name: 'cartpole', gravity: down, controlPeriod: 0.04, load: shipped('cartpole') },
    { name: 'arm7, no gravity', gravity: none, controlPeriod: 0.02, load: shipped('arm7') },
    { name: 'arm7', gravity: down, controlPeriod: 0.02, load: shipped('arm7') },
    { name: 'so101', gravity: down, controlPeriod: 0.02, load: shipped('so101') },
    // Undamped as it is, under gravity the Panda would fall faster than 5 rad/s.
    { name: 'panda, no gravity', gravity: none, controlPeriod: 0.02, load: shipped('panda') },
    { name: 'gantry', gravity: down, controlPeriod: 0.02, load: async () => bare(gantry, 'gantry') },
    {
      name: 'light chain with armature',
      gravity: down,
      controlPeriod: 0.02,
      load: async () => lightChain(0),
    },
    {
      name: 'light chain with armature and dry friction',
      gravity: down,
      controlPeriod: 0.02,
      load: async () => lightChain(0.1),
    },
  ];
  for (const { name, gravity, controlPeriod, load } of cases)
    it(`${name}: after 1 s of random efforts within 0.01 rad or m + 0.2 % of the way`, async () => {
      const { urdf, robot } = await load();
      const judge = await Judge.of(urdf, gravity, robot);
      judges.push(judge);
      // MuJoCo's dry friction is a little soft.
      const rubs = robot.joints.some(({ friction }) => friction > 0);
      const joints = robot.movable.map((j) => robot.joints[j].name);
      const worst = joints.map(() => ({ share: 0, error: 0, doubt: 0 }));
      for (const seed of rubs ? seeds.slice(0, 5) : seeds) {
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
        `${name}, gravity ${gravity[2]}: worst of all seeds (MuJoCo at twice its step differs by)\n${joints
          .map((joint, d) => {
            const { error, share, doubt } = worst[d];
            return `  ${joint.padEnd(15)} ${error.toFixed(5)} = ${(100 * share).toFixed(0)} % of the bound (${doubt.toExponential(0)})`;
          })
          .join('\n')}`,
      );
      for (const { share } of worst) expect(share).toBeLessThanOrEqual(1);
      for (const { doubt } of worst) expect(doubt).toBeLessThan(rubs ? 3e-3 : 1e-6);
    });
});
