import { InputError, nearestName } from '../src/core/errors.ts';
import type { PlantState } from '../src/core/plant.ts';
import type { Pose } from '../src/core/robot.ts';
import type { WorldBody } from '../src/core/task.ts';

/** Throws InputError where an episode places what is not there, or nowhere. */
export function checkPlaces(places: NonNullable<PlantState['bodies']>, bodies: readonly WorldBody[]): void {
  const names = bodies.map(({ name }) => name);
  for (const [name, { position, rotation }] of Object.entries(places)) {
    if (!names.includes(name)) {
      const near = nearestName(name, names);
      throw new InputError(
        `a state places body "${name}", which the world does not have; ${near ? `did you mean "${near}"?` : `it has ${names.join(', ') || 'none'}`}`,
      );
    }
    if (![...position, ...rotation].every(Number.isFinite) || !rotation.some((value) => value !== 0))
      throw new InputError(`body ${name}: its position and rotation must be finite, the rotation not zero`);
  }
}

/** Where a body begins an episode, with a rotation of length 1. */
export function placeOf(body: WorldBody, places: NonNullable<PlantState['bodies']>): Pose {
  const { position, rotation } = Object.hasOwn(places, body.name) ? places[body.name] : body.pose;
  const length = Math.hypot(...rotation);
  if (Math.abs(length - 1) < 1e-12) return { position, rotation };
  const [x, y, z, w] = rotation;
  return { position, rotation: [x / length, y / length, z / length, w / length] };
}
