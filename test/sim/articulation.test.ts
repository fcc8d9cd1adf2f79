import loadMujoco from '@mujoco/mujoco';
import { describe, expect, it } from 'vitest';
import { Articulation } from '#sim/dynamics/articulation';
import { Factor } from '#sim/dynamics/factor';
import { treeOf } from '#sim/dynamics/tree';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { Kinematics, robotFromUrdf } from '#src/robot/index';
import { gantry } from './gantry.ts';
import { bareUrdf, shippedUrdf } from './mujoco.ts';

const gravity = [0.3, -0.2, -9.81] as const;
const armature = 0.03;

const robots: [string, string, () => Promise<RobotModel>][] = [
  ['cartpole', shippedUrdf('cartpole'), () => loadRobot('cartpole')],
  ['arm7', shippedUrdf('arm7'), () => loadRobot('arm7')],
  ['gantry', gantry, async () => robotFromUrdf(gantry, undefined, { urdfFile: 'gantry' })],
];

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

describe.each(robots)('the mechanics of %s', (_name, urdf, load) => {
  it('are MuJoCo’s at random poses and rates: mass matrix and bias forces to 1e-9', async () => {
    const given = await load();
    const robot = { ...given, joints: given.joints.map((joint) => ({ ...joint, armature })) };
    const articulation = new Articulation(treeOf(robot));
    const mujoco = await loadMujoco();
    const model = mujoco.MjModel.from_xml_string(bareUrdf(urdf));
    if (!model) throw new Error('MuJoCo refused the URDF');
    model.opt.gravity.set(gravity);
    model.dof_armature.fill(armature);
    const data = new mujoco.MjData(model);
    const size = robot.movable.length;
    const random = new Random(1, 'poses');
    const bias = new Float64Array(size);
    const full = new mujoco.DoubleBuffer(size * size);
    for (let round = 0; round < 20; round++) {
      const q = random.fillNormal(new Float64Array(size), 0, 1.5);
      const rate = random.fillNormal(new Float64Array(size), 0, 2);
      data.qpos.set(q);
      data.qvel.set(rate);
      mujoco.mj_forward(model, data);
      mujoco.mj_fullM(model, data, full);
      const mass = Float64Array.from(full.GetView());
      articulation.place(q);
      articulation.weigh();
      articulation.bias(rate, gravity, bias);
      const off = articulation.mass.map((value, i) => value - mass[i]);
      expect(largest(off)).toBeLessThan(1e-9 * largest(mass));
      const truth = Float64Array.from(data.qfrc_bias as Float64Array);
      expect(largest(bias.map((value, d) => value - truth[d]))).toBeLessThan(1e-9 * largest(truth));
    }
    full.delete();
    data.delete();
    model.delete();
  });

  it('place every link where the kinematics do, and tell the speed of any of its points', async () => {
    const robot = await load();
    const tree = treeOf(robot);
    const articulation = new Articulation(tree);
    const kinematics = new Kinematics(robot);
    const size = robot.movable.length;
    const random = new Random(2, 'poses');
    for (let round = 0; round < 10; round++) {
      const q = random.fillNormal(new Float64Array(size));
      const rate = random.fillNormal(new Float64Array(size));
      const h = 1e-6;
      const at = (t: number) => kinematics.linkPoses(q.map((value, d) => value + t * rate[d]));
      const [before, now, after] = [at(-h), at(0), at(h)];
      articulation.place(q);
      articulation.move(rate);
      for (const [link, { body, pose }] of tree.links.entries()) {
        if (body < 0) continue;
        const r = articulation.rotation.subarray(9 * body, 9 * body + 9);
        const { position } = pose;
        const place = [0, 1, 2].map(
          (k) =>
            articulation.origin[3 * body + k] +
            r[3 * k] * position[0] +
            r[3 * k + 1] * position[1] +
            r[3 * k + 2] * position[2],
        );
        for (let k = 0; k < 3; k++) {
          expect(Math.abs(place[k] - now[link].position[k])).toBeLessThan(1e-12);
          const speed = (after[link].position[k] - before[link].position[k]) / (2 * h);
          const jacobian = new Float64Array(size);
          const along = [0, 0, 0];
          along[k] = 2;
          articulation.addJacobian(
            body,
            place[0],
            place[1],
            place[2],
            along[0],
            along[1],
            along[2],
            0.5,
            jacobian,
          );
          const told = jacobian.reduce((sum, value, d) => sum + value * rate[d], 0);
          expect(Math.abs(told - speed)).toBeLessThan(1e-7);
        }
      }
    }
  });
});

describe('Factor', () => {
  it('solves what it factored, and names the first row where a matrix is singular', () => {
    const size = 6;
    const random = new Random(3, 'matrix');
    const root = random.fillNormal(new Float64Array(size * size));
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        for (let k = 0; k < size; k++) matrix[i * size + j] += root[i * size + k] * root[j * size + k];
    const extra = random.fillNormal(new Float64Array(size)).map(Math.abs);
    const factor = new Factor(size);
    expect(factor.factor(matrix, extra)).toBe(-1);
    const x = random.fillNormal(new Float64Array(size));
    const y = new Float64Array(size + 2);
    for (let i = 0; i < size; i++) {
      y[i + 2] = extra[i] * x[i];
      for (let j = 0; j < size; j++) y[i + 2] += matrix[i * size + j] * x[j];
    }
    factor.solve(y, 2);
    for (let i = 0; i < size; i++) expect(y[i + 2]).toBeCloseTo(x[i], 10);
    for (let i = 0; i < size; i++) matrix[i * size + 4] = matrix[i * size + 1];
    for (let j = 0; j < size; j++) matrix[4 * size + j] = matrix[size + j];
    expect(factor.factor(matrix, new Float64Array(size), 1e-10)).toBe(4);
  });
});
