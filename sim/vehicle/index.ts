import { loadRapier } from '../rapier.ts';
import { VehiclePlant, type VehiclePlantOptions } from './vehicle-plant.ts';

export { VehiclePlant, type VehiclePlantOptions } from './vehicle-plant.ts';

/** A car at its home pose; the robot must have a `vehicle`. */
export async function createVehiclePlant(options: VehiclePlantOptions): Promise<VehiclePlant> {
  return new VehiclePlant(await loadRapier(), options);
}
