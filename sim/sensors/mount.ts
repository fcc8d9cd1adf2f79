import { InputError } from '../../src/core/errors.ts';
import type { Pose } from '../../src/core/robot.ts';

/** Where a sensor sits on its link, as [7] with a rotation of length 1. */
export function mountOf(sensor: { readonly name: string; readonly pose: Pose }): Float64Array {
  const { position, rotation } = sensor.pose;
  const length = Math.hypot(...rotation);
  const numbers = [...position, ...rotation];
  if (numbers.length !== 7 || !numbers.every(Number.isFinite) || !(length > 0))
    throw new InputError(
      `sensor ${sensor.name}: pose needs a position of three finite numbers, m, and a rotation x y z w that is not zero`,
    );
  return Float64Array.of(...position, ...rotation.map((value) => value / length));
}
