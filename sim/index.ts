import { InputError } from '../src/core/errors.ts';
import type { SimulatedPlant } from '../src/core/plant.ts';
import { masslessProblem } from '../src/robot/index.ts';
import { SimPlant, type SimPlantOptions } from './sim-plant.ts';
import { createVehiclePlant } from './vehicle/index.ts';

export { SimPlant, type SimPlantOptions } from './sim-plant.ts';

/** A robot in its world, at its home pose: a car where the robot has a `vehicle`. Throws InputError. */
export async function createSimPlant(options: SimPlantOptions): Promise<SimulatedPlant> {
  const { robot } = options;
  const problem = masslessProblem(robot);
  if (problem !== undefined) throw new InputError(`robot ${robot.name}: cannot be simulated: ${problem}`);
  return robot.vehicle ? createVehiclePlant(options) : new SimPlant(options);
}
