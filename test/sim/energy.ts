import { add, quatConjugate, quatMultiply, rotate } from '#src/core/linalg';
import type { Pose, RobotModel, Vec3 } from '#src/core/robot';
import { Kinematics } from '#src/robot/index';

/** Kinetic and potential energy, J, at coordinates q with rates q̇, by differences of the kinematics in float64. */
export function energy(
  robot: RobotModel,
  q: readonly number[],
  rate: readonly number[],
  gravity: Vec3,
): { kinetic: number; potential: number } {
  const kinematics = new Kinematics(robot);
  const h = 1e-5;
  const at = (t: number) => kinematics.linkPoses(q.map((value, d) => value + t * rate[d]));
  const [before, now, after] = [at(-h), at(0), at(h)];
  let kinetic = 0;
  let potential = 0;
  for (const [link, { inertial }] of robot.links.entries()) {
    if (!inertial) continue;
    const center = (pose: Pose) => add(pose.position, rotate(pose.rotation, inertial.pose.position));
    const place = center(now[link]);
    const velocity = center(after[link]).map((value, k) => (value - center(before[link])[k]) / (2 * h));
    // World rotation from `before` to `after`, then into the inertial frame.
    const turn = quatMultiply(after[link].rotation, quatConjugate(before[link].rotation));
    const sign = turn[3] < 0 ? -1 : 1;
    const angular = turn.slice(0, 3).map((value) => (sign * value) / h) as unknown as Vec3;
    const frame = quatMultiply(now[link].rotation, inertial.pose.rotation);
    const [x, y, z] = rotate(quatConjugate(frame), angular);
    const [xx, xy, xz, yy, yz, zz] = inertial.inertia;
    kinetic += (inertial.mass / 2) * velocity.reduce((sum, value) => sum + value * value, 0);
    kinetic += (xx * x * x + yy * y * y + zz * z * z) / 2 + xy * x * y + xz * x * z + yz * y * z;
    potential -= inertial.mass * place.reduce((sum, value, k) => sum + value * gravity[k], 0);
  }
  return { kinetic, potential };
}
