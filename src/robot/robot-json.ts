import { z } from 'zod';
import { InputError, nearestName } from '../core/errors.ts';
import { hardwareJson } from './hardware-json.ts';
import { sensorJson } from './sensor-json.ts';

const finite = z.number();
const positive = finite.positive();
const nonNegative = finite.nonnegative();

const vehicle = z.strictObject({
  chassis: z.string().describe('link'),
  wheels: z
    .array(
      z.strictObject({
        spin: z.string().describe('joint about which it rolls'),
        steer: z.string().optional().describe('joint that steers it'),
        driven: z.boolean(),
        radius: positive.describe('[m]'),
        corneringStiffness: positive.describe(
          'lateral force per slip angle, load and friction coefficient [1/rad]',
        ),
      }),
    )
    .min(1),
  maxSteer: positive.max(1.5).describe('[rad]'),
  maxSteerRate: positive.describe('[rad/s]'),
  maxAcceleration: positive.describe('[m/s²]'),
  maxBraking: positive.describe('[m/s²]'),
  maxSpeed: positive.describe('[m/s]'),
  suspension: z.strictObject({
    stiffness: positive.describe('[N/m per kg of chassis]'),
    damping: nonNegative.describe('[N s/m per kg of chassis]'),
    restLength: nonNegative.describe('[m]'),
    travel: nonNegative.describe('[m]'),
  }),
  friction: nonNegative.describe('Coulomb coefficient of the tyres'),
});

/** `robot.json`: what a URDF cannot say. Every key is optional. */
export const robotJson = z.strictObject({
  name: z.string().min(1).optional().describe('name; default: that of the URDF'),
  source: z.string().optional().describe('where the robot comes from'),
  licence: z.string().optional().describe('SPDX identifier'),
  home: z.record(z.string(), finite).optional().describe('rest pose by joint name [rad or m]; default 0'),
  actuators: z
    .array(
      z.strictObject({
        joint: z.string(),
        kind: z.enum(['effort', 'position', 'velocity']).default('effort'),
        maxEffort: positive.optional().describe("[N m or N]; default: the joint's effort limit"),
        stiffness: positive.optional().describe('position servo: [N m/rad or N/m]'),
        damping: nonNegative.optional().describe('position and velocity servos: [N m s/rad or N s/m]'),
        backlash: nonNegative.optional().describe('position servo: free play [rad or m]; default 0'),
      }),
    )
    .optional()
    .describe('driven joints in command order; default: every movable joint with an effort limit'),
  joints: z
    .record(
      z.string(),
      z.strictObject({
        armature: nonNegative.optional().describe('reflected rotor inertia [kg m² or kg]; default 0'),
        damping: nonNegative.optional().describe("[N m s/rad or N s/m]; default: the URDF's"),
        friction: nonNegative.optional().describe("Coulomb friction [N m or N]; default: the URDF's"),
      }),
    )
    .optional()
    .describe('by joint name; * for all that move and are not named'),
  masses: z
    .record(z.string(), positive)
    .optional()
    .describe("factors on the URDF's mass and inertia, by link name; default 1"),
  surfaces: z
    .record(
      z.string(),
      z.strictObject({
        friction: nonNegative.optional().describe('Coulomb coefficient; default 1'),
        restitution: nonNegative.max(1).optional().describe('default 0'),
      }),
    )
    .optional()
    .describe('how links touch, by link name; * for all that are not named'),
  sensors: z.array(sensorJson).optional().describe('what is measured beside the joints'),
  untouching: z
    .array(z.tuple([z.string(), z.string()]))
    .optional()
    .describe('pairs of links that never touch, besides those that a joint connects'),
  vehicle: vehicle.optional().describe('makes it a car'),
  tip: z
    .strictObject({ link: z.string(), point: z.tuple([finite, finite, finite]).default([0, 0, 0]) })
    .optional()
    .describe(
      'the point whose path is drawn, in the frame of its link [m]; default: the end of the longest chain',
    ),
  hardware: hardwareJson.optional().describe('the real robot'),
  sim: z
    .strictObject({
      timestep: finite.min(1e-5).max(0.1).optional().describe('largest simulation step [s]'),
      iterations: z.int().min(1).max(256).optional().describe('solver iterations per step'),
      latency: finite
        .min(0)
        .max(0.5)
        .optional()
        .describe('commands take effect so much later than they are written [s]; default 0'),
    })
    .optional(),
});

export type RobotJson = z.output<typeof robotJson>;

/** Checks a parsed `robot.json`; `file` is named in errors. */
export function readRobotJson(json: unknown, file: string): RobotJson {
  const result = robotJson.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  if (issue.code === 'unrecognized_keys') {
    const near = nearestName(issue.keys[0], knownKeys(robotJson, issue.path));
    throw new InputError(
      `${file}: ${where}unknown key "${issue.keys[0]}"; ${near ? `did you mean "${near}"?` : 'remove it'}`,
    );
  }
  throw new InputError(`${file}: ${where}${issue.message}; see docs/robots.md for the keys`);
}

/** The keys that an object at `path` may have. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return knownKeys(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodPipe) return knownKeys(schema.in as z.ZodType, path);
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((option) => knownKeys(option as z.ZodType, path));
  const [first, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (first === undefined) return Object.keys(schema.shape);
    const inner = schema.shape[String(first)];
    return inner ? knownKeys(inner as z.ZodType, rest) : [];
  }
  if (schema instanceof z.ZodArray) return knownKeys(schema.element as z.ZodType, rest);
  if (schema instanceof z.ZodRecord) return knownKeys(schema.valueType as z.ZodType, rest);
  return [];
}
