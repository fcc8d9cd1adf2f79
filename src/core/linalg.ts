/** Small vectors and quaternions on plain arrays, float64. Quaternions are [x, y, z, w]. */
import type { Pose, Quat, Vec3 } from './robot.ts';

export const identityPose: Pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] };

export function quatMultiply(a: Quat, b: Quat): Quat {
  const [ax, ay, az, aw] = a;
  const [bx, by, bz, bw] = b;
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

export function quatConjugate([x, y, z, w]: Quat): Quat {
  return [-x, -y, -z, w];
}

export function rotate(q: Quat, v: Vec3): Vec3 {
  const [x, y, z, w] = q;
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  return [v[0] + w * tx + y * tz - z * ty, v[1] + w * ty + z * tx - x * tz, v[2] + w * tz + x * ty - y * tx];
}

export function axisAngle(axis: Vec3, angle: number): Quat {
  const s = Math.sin(angle / 2);
  return [axis[0] * s, axis[1] * s, axis[2] * s, Math.cos(angle / 2)];
}

/** Fixed-axis roll, pitch, yaw as in URDF: R = Rz(yaw) Ry(pitch) Rx(roll). */
export function fromRollPitchYaw(roll: number, pitch: number, yaw: number): Quat {
  return quatMultiply(
    axisAngle([0, 0, 1], yaw),
    quatMultiply(axisAngle([0, 1, 0], pitch), axisAngle([1, 0, 0], roll)),
  );
}

/** Pose of frame C in A from B in A and C in B. */
export function compose(ab: Pose, bc: Pose): Pose {
  const moved = rotate(ab.rotation, bc.position);
  return {
    position: [ab.position[0] + moved[0], ab.position[1] + moved[1], ab.position[2] + moved[2]],
    rotation: quatMultiply(ab.rotation, bc.rotation),
  };
}

export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function scale(a: Vec3, s: number): Vec3 {
  return [a[0] * s, a[1] * s, a[2] * s];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function norm(a: Vec3): number {
  return Math.sqrt(dot(a, a));
}
