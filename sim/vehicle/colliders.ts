import { compose } from '../../src/core/linalg.ts';
import type { Geometry, Pose, Shape, Surface } from '../../src/core/robot.ts';
import type { Rapier } from '../rapier.ts';

type ColliderDesc = InstanceType<Rapier['ColliderDesc']>;

/** Turns Rapier's cylinders and capsules, which stand along y, to stand along z. */
const upright: Pose = { position: [0, 0, 0], rotation: [Math.SQRT1_2, 0, 0, Math.SQRT1_2] };

/** A massless collider for a shape of a body or link at `frame`; null for what does not collide (meshes). */
export function colliderOf(rapier: Rapier, shape: Shape, frame: Pose, surface: Surface): ColliderDesc | null {
  const desc = descOf(rapier, shape.geometry);
  if (!desc) return null;
  const standing = shape.geometry.kind === 'cylinder' || shape.geometry.kind === 'capsule';
  const placed = compose(frame, standing ? compose(shape.pose, upright) : shape.pose);
  const [x, y, z] = placed.position;
  const [i, j, k, w] = placed.rotation;
  return desc
    .setTranslation(x, y, z)
    .setRotation({ x: i, y: j, z: k, w })
    .setDensity(0)
    .setFriction(surface.friction)
    .setFrictionCombineRule(rapier.CoefficientCombineRule.Max)
    .setRestitution(surface.restitution)
    .setRestitutionCombineRule(rapier.CoefficientCombineRule.Max);
}

function descOf(rapier: Rapier, geometry: Geometry): ColliderDesc | null {
  const { ColliderDesc } = rapier;
  switch (geometry.kind) {
    case 'box':
      return ColliderDesc.cuboid(geometry.size[0] / 2, geometry.size[1] / 2, geometry.size[2] / 2);
    case 'sphere':
      return ColliderDesc.ball(geometry.radius);
    case 'cylinder':
      return ColliderDesc.cylinder(geometry.length / 2, geometry.radius);
    case 'capsule':
      return ColliderDesc.capsule(geometry.length / 2, geometry.radius);
    case 'convex':
      return ColliderDesc.convexHull(Float32Array.from(geometry.vertices));
    case 'mesh':
      return null;
  }
}

/** Radius of a sphere about the shape's own origin that holds it, m. */
export function shapeRadius(geometry: Geometry): number {
  switch (geometry.kind) {
    case 'box':
      return Math.hypot(...geometry.size) / 2;
    case 'sphere':
      return geometry.radius;
    case 'cylinder':
      return Math.hypot(geometry.radius, geometry.length / 2);
    case 'capsule':
      return geometry.radius + geometry.length / 2;
    case 'convex': {
      let most = 0;
      for (let i = 0; i < geometry.vertices.length; i += 3)
        most = Math.max(
          most,
          Math.hypot(geometry.vertices[i], geometry.vertices[i + 1], geometry.vertices[i + 2]),
        );
      return most;
    }
    case 'mesh':
      return 0;
  }
}
