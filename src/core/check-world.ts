import { z } from 'zod';
import { InputError } from './errors.ts';
import type { RobotModel } from './robot.ts';
import type { WorldSpec } from './task.ts';

const finite = z.number();
const positive = finite.positive();
const nonNegative = finite.nonnegative();
const triple = z.tuple([finite, finite, finite]);
const pose = z.strictObject({
  position: triple,
  rotation: z
    .tuple([finite, finite, finite, finite])
    .refine((rotation) => Math.abs(Math.hypot(...rotation) - 1) < 1e-3, 'x y z w must have length 1'),
});
const geometry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('box'), size: z.tuple([positive, positive, positive]) }),
  z.strictObject({ kind: z.literal('sphere'), radius: positive }),
  z.strictObject({ kind: z.literal('cylinder'), radius: positive, length: positive }),
  z.strictObject({ kind: z.literal('capsule'), radius: positive, length: nonNegative }),
  z.strictObject({ kind: z.literal('mesh'), uri: z.string(), file: z.string().optional(), scale: triple }),
  z
    .strictObject({
      kind: z.literal('convex'),
      vertices: z.array(finite),
      triangles: z.array(z.int().min(0)),
    })
    .refine(
      ({ vertices, triangles }) =>
        vertices.length >= 12 &&
        vertices.length % 3 === 0 &&
        triangles.length >= 12 &&
        triangles.length % 3 === 0 &&
        triangles.every((vertex) => 3 * vertex < vertices.length),
      'needs four vertices x y z and four triangles of their indices at least',
    ),
]);
const surface = z.strictObject({ friction: nonNegative, restitution: nonNegative.max(1) });

/** A body, but for its mass: that depends on its kind. */
const bodySchema = z.strictObject({
  name: z.string().min(1),
  kind: z.enum(['free', 'fixed']),
  shapes: z.array(
    z.strictObject({ geometry, pose, color: z.tuple([finite, finite, finite, finite]).optional() }),
  ),
  pose,
  mass: finite.optional(),
  surface: surface.optional(),
  freedom: z.array(z.enum(['x', 'y', 'z', 'roll', 'pitch', 'yaw'])).optional(),
  drag: z.strictObject({ linear: nonNegative, angular: nonNegative }).optional(),
});

/** A world without its bodies and sensors; the latter are checked where they are mounted. */
const worldSchema = z.strictObject({
  gravity: triple.optional(),
  scenery: z.array(z.strictObject({ geometry, pose })).optional(),
  bodies: z.array(z.unknown()).optional(),
  ground: z.strictObject({ height: finite, surface: surface.optional() }).optional(),
  selfCollision: z.boolean().optional(),
  sensors: z.array(z.unknown()).optional(),
});

/** Throws InputError where a world is not what its type says: it comes from a task of the user's own. */
export function checkWorld(world: WorldSpec, robot: RobotModel): void {
  check(worldSchema, world, 'world');
  const seen = new Set([...robot.links.map(({ name }) => name), 'ground']);
  for (const [i, body] of (world.bodies ?? []).entries()) {
    check(bodySchema, body, typeof body?.name === 'string' && body.name ? `body ${body.name}` : `body ${i}`);
    if (seen.has(body.name))
      throw new InputError(
        `body ${body.name}: a link, another body or the ground is called so too; rename it`,
      );
    seen.add(body.name);
  }
}

function check(schema: z.ZodType, value: unknown, what: string): void {
  const result = schema.safeParse(value);
  if (result.success) return;
  const { path, message } = result.error.issues[0];
  throw new InputError(`${what}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
}
