import type { Joint, Link, Shape } from '../core/robot.ts';
import type { Reader } from './reader.ts';
import { rigidGroups } from './rigid-groups.ts';
import { guessedDensity, inertialOfShapes, type MeshSolid } from './solids.ts';

interface Tree {
  readonly links: readonly Link[];
  readonly joints: readonly Joint[];
  readonly root: number;
}

/**
 * Links that move together but state no mass get that of their shapes (the collision shapes, else the visual ones), and
 * it is said. Where nothing can be computed they stay without.
 */
export function guessInertials(reader: Reader, tree: Tree, solid: MeshSolid): Link[] {
  const links = [...tree.links];
  const groups = rigidGroups(tree);
  const bare = groups.filter((group) => group.leader !== tree.root && !group.inertial);
  for (const { members } of bare)
    for (const { link } of members) {
      const { name, collisions, visuals } = links[link];
      const guess = (shapes: readonly Shape[], which: string) => {
        const inertial = inertialOfShapes(shapes, guessedDensity, solid);
        return inertial && { inertial, which };
      };
      const guessed = guess(collisions, 'shapes') ?? guess(visuals, 'visual shapes');
      if (!guessed) continue;
      const { inertial, which } = guessed;
      links[link] = { ...links[link], inertial };
      reader.note(
        `guessed the mass of link "${name}": ${Number(inertial.mass.toPrecision(4))} kg, its ${which} at ${guessedDensity} kg/m³`,
      );
    }
  return links;
}
