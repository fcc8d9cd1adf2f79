import type { RobotModel } from '../core/robot.ts';
import { massMatrix } from './mass-matrix.ts';
import { rigidGroups } from './rigid-groups.ts';

/**
 * A coordinate that can change without moving any mass, by index into q; undefined when the mass matrix is positive
 * definite, as it must be for efforts to have an effect that is finite.
 */
function masslessCoordinate(robot: RobotModel): number | undefined {
  const size = robot.movable.length;
  const generic = robot.movable.map((j, i) => {
    const { lower, upper } = robot.joints[j];
    return Number.isFinite(upper - lower) ? lower + 0.37 * (upper - lower) : 0.7 + 0.1 * (i % 7);
  });
  const failing = zeroPivot(massMatrix(robot, generic), size);
  // At home alone it may be singular, as a floating joint is at a pitch of 90°.
  return failing === undefined ? undefined : zeroPivot(massMatrix(robot, robot.home), size);
}

/** Why a robot cannot be simulated: what can move without moving any mass, and what to do. Undefined where it can be. */
export function masslessProblem(robot: RobotModel): string | undefined {
  const coordinate = masslessCoordinate(robot);
  if (coordinate === undefined) return undefined;
  const { name, child } = robot.joints[robot.movable[coordinate]];
  const beyond = new Set([child]);
  for (const joint of robot.joints) if (beyond.has(joint.parent)) beyond.add(joint.child);
  const groups = rigidGroups(robot).filter(({ leader }) => beyond.has(leader));
  const bare = groups.every(({ inertial }) => !inertial);
  if (!bare)
    return `joint "${name}" can move without moving any mass; give the links beyond it masses and inertias, or the joint an armature in robot.json`;
  const { leader, members } = groups[groups.length - 1];
  const meshes = members.some(({ link }) =>
    [...robot.links[link].collisions, ...robot.links[link].visuals].some(
      ({ geometry }) => geometry.kind === 'mesh',
    ),
  );
  const end = robot.links[leader].name;
  return `link "${end}" has no mass${meshes ? ', and none can be computed from its meshes' : ''}, so joint "${name}" moves none; give it an <inertial> with a mass above 0`;
}

/** The first row that depends on those before it: Cholesky on the matrix scaled to a unit diagonal. */
function zeroPivot(matrix: Float64Array, size: number): number | undefined {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const diagonal = matrix[i * size + i];
    if (!(diagonal > 1e-15)) return i;
    for (let j = 0; j <= i; j++) {
      let value = matrix[i * size + j] / Math.sqrt(diagonal * matrix[j * size + j]);
      for (let k = 0; k < j; k++) value -= factor[i * size + k] * factor[j * size + k];
      if (j < i) factor[i * size + j] = value / factor[j * size + j];
      else if (!(value > 1e-10)) return i;
      else factor[i * size + i] = Math.sqrt(value);
    }
  }
  return undefined;
}
