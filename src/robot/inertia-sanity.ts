import type { Link } from '../core/robot.ts';
import { principalInertia } from './inertia.ts';
import { boundsOfShapes } from './solids.ts';

/** What makes an inertial doubtful. */
export interface InertiaSanity {
  /** All principal moments are above 0. */
  readonly positive: boolean;
  /** No principal moment exceeds the sum of the other two: some distribution of mass has this inertia. */
  readonly triangle: boolean;
  /**
   * How far the centre of mass lies outside the bounding box of the link's collision shapes, or else of its visual ones,
   * m; 0 inside, undefined when there is no such box (no shapes, or meshes that were not read).
   */
  readonly centerOutside: number | undefined;
}

/** Undefined for a link without mass. */
export function inertiaSanity(link: Link): InertiaSanity | undefined {
  const { inertial } = link;
  if (!inertial || inertial.mass === 0) return undefined;
  const moments = [...principalInertia(inertial).moments].sort((a, b) => a - b);
  const box = boundsOfShapes(link.collisions) ?? boundsOfShapes(link.visuals);
  const gaps =
    box && inertial.pose.position.map((value, k) => Math.max(0, box.low[k] - value, value - box.high[k]));
  return {
    positive: moments[0] > 1e-12 * moments[2],
    triangle: moments[0] + moments[1] >= moments[2] * (1 - 1e-6),
    centerOutside: gaps && (Math.hypot(...gaps) > 1e-6 ? Math.hypot(...gaps) : 0),
  };
}

/** The doubts about links as notes for people. */
export function inertiaRemarks(links: readonly Link[]): string[] {
  const remarks: string[] = [];
  const impossible: string[] = [];
  for (const link of links) {
    const sanity = inertiaSanity(link);
    if (!sanity) continue;
    if (!sanity.triangle) impossible.push(link.name);
    if (sanity.centerOutside)
      remarks.push(
        `link "${link.name}": its centre of mass lies ${Number((1000 * sanity.centerOutside).toPrecision(2))} mm outside the bounding box of its shapes`,
      );
  }
  if (impossible.length === 0) return remarks;
  const others = impossible.length > 1 ? ` (and ${impossible.length - 1} more)` : '';
  return [
    `link "${impossible[0]}"${others}: no real body has this inertia, two principal moments add up to less than the third`,
    ...remarks,
  ];
}
