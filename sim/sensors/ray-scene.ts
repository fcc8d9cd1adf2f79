import type { RobotModel, Shape } from '../../src/core/robot.ts';
import { rigidGroups } from '../../src/robot/index.ts';
import { rotationMatrix } from '../rotation-matrix.ts';
import { mount } from './frames.ts';
import type { Frame, Probe } from './probe.ts';
import { type Target, targetOf } from './rays.ts';

interface Seen extends Target {
  readonly frame: Frame;
  /** Pose in its frame [7]; in the world: position [3] and rotation, row-major [9]. */
  readonly offset: Float64Array;
  readonly position: Float64Array;
  readonly rotation: Float64Array;
}

/** Beams at the angles `from`, `from` + `step`, …, rad. */
export interface Fan {
  readonly from: number;
  readonly step: number;
  /** Of each beam's angle. */
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

export function fanOf(beams: number, from: number, to: number): Fan {
  const step = beams > 1 ? (to - from) / (beams - 1) : 0;
  const angles = Float64Array.from({ length: beams }, (_, i) => from + i * step);
  return { from, step, cosines: angles.map(Math.cos), sines: angles.map(Math.sin) };
}

/** All that rays can hit: what collides, by its present pose. */
export class RayScene {
  readonly #probe: Probe;
  readonly #shapes: readonly Seen[];
  /** Height of the ground plane, m; −Infinity without one. */
  readonly #ground: number;
  readonly #frame = new Float64Array(7);
  readonly #pose = new Float64Array(7);
  readonly #axes = new Float64Array(9);
  readonly #beams = new Float64Array(9);

  /** @param hidden links that rays pass through */
  constructor(probe: Probe, hidden: ReadonlySet<Frame> = new Set()) {
    const { robot, world } = probe;
    this.#probe = probe;
    this.#ground = world.ground?.height ?? -Infinity;
    const things: (readonly Shape[])[] = [
      ...robot.links.map((link) => link.collisions),
      ...(world.bodies ?? []).map((body) => body.shapes),
    ];
    this.#shapes = things.flatMap((shapes, frame) =>
      hidden.has(frame) ? [] : shapes.flatMap((shape) => seenShape(frame, shape)),
    );
    this.place();
  }

  /** Takes over where everything stands now. */
  place(): void {
    let placed = -1;
    for (const { frame, offset, position, rotation } of this.#shapes) {
      if (frame !== placed) this.#probe.pose(frame, this.#frame);
      placed = frame;
      mount(this.#frame, offset, this.#pose);
      for (let k = 0; k < 3; k++) position[k] = this.#pose[k];
      const pose = this.#pose;
      rotationMatrix(pose[3], pose[4], pose[5], pose[6], rotation, 0);
    }
  }

  /** Distance, m, from a point along a unit vector, world frame, to the first surface; `range` when it is farther. */
  cast(origin: ArrayLike<number>, direction: ArrayLike<number>, range: number): number {
    let best = this.#castGround(origin[2], direction[2], range);
    for (const { cast, position: p, rotation: r } of this.#shapes) {
      const x = origin[0] - p[0];
      const y = origin[1] - p[1];
      const z = origin[2] - p[2];
      const distance = cast(
        r[0] * x + r[3] * y + r[6] * z,
        r[1] * x + r[4] * y + r[7] * z,
        r[2] * x + r[5] * y + r[8] * z,
        r[0] * direction[0] + r[3] * direction[1] + r[6] * direction[2],
        r[1] * direction[0] + r[4] * direction[1] + r[7] * direction[2],
        r[2] * direction[0] + r[5] * direction[1] + r[8] * direction[2],
      );
      if (distance < best) best = distance;
    }
    return best;
  }

  /**
   * A fan of beams from the origin of `pose` [7] in its xy plane, angle 0 along x; distances up to `range` into `out`
   * [beams]. Each shape is tried only by the beams that meet its bounding sphere.
   */
  scan(pose: Float64Array, fan: Fan, range: number, out: Float64Array): void {
    const { from, step, cosines, sines } = fan;
    const beams = out.length;
    const axes = this.#axes;
    rotationMatrix(pose[3], pose[4], pose[5], pose[6], axes, 0);
    for (let i = 0; i < beams; i++) {
      out[i] = this.#castGround(pose[2], axes[6] * cosines[i] + axes[7] * sines[i], range);
    }
    for (const shape of this.#shapes) {
      const { position: p, radius } = shape;
      const x = p[0] - pose[0];
      const y = p[1] - pose[1];
      const z = p[2] - pose[2];
      const height = axes[2] * x + axes[5] * y + axes[8] * z;
      if (Math.abs(height) > radius) continue;
      const ahead = axes[0] * x + axes[3] * y + axes[6] * z;
      const left = axes[1] * x + axes[4] * y + axes[7] * z;
      const away = Math.hypot(ahead, left);
      const disc = Math.sqrt(radius * radius - height * height);
      if (away - disc > range) continue;
      if (away <= disc || step === 0) {
        this.#sweep(shape, pose, fan, 0, beams - 1, out);
        continue;
      }
      const half = Math.asin(disc / away) + 1e-9;
      const turn = (Math.atan2(left, ahead) - from) / (2 * Math.PI);
      const middle = 2 * Math.PI * (turn - Math.floor(turn));
      for (let lap = -1; lap <= 1; lap++) {
        const centre = middle + lap * 2 * Math.PI;
        const first = Math.max(0, Math.ceil((centre - half) / step));
        const last = Math.min(beams - 1, Math.floor((centre + half) / step));
        if (first <= last) this.#sweep(shape, pose, fan, first, last, out);
      }
    }
  }

  /** Beams `first` … `last` of a scan against one shape. */
  #sweep(
    { cast, position: p, rotation: r }: Seen,
    pose: Float64Array,
    { cosines, sines }: Fan,
    first: number,
    last: number,
    out: Float64Array,
  ): void {
    const axes = this.#axes;
    const local = this.#beams;
    const x = pose[0] - p[0];
    const y = pose[1] - p[1];
    const z = pose[2] - p[2];
    for (let k = 0; k < 3; k++) {
      local[k] = r[k] * x + r[3 + k] * y + r[6 + k] * z;
      local[3 + k] = r[k] * axes[0] + r[3 + k] * axes[3] + r[6 + k] * axes[6];
      local[6 + k] = r[k] * axes[1] + r[3 + k] * axes[4] + r[6 + k] * axes[7];
    }
    for (let i = first; i <= last; i++) {
      const c = cosines[i];
      const s = sines[i];
      const distance = cast(
        local[0],
        local[1],
        local[2],
        local[3] * c + local[6] * s,
        local[4] * c + local[7] * s,
        local[5] * c + local[8] * s,
      );
      if (distance < out[i]) out[i] = distance;
    }
  }

  /** From `height` with a slope of `rise` per metre; below the ground everything is at distance 0. */
  #castGround(height: number, rise: number, range: number): number {
    const above = height - this.#ground;
    if (above <= 0) return 0;
    return rise < 0 && above < -rise * range ? above / -rise : range;
  }
}

/** A link and all that fixed joints hold to it. */
export function fixedTogether(robot: RobotModel, link: Frame): Set<Frame> {
  const group = rigidGroups(robot).find(({ members }) => members.some((member) => member.link === link));
  return new Set([link, ...(group?.members.map((member) => member.link) ?? [])]);
}

function seenShape(frame: Frame, { geometry, pose }: Shape): Seen[] {
  const target = targetOf(geometry);
  if (!target) return [];
  const offset = Float64Array.of(...pose.position, ...pose.rotation);
  return [{ ...target, frame, offset, position: new Float64Array(3), rotation: new Float64Array(9) }];
}
