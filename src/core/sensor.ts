import type { Pose } from './pose.ts';

/** One figure for all channels of a sensor, or one each by the last part of the channel's name: `{ gyro: 0.001 }`. */
export type PerChannel = number | Readonly<Record<string, number>>;

/** How well a reading tells the truth. Left out: perfect, at every control step, at once. */
export interface Quality {
  /** New values a second, Hz; between them the last one is held. */
  readonly rate?: number;
  /** Age of what is delivered, s. */
  readonly latency?: number;
  /** Standard deviation of white noise, in the channel's unit; of a rotation: rad about each axis. */
  readonly noise?: PerChannel;
  /** Values are rounded to multiples of this, in the channel's unit. */
  readonly resolution?: PerChannel;
}

/**
 * What a plant measures beside its joints. Each is delivered as channels named after it:
 * - `encoder`: gives the channels `<joint>.position` and `<joint>.velocity` of one joint a quality; `*` stands for all
 *   joints without an encoder of their own. A position with a resolution makes the velocity the difference of the last
 *   two positions over the time between them, unless `quality` has figures of its own for `velocity`;
 * - `pose` of a point of a link or of a body of the world: `<name>.position` [3] m and `<name>.rotation` [4], world frame;
 * - `imu`: `<name>.acceleration` [3] m/s² (specific force) and `<name>.gyro` [3] rad/s, frame of the link turned by `pose`;
 * - `contact`: `<name>.force` [3] N, world frame, of all contacts on a link or body (or of those with `against`), mean over
 *   the control period;
 * - `lidar`: `<name>.ranges` [rays] m, in the xy plane of the link turned by `pose`, from angle `from` to `to`, both
 *   included; `range` where nothing is hit. It looks through the link that carries it and what is fixed to that.
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
