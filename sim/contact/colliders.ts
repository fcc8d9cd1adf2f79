import type { Surface } from '../../src/core/robot.ts';
import type { System } from '../dynamics/system.ts';
import { type Solid, solidOf } from './solid.ts';

/** A solid on a body. */
export interface Collider {
  readonly solid: Solid;
  /** Link, body of the world or ground, as `Frame` counts them. */
  readonly frame: number;
  /** Moving body of the system; −1: stands still. */
  readonly body: number;
  /** Body of the world that stands where an episode puts it; −1: none. */
  readonly fixed: number;
  readonly surface: Surface;
}

/** Where nothing is said about a surface. */
export const plain: Surface = { friction: 1, restitution: 0 };

/** The shapes of links and bodies that collide; meshes do not. */
export function collidersOf(system: System): Collider[] {
  const { robot, world, tree } = system;
  const links = robot.links.flatMap((link, frame): Collider[] => {
    const { body, pose } = tree.links[frame];
    return link.collisions.flatMap((shape) => {
      const solid = solidOf(shape, pose);
      return solid ? [{ solid, frame, body, fixed: -1, surface: link.surface ?? plain }] : [];
    });
  });
  const bodies = (world.bodies ?? []).flatMap((item, index): Collider[] => {
    const f = system.freeOf[index];
    return item.shapes.flatMap((shape) => {
      const solid = solidOf(shape);
      if (!solid) return [];
      const body = f < 0 ? -1 : system.bodies + f;
      return [
        {
          solid,
          frame: robot.links.length + index,
          body,
          fixed: f < 0 ? index : -1,
          surface: item.surface ?? plain,
        },
      ];
    });
  });
  return [...links, ...bodies];
}

/**
 * Colliders that may meet, two indices a pair, −1 for the ground: a link meets no other of its rigid group, none that a
 * joint connects it to, none that the robot says it never touches, and its own robot only if the world wants that.
 */
export function pairsOf(system: System, colliders: readonly Collider[]): number[] {
  const { robot, world, tree } = system;
  const links = robot.links.length;
  const apart = new Set((robot.untouching ?? []).map(([a, b]) => Math.min(a, b) * links + Math.max(a, b)));
  const mayTouch = (a: Collider, b: Collider): boolean => {
    if (a.frame === b.frame || (a.body < 0 && b.body < 0)) return false;
    if (a.frame >= links || b.frame >= links) return true;
    if (!world.selfCollision || a.body === b.body) return false;
    // A moving body's parent, or −1: the robot's foot.
    if ((a.body >= 0 && tree.parent[a.body] === b.body) || (b.body >= 0 && tree.parent[b.body] === a.body))
      return false;
    return !apart.has(Math.min(a.frame, b.frame) * links + Math.max(a.frame, b.frame));
  };
  const pairs: number[] = [];
  if (world.ground) for (const [j, { body }] of colliders.entries()) if (body >= 0) pairs.push(-1, j);
  for (const [i, a] of colliders.entries())
    for (let j = i + 1; j < colliders.length; j++) if (mayTouch(a, colliders[j])) pairs.push(i, j);
  return pairs;
}
