/** SI units; right-handed, z up; quaternions are [x, y, z, w]. */
export type Vec3 = readonly [number, number, number];
export type Quat = readonly [number, number, number, number];

export interface Pose {
  readonly position: Vec3;
  readonly rotation: Quat;
}
