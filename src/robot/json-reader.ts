import { InputError, nearestName } from '../core/errors.ts';
import type { UrdfTree } from './urdf.ts';

/** Finds by name what a robot.json speaks of; what is not there is an InputError with file, key and hint. */
export interface JsonReader {
  fail(key: string, what: string, hint: string): never;
  link(name: string, key: string): number;
  /** A joint that moves, of its own or as a mimic. */
  moving(name: string, key: string): number;
  /** A joint that moves of its own. */
  movable(name: string, key: string): number;
}

export function jsonReader(file: string, tree: UrdfTree): JsonReader {
  const fail = (key: string, what: string, hint: string): never => {
    throw new InputError(`${file}: ${key}: ${what}; ${hint}`);
  };
  const find = (name: string, index: ReadonlyMap<string, number>, key: string, what: string): number => {
    const found = index.get(name);
    if (found !== undefined) return found;
    const near = nearestName(name, index.keys());
    return fail(
      key,
      `unknown ${what} "${name}"`,
      near
        ? `did you mean "${near}"?`
        : `the robot has ${[...index.keys()].slice(0, 12).join(', ') || 'none'}`,
    );
  };
  const links = new Map(tree.links.map(({ name }, i) => [name, i]));
  const moving = new Map(
    tree.joints.flatMap(({ name, kind }, j) => (kind === 'fixed' ? [] : [[name, j] as const])),
  );
  const movable = new Map([...moving].filter(([, j]) => !tree.joints[j].mimic));
  return {
    fail,
    link: (name, key) => find(name, links, key, 'link'),
    moving: (name, key) => find(name, moving, key, 'moving joint'),
    movable: (name, key) => {
      const follower = tree.joints[moving.get(name) ?? -1];
      if (follower?.mimic) {
        const source = tree.joints[follower.mimic.joint].name;
        fail(key, `joint "${name}" follows "${source}" (mimic)`, `name "${source}"`);
      }
      return find(name, movable, key, 'movable joint');
    },
  };
}
