import { createSimPlant } from '#sim/index';
import { robotFromUrdf } from '#src/robot/index';
import { energy } from './energy.ts';

const gravity = [0, 0, -9.81] as const;
const mass = 1.5;
const length = 0.7;
export const pendulum = robotFromUrdf(
  `<robot name="pendulum"><link name="a"/><link name="b"><inertial><origin xyz="0 0 -${length}"/><mass value="${mass}"/>
    <inertia ixx="0.01" iyy="0.01" izz="0.01"/></inertial></link>
  <joint name="j" type="continuous"><parent link="a"/><child link="b"/><axis xyz="0 1 0"/></joint></robot>`,
  undefined,
  { urdfFile: 'pendulum' },
);

/** Largest change of energy in 10 s of swinging from 3 rad, as a share of 2 m g l. */
export async function pendulumLoss(timestep: number): Promise<number> {
  const plant = await createSimPlant({ robot: pendulum, controlPeriod: 0.04, timestep });
  plant.reset({ position: [3], velocity: [0] });
  const out = new Float32Array(5);
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
