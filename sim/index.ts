import type { SimulatedPlant } from '../src/core/plant.ts';
import { loadRapier } from './rapier.ts';
import { SimPlant, type SimPlantOptions } from './sim-plant.ts';
import { createVehiclePlant } from './vehicle/index.ts';

export { liveWorlds } from './articulation.ts';
export { SimPlant, type SimPlantOptions } from './sim-plant.ts';

/** A robot in simulation, at its home pose: a car where the robot has a `vehicle`, else an arm. */
export async function createSimPlant(options: SimPlantOptions): Promise<SimulatedPlant> {
  if (options.robot.vehicle) return createVehiclePlant(options);
  return new SimPlant(await loadRapier(), options);
}
