import { z } from 'zod';
import { InputError, nearestName } from '../core/errors.ts';

const finite = z.number();
const positive = finite.positive();

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
        kind: z.literal('effort').default('effort'),
        maxEffort: positive.optional().describe("[N m or N]; default: the joint's effort limit"),
      }),
    )
    .optional()
    .describe('driven joints in command order; default: every movable joint with an effort limit'),
  tip: z
    .strictObject({ link: z.string(), point: z.tuple([finite, finite, finite]).default([0, 0, 0]) })
    .optional()
    .describe(
      'the point whose path is drawn, in the frame of its link [m]; default: the end of the longest chain',
    ),
  sim: z
    .strictObject({
      timestep: positive.max(0.1).optional().describe('largest simulation step [s]'),
      iterations: z.int().min(1).max(256).optional().describe('solver iterations per step'),
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
    const near = nearestName(issue.keys[0], knownKeys(issue.path));
    throw new InputError(
      `${file}: ${where}unknown key "${issue.keys[0]}"; ${near ? `did you mean "${near}"?` : 'remove it'}`,
    );
  }
  throw new InputError(`${file}: ${where}${issue.message}; see docs/robots.md for the keys`);
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  switch (path[0]) {
    case undefined:
      return Object.keys(robotJson.shape);
    case 'actuators':
      return Object.keys(robotJson.shape.actuators.unwrap().element.shape);
    case 'tip':
      return Object.keys(robotJson.shape.tip.unwrap().shape);
    default:
      return Object.keys(robotJson.shape.sim.unwrap().shape);
  }
}
