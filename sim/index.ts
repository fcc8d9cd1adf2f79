import { loadRapier } from './rapier.ts';
import { SimPlant, type SimPlantOptions } from './sim-plant.ts';

export { liveWorlds } from './articulation.ts';
export { SimPlant, type SimPlantOptions } from './sim-plant.ts';

/** A robot in the physics engine, at its home pose. */
export async function createSimPlant(options: SimPlantOptions): Promise<SimPlant> {
  return new SimPlant(await loadRapier(), options);
}
