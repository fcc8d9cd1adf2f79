import { createSimPlant } from '../../../sim/index.ts';
import type { SimulatedPlant } from '../../core/plant.ts';
import type { RobotModel } from '../../core/robot.ts';

/**
 * A simulated robot at rest at its home pose, to be put behind an emulator.
 * @param about what its period is near to, in whole steps of the simulation, s. @param floor height of the ground, m; undefined: none
 */
export async function restingPlant(
  robot: RobotModel,
  about: number,
  floor: number | null | undefined,
): Promise<{ readonly plant: SimulatedPlant; readonly period: number }> {
  const { timestep } = robot.simulation;
  const period = Math.max(1, Math.round(about / timestep)) * timestep;
  const world = floor == null ? undefined : { ground: { height: floor } };
  const plant = await createSimPlant({ robot, controlPeriod: period, world });
  plant.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
  return { plant, period };
}
