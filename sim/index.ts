import type { SimulatedPlant } from '../src/core/plant.ts';
import { SimPlant, type SimPlantOptions } from './sim-plant.ts';
import { createVehiclePlant } from './vehicle/index.ts';

export { SimPlant, type SimPlantOptions } from './sim-plant.ts';

/** A robot in its world, at its home pose: a car where the robot has a `vehicle`. Throws InputError. */
export async function createSimPlant(options: SimPlantOptions): Promise<SimulatedPlant> {
  return options.robot.vehicle ? createVehiclePlant(options) : new SimPlant(options);
}
