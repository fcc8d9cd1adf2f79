import { describe, it } from 'vitest';
import { expectMujocos } from './against-mujoco.ts';
import { hasPublicArms, judged, publicArms } from './mujoco.ts';

const down = [0, 0, -9.81] as const;

describe('under gravity, 1 s of random efforts on top of what holds the arm: within 0.01 rad + 0.2 % of the way of MuJoCo', () => {
  it('is the Panda with gravity, held: undamped as it is, it would fall faster than 5 rad/s', async () => {
    await expectMujocos('panda', await judged('panda'), down, { seeds: 3, held: true });
  });

  it.skipIf(!hasPublicArms).each(publicArms)(
    'is %s, held (skipped where PREMOTOR_ASSETS or ../shared/assets has none)',
    async (name) => {
      const least = name === 'ur10_robot' ? 0.003 : undefined;
      await expectMujocos(name, await judged(name), down, { seeds: 3, held: true, least });
    },
  );
});
