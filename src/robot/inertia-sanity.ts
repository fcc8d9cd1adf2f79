import type { Link } from '../core/robot.ts';
import { principalInertia } from './inertia.ts';
import { boundsOfShapes } from './solids.ts';

/** What makes an inertial doubtful; each is true when all is well, undefined when it cannot be told. */
export interface InertiaSanity {
  /** All principal moments are above 0. */
  readonly positive: boolean;
  /** No principal moment exceeds the sum of the other two: some distribution of mass has this inertia. */
  readonly triangle: boolean;
  /** The centre of mass lies in the bounding box of the link's collision shapes, or else of its visual ones. */
  readonly centerInside: boolean | undefined;
}

/** Undefined for a link without mass. */
export function inertiaSanity(link: Link): InertiaSanity | undefined {
  const { inertial } = link;
  if (!inertial || inertial.mass === 0) return undefined;
  const moments = [...principalInertia(inertial).moments].sort((a, b) => a - b);
  const box = boundsOfShapes(link.collisions) ?? boundsOfShapes(link.visuals);
  const { position } = inertial.pose;
  return {
    positive: moments[0] > 1e-12 * moments[2],
    triangle: moments[0] + moments[1] >= moments[2] * (1 - 1e-6),
    centerInside:
      box && position.every((value, k) => value >= box.low[k] - 1e-6 && value <= box.high[k] + 1e-6),
  };
}

/** The doubts of one link as notes for people. */
export function inertiaRemarks(link: Link): string[] {
  const sanity = inertiaSanity(link);
  if (!sanity) return [];
  const where = `link "${link.name}"`;
  const remarks: string[] = [];
  if (!sanity.triangle)
    remarks.push(
      `${where}: no real body has this inertia (two principal moments add up to less than the third)`,
    );
  if (sanity.centerInside === false)
    remarks.push(`${where}: its centre of mass lies outside the bounding box of its shapes`);
  return remarks;
}
