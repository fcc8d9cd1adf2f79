import { norm, scale } from '../core/linalg.ts';
import type { Pose, Vec3 } from '../core/robot.ts';
import { color, entity, pose, world } from './messages.ts';

/** Forces too small to be seen are left out, m. */
const SHORTEST = 0.004;
const LONGEST = 0.6;
const MOST_FORCES = 64;

/**
 * Contact forces to scale.
 * @param contacts [contacts × 6]: point, m, and force, N
 * @param metresPerNewton length of an arrow
 */
export function contactUpdate(contacts: Float64Array, metresPerNewton: number, now: number): object {
  const arrows: { length: number; arrow: object }[] = [];
  for (let i = 0; i < contacts.length; i += 6) {
    const force: Vec3 = [contacts[i + 3], contacts[i + 4], contacts[i + 5]];
    const length = Math.min(LONGEST, metresPerNewton * norm(force));
    if (!(length >= SHORTEST)) continue;
    const head = Math.min(0.4 * length, 0.03);
    arrows.push({
      length,
      arrow: {
        pose: pose({ position: [contacts[i], contacts[i + 1], contacts[i + 2]], rotation: alongX(force) }),
        ...{ shaft_length: length - head, shaft_diameter: 0.25 * head },
        ...{ head_length: head, head_diameter: 0.7 * head },
        color: color([1, 0.82, 0.29, 1]),
      },
    });
  }
  arrows.sort((a, b) => b.length - a.length);
  const metadata = [{ key: 'scale', value: `${metresPerNewton} m/N` }];
  const shown = arrows.slice(0, MOST_FORCES).map(({ arrow }) => arrow);
  return { deletions: [], entities: [entity('contacts', world, now, { arrows: shown, metadata })] };
}

/** The shortest turn that takes the x axis along a vector. */
function alongX(vector: Vec3): Pose['rotation'] {
  const [x, y, z] = scale(vector, 1 / norm(vector));
  if (x < -0.999999) return [0, 0, 1, 0];
  const w = Math.sqrt((1 + x) / 2);
  return [0, -z / (2 * w), y / (2 * w), w];
}
