import { describe, it } from 'vitest';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { robotFromUrdf } from '#src/robot/index';
import { expectMujocos } from './against-mujoco.ts';
import { gantry } from './gantry.ts';

const down = [0, 0, -9.81] as const;

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
  const urdf = `<robot name="chain">${links.join('')}</robot>`;
  const robot = robotFromUrdf(urdf, undefined, { urdfFile: 'chain' });
  return { urdf, robot: { ...robot, joints: robot.joints.map((j) => ({ ...j, armature: 0.03, friction })) } };
}

describe('after 1 s of random efforts, within 0.01 rad or m + 0.2 % of the way of MuJoCo on the same URDF', () => {
  it('is a gantry of sliders and hinges, with turned frames and a fixed payload', async () => {
    await expectMujocos(
      'gantry',
      { urdf: gantry, robot: robotFromUrdf(gantry, undefined, { urdfFile: 'gantry' }) },
      down,
    );
  });

  it('is a chain of light links whose motors have armature', async () => {
    await expectMujocos('light chain', lightChain(0), down);
  });

  it('is the same with dry friction', async () => {
    await expectMujocos('light chain with friction', lightChain(0.1), down, { seeds: 4 });
  });
});
