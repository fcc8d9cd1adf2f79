import type { RobotModel, Surface } from '../../src/core/robot.ts';
import type { System } from '../dynamics/system.ts';
import type { Tree } from '../dynamics/tree.ts';
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
 * Whether two links, by index, may meet: not within a rigid group, not where a joint connects them, and not where the
 * robot says that they never touch.
 */
export function linksMayMeet(
  robot: Pick<RobotModel, 'links' | 'untouching'>,
  { links, parent }: Pick<Tree, 'links' | 'parent'>,
): (a: number, b: number) => boolean {
  const count = robot.links.length;
  const apart = new Set((robot.untouching ?? []).map(([a, b]) => Math.min(a, b) * count + Math.max(a, b)));
  return (a, b) => {
    const first = links[a].body;
    const second = links[b].body;
    if (first === second) return false;
    // A moving body's parent, or −1: the robot's foot.
    if ((first >= 0 && parent[first] === second) || (second >= 0 && parent[second] === first)) return false;
    return !apart.has(Math.min(a, b) * count + Math.max(a, b));
  };
}

/**
 * Colliders that may meet, two indices a pair, −1 for the ground: links as `linksMayMeet` says, and only if the world
 * wants a robot to meet itself.
 */
export function pairsOf(system: System, colliders: readonly Collider[]): number[] {
  const { robot, world, tree } = system;
  const links = robot.links.length;
  const linksMeet = linksMayMeet(robot, tree);
  const mayTouch = (a: Collider, b: Collider): boolean => {
    if (a.frame === b.frame || (a.body < 0 && b.body < 0)) return false;
    if (a.frame >= links || b.frame >= links) return true;
    return world.selfCollision === true && linksMeet(a.frame, b.frame);
  };
  const pairs: number[] = [];
  if (world.ground) for (const [j, { body }] of colliders.entries()) if (body >= 0) pairs.push(-1, j);
  for (const [i, a] of colliders.entries())
    for (let j = i + 1; j < colliders.length; j++) if (mayTouch(a, colliders[j])) pairs.push(i, j);
  return pairs;
}
