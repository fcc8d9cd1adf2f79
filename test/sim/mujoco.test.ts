import { afterAll, describe, expect, it } from 'vitest';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';
import { Judge, randomEfforts, shareOfBound, shippedUrdf, simulateOurs } from './mujoco.ts';

const judgeStep = 5e-4;
const down = [0, 0, -9.81] as const;
const none = [0, 0, 0] as const;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** A gantry: sliders in the middle of a chain, a slanted joint, turned frames, off-diagonal inertia, a fixed payload. */
const gantry = `<robot name="gantry">
  <link name="floor"/>
  <link name="mast"><inertial><origin xyz="0.05 0.02 0.2" rpy="0.1 0.2 0.3"/><mass value="3"/>
    <inertia ixx="0.2" iyy="0.25" izz="0.1" ixy="0.01" ixz="-0.02" iyz="0.03"/></inertial></link>
  <link name="boom"><inertial><origin xyz="0.3 0 0.05"/><mass value="2"/>
    <inertia ixx="0.05" iyy="0.2" izz="0.2" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="hook"><inertial><origin xyz="0 0.1 -0.2"/><mass value="0.7"/>
    <inertia ixx="0.03" iyy="0.03" izz="0.02" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="load"><inertial><origin rpy="0.4 0 0"/><mass value="0.5"/>
    <inertia ixx="0.01" iyy="0.02" izz="0.015" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="turn" type="continuous"><origin xyz="0.1 0.2 0.3" rpy="0.2 -0.1 0.5"/>
    <parent link="floor"/><child link="mast"/><axis xyz="0 0.3 1"/><limit effort="5" velocity="9"/><dynamics damping="0.4"/></joint>
  <joint name="reach" type="prismatic"><origin xyz="0 0 0.5" rpy="0 0.6 0.2"/>
    <parent link="mast"/><child link="boom"/><axis xyz="1 0.2 0"/><limit lower="-9" upper="9" effort="15" velocity="9"/><dynamics damping="3"/></joint>
  <joint name="swing" type="revolute"><origin xyz="0.6 0 0" rpy="1 0.5 -0.3"/>
    <parent link="boom"/><child link="hook"/><axis xyz="0.5 1 -0.2"/><limit lower="-2" upper="2" effort="2" velocity="9"/><dynamics damping="0.1"/></joint>
  <joint name="weld" type="fixed"><origin xyz="0.02 0 -0.3" rpy="0.3 0.2 0.1"/><parent link="hook"/><child link="load"/></joint>
</robot>`;

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
    it(`${name}${gravity === none ? ' without gravity' : ''}: after 1 s of random efforts within 0.01 rad or m + 0.2 % of the way, joints together to 1e-4 m`, async () => {
      const urdf = name === 'gantry' ? gantry : shippedUrdf(name);
      const robot =
        name === 'gantry' ? robotFromUrdf(gantry, undefined, { urdfFile: 'gantry' }) : await loadRobot(name);
      const judge = await Judge.of(urdf, gravity);
      judges.push(judge);
      expect([...judge.damping]).toEqual(robot.movable.map((j) => robot.joints[j].damping));
      const joints = robot.movable.map((j) => robot.joints[j].name);
      let apart = 0;
      const worst = joints.map(() => ({ share: 0, error: 0, doubt: 0 }));
      for (const seed of seeds) {
        const efforts = randomEfforts(robot, judge, controlPeriod, seed);
        const truth = judge.simulate(efforts, controlPeriod, judgeStep);
        const coarser = judge.simulate(efforts, controlPeriod, 2 * judgeStep);
        const { position, drift } = await simulateOurs(robot, efforts, { gravity, controlPeriod });
        apart = Math.max(apart, drift);
        for (const [d, share] of shareOfBound(position, truth).entries()) {
          worst[d].share = Math.max(worst[d].share, share);
          worst[d].error = Math.max(worst[d].error, Math.abs(position[d] - truth.position[d]));
          worst[d].doubt = Math.max(worst[d].doubt, Math.abs(coarser.position[d] - truth.position[d]));
        }
      }
      console.log(
        `${name}, gravity ${gravity[2]}: worst of ${seeds.length} seeds (MuJoCo at twice its step differs by), joints apart by ${apart.toExponential(1)} m\n${joints
          .map((joint, d) => {
            const { error, share, doubt } = worst[d];
            return `  ${joint.padEnd(15)} ${error.toFixed(5)} = ${(100 * share).toFixed(0)} % of the bound (${doubt.toExponential(0)})`;
          })
          .join('\n')}`,
      );
      expect(apart).toBeLessThanOrEqual(1e-4);
      for (const { share } of worst) expect(share).toBeLessThanOrEqual(1);
      for (const { doubt } of worst) expect(doubt).toBeLessThan(1e-7);
    });
});
