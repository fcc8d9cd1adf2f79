import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';
import { energy } from './energy.ts';

const gravity = [0, 0, -9.81] as const;
const mass = 1.5;
const length = 0.7;
const pendulum = robotFromUrdf(
  `<robot name="pendulum"><link name="a"/><link name="b"><inertial><origin xyz="0 0 -${length}"/><mass value="${mass}"/>
    <inertia ixx="0.01" iyy="0.01" izz="0.01"/></inertial></link>
  <joint name="j" type="continuous"><parent link="a"/><child link="b"/><axis xyz="0 1 0"/></joint></robot>`,
  undefined,
  { urdfFile: 'pendulum' },
);

/** Largest change of energy in 10 s of swinging from 3 rad, as a share of 2 m g l. */
async function drift(timestep: number, iterations: number): Promise<number> {
  const plant = await createSimPlant({ robot: pendulum, controlPeriod: 0.04, timestep, iterations });
  plant.reset({ position: [3], velocity: [0] });
  const out = new Float32Array(2);
  const now = () => {
    plant.read(out);
    const { kinetic, potential } = energy(pendulum, [out[0]], [out[1]], gravity);
    return kinetic + potential;
  };
  const start = now();
  let worst = 0;
  for (let step = 0; step < 250; step++) {
    plant.advance();
    worst = Math.max(worst, Math.abs(now() - start));
  }
  plant.close();
  return worst / (2 * mass * 9.81 * length);
}

describe('an undamped pendulum', () => {
  it('keeps its energy within 2 % over 10 s at every step in use, and better at half of it', async () => {
    const robots = [pendulum, await loadRobot('cartpole'), await loadRobot('arm7')];
    for (const { name, simulation } of robots) {
      const { timestep, iterations } = simulation;
      const full = await drift(timestep, iterations);
      const half = await drift(timestep / 2, iterations);
      console.log(
        `step of ${name}: ${timestep} s × ${iterations}: energy within ${(100 * full).toFixed(4)} %, at half the step ${(100 * half).toFixed(4)} %`,
      );
      expect(full).toBeLessThan(0.02);
      expect(half < 0.002 || half <= 0.7 * full).toBe(true);
    }
  });

  it('shows the energy error falling with the square of a coarse step', async () => {
    const coarse = await drift(0.02, 1);
    const fine = await drift(0.01, 1);
    expect(coarse).toBeLessThan(0.02);
    expect(fine).toBeLessThan(0.4 * coarse);
  });
});
