import type { Inertial, Joint, Link } from '../core/robot.ts';
import type { Reader } from './reader.ts';
import { type RigidGroup, rigidGroups } from './rigid-groups.ts';
import { guessedDensity, inertialOfShapes } from './solids.ts';

interface Tree {
  readonly links: readonly Link[];
  readonly joints: readonly Joint[];
  readonly root: number;
}

/**
 * Links that move together but state no mass get that of their shapes (the collision shapes, else the visual ones), and
 * it is said. What carries other moving links may stay without; an end of the tree may not.
 */
export function guessInertials(reader: Reader, tree: Tree): Link[] {
  const links = [...tree.links];
  const groups = rigidGroups(tree);
  const bare = groups.filter((group) => group.leader !== tree.root && !group.inertial);
  for (const { members } of bare)
    for (const { link } of members) {
      const inertial = inertialOf(links[link]);
      if (!inertial) continue;
      links[link] = { ...links[link], inertial };
      reader.note(
        `guessed the mass of link "${links[link].name}": ${Number(inertial.mass.toPrecision(4))} kg, its shapes at ${guessedDensity} kg/m³`,
      );
    }
  const carries = new Set(tree.joints.filter(({ kind }) => kind !== 'fixed').map(({ parent }) => parent));
  for (const group of bare)
    if (!hasMass(links, group) && !group.members.some(({ link }) => carries.has(link)))
      refuse(reader, links, group);
  return links;
}

function inertialOf(link: Link): Inertial | undefined {
  return inertialOfShapes(link.collisions, guessedDensity) ?? inertialOfShapes(link.visuals, guessedDensity);
}

function hasMass(links: readonly Link[], { members }: RigidGroup): boolean {
  return members.some(({ link }) => (links[link].inertial?.mass ?? 0) > 0);
}

function refuse(reader: Reader, links: readonly Link[], { leader, members }: RigidGroup): never {
  const meshes = members.some(({ link }) =>
    [...links[link].collisions, ...links[link].visuals].some(({ geometry }) => geometry.kind === 'mesh'),
  );
  return reader.fail(
    `link "${links[leader].name}"`,
    `moves but has no mass${meshes ? ', and none can be computed from its meshes' : ''}`,
    'give it an <inertial> with a mass above 0',
  );
}
