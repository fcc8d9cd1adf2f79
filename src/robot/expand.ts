import { cross, dot, identityPose, norm, scale } from '../core/linalg.ts';
import type { Joint, Link, Vec3 } from '../core/robot.ts';
import type { UrdfJoint } from './joint-reader.ts';
import type { Reader } from './reader.ts';

type Single = UrdfJoint & { readonly kind: Joint['kind'] };

interface Part {
  readonly name: string;
  readonly kind: 'prismatic' | 'continuous';
  readonly axis: Vec3;
}

/**
 * Planar and floating joints as chains of single ones through links without mass, each named after the joint it is part
 * of. Planar: `.x` and `.y` along two axes of the plane, then `.yaw` about its normal. Floating: `.x`, `.y`, `.z`, then
 * `.yaw`, `.pitch`, `.roll` about z, y, x, so that the rotation is URDF's Rz Ry Rx; its rates are singular where the
 * pitch is ±90°. The coordinates are unlimited and not driven.
 * A planar joint's damping is that of each of its parts.
 */
export function expandJoints(
  reader: Reader,
  links: readonly Link[],
  joints: readonly UrdfJoint[],
): { links: Link[]; joints: Single[]; parts: Set<string> } {
  const allLinks = [...links];
  const parts = new Set<string>();
  const singles = joints.flatMap((joint): Single[] => {
    const { kind } = joint;
    if (kind !== 'planar' && kind !== 'floating') return [{ ...joint, kind }];
    const chain = kind === 'planar' ? planar(joint.axis) : floating;
    reader.note(
      `joint "${joint.name}": ${kind}, it becomes the joints ${chain.map(({ name }) => name).join(', ')} of its own name, not driven`,
    );
    // Damping that is the same along x and y opposes the speed in every direction of the plane; dry friction along two
    // axes would not, nor would either along the angles of a floating joint.
    const damping = kind === 'planar' ? joint.damping : 0;
    const ignored = [
      ...(joint.damping > 0 && damping === 0 ? ['damping'] : []),
      ...(joint.friction > 0 ? ['friction'] : []),
    ];
    if (ignored.length > 0)
      reader.note(`ignored the ${ignored.join(' and ')} of <dynamics> of the ${kind} joint "${joint.name}"`);
    return chain.map(({ name, kind: single, axis }, i): Single => {
      const last = i === chain.length - 1;
      const own = `${joint.name}.${name}`;
      parts.add(own);
      const parent = i === 0 ? joint.parent : allLinks.length - 1;
      if (!last) allLinks.push({ name: own, visuals: [], collisions: [] });
      return {
        name: own,
        kind: single,
        parent,
        child: last ? joint.child : allLinks.length - 1,
        origin: i === 0 ? joint.origin : identityPose,
        axis,
        lower: -Infinity,
        upper: Infinity,
        maxVelocity: Infinity,
        maxEffort: Infinity,
        damping,
        friction: 0,
        armature: 0,
      };
    });
  });
  return { links: allLinks, joints: singles, parts };
}

const x: Vec3 = [1, 0, 0];
const y: Vec3 = [0, 1, 0];
const z: Vec3 = [0, 0, 1];

const floating: readonly Part[] = [
  { name: 'x', kind: 'prismatic', axis: x },
  { name: 'y', kind: 'prismatic', axis: y },
  { name: 'z', kind: 'prismatic', axis: z },
  { name: 'yaw', kind: 'continuous', axis: z },
  { name: 'pitch', kind: 'continuous', axis: y },
  { name: 'roll', kind: 'continuous', axis: x },
];

/** The plane's x is the joint frame's, as far as that lies in it; the frame's y where the normal is x itself. */
function planar(normal: Vec3): readonly Part[] {
  const near = Math.abs(normal[0]) > 1 - 1e-9 ? y : x;
  const across = scale(normal, dot(near, normal));
  const flat: Vec3 = [near[0] - across[0], near[1] - across[1], near[2] - across[2]];
  const first = scale(flat, 1 / norm(flat));
  return [
    { name: 'x', kind: 'prismatic', axis: first },
    { name: 'y', kind: 'prismatic', axis: cross(normal, first) },
    { name: 'yaw', kind: 'continuous', axis: normal },
  ];
}
