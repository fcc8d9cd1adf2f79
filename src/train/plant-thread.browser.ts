import { InputError } from '../core/errors.ts';
import type { PlantThread, PlantThreadOptions } from './plant-thread.ts';

export async function createPlantThread(_options: PlantThreadOptions): Promise<PlantThread> {
  throw new InputError('a plant on the wall clock needs a thread that may block: run it in Node');
}
