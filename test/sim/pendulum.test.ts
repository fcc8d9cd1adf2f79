import { describe, expect, it } from 'vitest';
import { loadRobot } from '#src/load/robot';
import { pendulum, pendulumLoss } from './pendulum.ts';

describe('an undamped pendulum', () => {
  it('keeps its energy within 2 % over 10 s at every step in use, and better at half of it', async () => {
    const robots = [pendulum, await loadRobot('cartpole'), await loadRobot('arm7')];
    for (const { name, simulation } of robots) {
      const { timestep } = simulation;
      const full = await pendulumLoss(timestep);
      const half = await pendulumLoss(timestep / 2);
      console.log(
        `step of ${name}: ${timestep} s: energy within ${(100 * full).toFixed(4)} %, at half the step ${(100 * half).toFixed(4)} %`,
      );
      expect(full).toBeLessThan(0.02);
      expect(half < 0.002 || half <= 0.7 * full).toBe(true);
    }
  });

  it('shows the energy error falling with the square of a coarse step', async () => {
    const coarse = await pendulumLoss(0.02);
    const fine = await pendulumLoss(0.01);
    expect(coarse).toBeLessThan(0.02);
    expect(fine).toBeLessThan(0.4 * coarse);
  });
});
