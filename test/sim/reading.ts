import type { Plant } from '#src/core/plant';

/** Numbers in a plant's reading. */
export function readingSize(plant: Plant): number {
  return plant.spec.channels.reduce((sum, { size }) => sum + size, 0);
}
