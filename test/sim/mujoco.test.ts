import { describe, it } from 'vitest';
import { expectMujocos } from './against-mujoco.ts';
import { judged } from './mujoco.ts';

const down = [0, 0, -9.81] as const;
const none = [0, 0, 0] as const;

describe('after 1 s of random efforts, within 0.01 rad or m + 0.2 % of the way of MuJoCo on the same URDF', () => {
  it('is cartpole', async () => {
    await expectMujocos('cartpole', await judged('cartpole'), down, { controlPeriod: 0.04 });
  });

  it('is arm7, with gravity and without', async () => {
    const arm7 = await judged('arm7');
    await expectMujocos('arm7', arm7, down, { seeds: 4 });
    await expectMujocos('arm7', arm7, none);
  });

  it('is arm7-fork', async () => {
    await expectMujocos('arm7-fork', await judged('arm7-fork'), none, { controlPeriod: 0.04 });
  });

  it('is the SO-101, with armature and dry friction', async () => {
    await expectMujocos('so101', await judged('so101'), down, { seeds: 4 });
  });

  it('is the Panda, without gravity', async () => {
    await expectMujocos('panda', await judged('panda'), none, { seeds: 5 });
  });
});
