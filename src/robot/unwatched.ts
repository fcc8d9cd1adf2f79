import type { RobotModel } from '../core/robot.ts';

/** One line that names what of the surroundings nobody keeps a real robot from though its robot.json does not say so; null where there is nothing. */
export function unwatched({ hardware, links }: RobotModel): string | null {
  if (!hardware) return null;
  const { floor, workspace, clearance } = hardware;
  const unsaid = Object.entries({ floor, workspace }).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  const shapes = links.some(({ collisions }) => collisions.length > 0);
  const shapeless = Object.entries({ floor, clearance }).flatMap(([name, value]) =>
    shapes || value === null || unsaid.includes(name) ? [] : [name],
  );
  const parts = [
    ...(unsaid.length > 0 ? [`${unsaid.join(', ')}; name ${them(unsaid)} in robot.json, key hardware`] : []),
    ...(shapeless.length > 0 ? [`${shapeless.join(', ')}: no link has a collision shape`] : []),
  ];
  return parts.length === 0 ? null : `not watched: ${parts.join('; ')}`;
}

function them(names: readonly string[]): string {
  return names.length > 1 ? 'them' : 'it';
}
