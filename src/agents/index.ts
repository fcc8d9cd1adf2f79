import type { PetsOptions } from './pets.ts';
import { Pets } from './pets.ts';

export { Pets, type PetsOptions } from './pets.ts';

/** Every agent by its name on the command line. */
export const agents: Readonly<Record<string, (options: PetsOptions) => Pets>> = {
  pets: (options) => new Pets(options),
};
