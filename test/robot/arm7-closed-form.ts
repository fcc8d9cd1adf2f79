/**
 * The tip of arm7 in closed form, as PETS' reacher computes it (Chua et al. 2018; `get_EE_pos` of
 * kchua/handful-of-trials): walk along the links, turning their direction `a` with a perpendicular `p` (the axis of
 * the hinge to come, before the roll).
 *
 * q = pan, lift, upper arm roll, elbow, forearm roll, wrist flex, wrist roll; the last does not matter. From the
 * shoulder at (0, −0.188, 0): 0.1 m along the pan direction, 0.4 m along the upper arm, 0.321 m along the forearm and
 * 0.16828 m along the hand. A roll r turns the hinge axis to p cos r + (a × p) sin r, a hinge h turns the link.
 *
 * PETS takes the next perpendicular as new × old direction, which is the hinge axis for h in (−π, 0), as its limits
 * have it; here it is the hinge axis itself, for every angle.
 */
export function arm7Tip(q: ArrayLike<number>): [number, number, number] {
  const { sin, cos } = Math;
  let a = [cos(q[1]) * cos(q[0]), cos(q[1]) * sin(q[0]), -sin(q[1])];
  let p = [-sin(q[0]), cos(q[0]), 0];
  const end = [0.1 * cos(q[0]) + 0.4 * a[0], 0.1 * sin(q[0]) - 0.188 + 0.4 * a[1], 0.4 * a[2]];
  for (const [length, roll, hinge] of [
    [0.321, q[2], q[3]],
    [0.16828, q[4], q[5]],
  ]) {
    const across = [a[1] * p[2] - a[2] * p[1], a[2] * p[0] - a[0] * p[2], a[0] * p[1] - a[1] * p[0]];
    const axis = p.map((value, k) => value * cos(roll) + across[k] * sin(roll));
    a = a.map((value, k) => cos(hinge) * value + sin(hinge) * (sin(roll) * p[k] - cos(roll) * across[k]));
    p = axis;
    for (let k = 0; k < 3; k++) end[k] += length * a[k];
  }
  return end as [number, number, number];
}

/** The same with PETS' own rule for the next perpendicular; the hinges must be in (−π, 0). */
export function petsTip(q: ArrayLike<number>): [number, number, number] {
  const { sin, cos } = Math;
  const cross = (u: number[], v: number[]) => [
    u[1] * v[2] - u[2] * v[1],
    u[2] * v[0] - u[0] * v[2],
    u[0] * v[1] - u[1] * v[0],
  ];
  let along = [cos(q[1]) * cos(q[0]), cos(q[1]) * sin(q[0]), -sin(q[1])];
  let beside = [-sin(q[0]), cos(q[0]), 0];
  let end = [0.1 * cos(q[0]) + 0.4 * along[0], 0.1 * sin(q[0]) + 0.4 * along[1] - 0.188, 0.4 * along[2]];
  for (const [length, roll, hinge] of [
    [0.321, q[2], q[3]],
    [0.16828, q[4], q[5]],
  ]) {
    const third = cross(along, beside);
    const next = along.map(
      (value, k) =>
        cos(hinge) * value + sin(hinge) * sin(roll) * beside[k] - sin(hinge) * cos(roll) * third[k],
    );
    const perpendicular = cross(next, along);
    const norm = Math.hypot(...perpendicular);
    beside = perpendicular.map((value) => value / norm);
    along = next;
    end = end.map((value, k) => value + length * along[k]);
  }
  return end as [number, number, number];
}
