import { rotate } from '#src/core/linalg';
import type { RobotModel, Vec3 } from '#src/core/robot';
import { Kinematics } from '#src/robot/index';

/**
 * Coordinates [D] near `start` at which the tip is at `target` and `axis` of its link points down; `across`, where given,
 * then has no y. Joint `gripper` keeps its place. Damped Gauss–Newton by differences.
 */
export function reachDown(
  robot: RobotModel,
  start: readonly number[],
  target: readonly number[],
  axis: Vec3,
  gripper: number,
  across?: Vec3,
): number[] {
  const kinematics = new Kinematics(robot);
  const size = start.length;
  const miss = (q: readonly number[]): number[] => {
    const { rotation } = kinematics.linkPoses(q)[robot.tip.link];
    const [x, y, z] = rotate(rotation, axis);
    const place = Array.from(kinematics.tip(q), (value, k) => value - target[k]);
    return [
      ...place,
      0.2 * x,
      0.2 * y,
      0.2 * (z + 1),
      ...(across ? [0.2 * rotate(rotation, across)[1]] : []),
    ];
  };
  let q = [...start];
  for (let round = 0; round < 100; round++) {
    const now = miss(q);
    const columns = q.map((_, d) =>
      d === gripper
        ? now.map(() => 0)
        : miss(q.map((value, i) => (i === d ? value + 1e-6 : value))).map(
            (value, k) => (value - now[k]) / 1e-6,
          ),
    );
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, k) => sum + value * b[k], 0);
    const A = columns.map((a, i) => columns.map((b, j) => dot(a, b) + (i === j ? 1e-5 : 0)));
    const step = columns.map((column) => -dot(column, now));
    for (let i = 0; i < size; i++)
      for (let j = i + 1; j < size; j++) {
        const factor = A[j][i] / A[i][i];
        for (let k = i; k < size; k++) A[j][k] -= factor * A[i][k];
        step[j] -= factor * step[i];
      }
    for (let i = size - 1; i >= 0; i--) {
      for (let k = i + 1; k < size; k++) step[i] -= A[i][k] * step[k];
      step[i] /= A[i][i];
    }
    q = q.map((value, d) => value + step[d]);
  }
  const error = Math.max(...miss(q).map(Math.abs));
  if (!(error < 1e-4)) throw new Error(`the tip misses by ${error}`);
  return q;
}
