import { add, axisAngle, compose, rotate, scale } from '../core/linalg.ts';
import type { Joint, Pose } from '../core/robot.ts';

/** Pose of a joint's child link in its parent link at coordinate `q` (rad or m). */
export function jointPose(joint: Joint, q: number): Pose {
  const { origin, axis } = joint;
  if (joint.kind === 'fixed' || q === 0) return origin;
  if (joint.kind === 'prismatic')
    return {
      position: add(origin.position, rotate(origin.rotation, scale(axis, q))),
      rotation: origin.rotation,
    };
  return compose(origin, { position: [0, 0, 0], rotation: axisAngle(axis, q) });
}
