import type { Pose } from './robot.ts';

/** How well a reading tells the truth. Left out: perfect, at every control step, at once. */
export interface Quality {
  /** New values a second, Hz; between them the last one is held. */
  readonly rate?: number;
  /** Age of what is delivered, s. */
  readonly latency?: number;
  /** Standard deviation of white noise, in the channel's unit. */
  readonly noise?: number;
  /** Values are rounded to multiples of this, in the channel's unit. */
  readonly resolution?: number;
}

/**
 * What a plant measures beside its joints. Each is delivered as channels named after it:
 * - `encoder`: gives the channels `<joint>.position` and `<joint>.velocity` of one joint (or of all) a quality;
 * - `pose` of a link's point: `<name>.position` [3] m and `<name>.rotation` [4], world frame;
 * - `imu`: `<name>.acceleration` [3] m/s² (specific force) and `<name>.gyro` [3] rad/s, frame of the link turned by `pose`;
 * - `contact`: `<name>.force` [3] N, world frame, of all contacts on a link or body (or of those with `against`), mean over
 *   the control period;
 * - `lidar`: `<name>.ranges` [rays] m, in the xy plane of the link turned by `pose`, from angle `from` to `to`.
 * Noise is keyed by (seed, sensor, episode, sample): it does not depend on threads, and repeats.
 */
export type Sensor = { readonly name: string; readonly quality?: Quality } & (
  | { readonly kind: 'encoder'; readonly joint: string | '*' }
  | { readonly kind: 'pose'; readonly link: string; readonly point: readonly [number, number, number] }
  | { readonly kind: 'imu'; readonly link: string; readonly pose: Pose }
  | { readonly kind: 'contact'; readonly of: string; readonly against?: string }
  | {
      readonly kind: 'lidar';
      readonly link: string;
      readonly pose: Pose;
      readonly rays: number;
      /** rad */
      readonly from: number;
      readonly to: number;
      /** m */
      readonly range: number;
    }
);
