import { compose, quatMultiply, rotate } from '../core/linalg.ts';
import type { Inertial, Pose, Quat, Vec3 } from '../core/robot.ts';

/** Symmetric 3 × 3: xx, xy, xz, yy, yz, zz. */
type Symmetric = readonly [number, number, number, number, number, number];

/** A body's mass, centre of mass, principal moments (kg m², about the centre of mass) and their axes. */
export interface PrincipalInertia {
  readonly mass: number;
  readonly center: Vec3;
  readonly moments: Vec3;
  readonly axes: Quat;
}

/**
 * One inertial for bodies that move as one. `poses[i]` is the frame of part i in the common frame, in which the result
 * is expressed. Undefined when nothing has mass.
 */
export function combineInertials(
  parts: readonly { readonly inertial: Inertial; readonly pose: Pose }[],
): Inertial | undefined {
  let mass = 0;
  const moment = [0, 0, 0];
  const placed = parts.map(({ inertial, pose }) => {
    const frame = compose(pose, inertial.pose);
    mass += inertial.mass;
    for (let k = 0; k < 3; k++) moment[k] += inertial.mass * frame.position[k];
    return { inertial, frame };
  });
  if (mass <= 0) return undefined;
  const center: Vec3 = [moment[0] / mass, moment[1] / mass, moment[2] / mass];
  const sum = [0, 0, 0, 0, 0, 0];
  for (const { inertial, frame } of placed) {
    const turned = turn(inertial.inertia, frame.rotation);
    const [x, y, z] = frame.position.map((value, k) => value - center[k]);
    const m = inertial.mass;
    const shift = [
      m * (y * y + z * z),
      -m * x * y,
      -m * x * z,
      m * (x * x + z * z),
      -m * y * z,
      m * (x * x + y * y),
    ];
    for (let k = 0; k < 6; k++) sum[k] += turned[k] + shift[k];
  }
  return {
    mass,
    pose: { position: center, rotation: [0, 0, 0, 1] },
    inertia: sum as unknown as Symmetric,
  };
}

/** R I Rᵀ for the rotation `q`. */
function turn([xx, xy, xz, yy, yz, zz]: Symmetric, q: Quat): Symmetric {
  const columns = [rotate(q, [1, 0, 0]), rotate(q, [0, 1, 0]), rotate(q, [0, 0, 1])];
  const inertia = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const entry = (i: number, j: number) => {
    let total = 0;
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) total += columns[a][i] * inertia[a][b] * columns[b][j];
    return total;
  };
  return [entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)];
}

/** Principal axes by cyclic Jacobi rotations. `axes` turns the principal frame into the inertial's parent frame. */
export function principalInertia(inertial: Inertial): PrincipalInertia {
  const [xx, xy, xz, yy, yz, zz] = inertial.inertia;
  const m = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  let axes: Quat = [0, 0, 0, 1];
  for (let sweep = 0; sweep < 50; sweep++) {
    const off = Math.abs(m[0][1]) + Math.abs(m[0][2]) + Math.abs(m[1][2]);
    if (off <= 1e-15 * (Math.abs(m[0][0]) + Math.abs(m[1][1]) + Math.abs(m[2][2]))) break;
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      if (m[p][q] === 0) continue;
      const theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
      const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1);
      const s = t * c;
      for (let k = 0; k < 3; k++) [m[k][p], m[k][q]] = [c * m[k][p] - s * m[k][q], s * m[k][p] + c * m[k][q]];
      for (let k = 0; k < 3; k++) [m[p][k], m[q][k]] = [c * m[p][k] - s * m[q][k], s * m[p][k] + c * m[q][k]];
      // The rotation above maps e_p to c e_p − s e_q: by −φ about e_p × e_q.
      const half = Math.atan2(s, c) / 2;
      const sign = q - p === 2 ? 1 : -1;
      const turnBy: [number, number, number, number] = [0, 0, 0, Math.cos(half)];
      turnBy[3 - p - q] = sign * Math.sin(half);
      axes = quatMultiply(axes, turnBy);
    }
  }
  return {
    mass: inertial.mass,
    center: inertial.pose.position,
    moments: [m[0][0], m[1][1], m[2][2]],
    axes: quatMultiply(inertial.pose.rotation, axes),
  };
}
