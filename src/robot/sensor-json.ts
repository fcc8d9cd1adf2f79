import { z } from 'zod';
import { fromRollPitchYaw } from '../core/linalg.ts';

const finite = z.number();
const triple = z.tuple([finite, finite, finite]);
const figure = finite.min(0);
const perChannel = z.union([figure, z.record(z.string(), figure)], {
  error: 'must be a number, 0 or above, or an object of such by channel',
});

const common = {
  name: z.string().min(1).describe('begins the names of its channels'),
  quality: z
    .strictObject({
      rate: finite.positive().optional().describe('new values a second [Hz]; default: one a control step'),
      latency: figure.optional().describe('age of what is delivered [s]'),
      noise: perChannel.optional().describe("standard deviation, in the channel's unit"),
      resolution: perChannel.optional().describe("values are multiples of this, in the channel's unit"),
    })
    .optional(),
};

/** As in a URDF's `<origin>`. */
const mount = z
  .strictObject({ xyz: triple.default([0, 0, 0]), rpy: triple.default([0, 0, 0]) })
  .default({ xyz: [0, 0, 0], rpy: [0, 0, 0] })
  .transform(({ xyz, rpy }) => ({ position: xyz, rotation: fromRollPitchYaw(...rpy) }));

const kinds = [
  z.strictObject({
    ...common,
    kind: z.literal('encoder'),
    joint: z.string().default('*').describe('a joint, or * for all without an encoder of their own'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('pose'),
    link: z.string(),
    point: triple.default([0, 0, 0]).describe('in the frame of the link [m]'),
  }),
  z.strictObject({ ...common, kind: z.literal('imu'), link: z.string(), pose: mount }),
  z.strictObject({
    ...common,
    kind: z.literal('contact'),
    of: z.string().describe('link'),
    against: z.string().optional().describe('link or body; default: everything'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('lidar'),
    link: z.string(),
    pose: mount,
    rays: z.int().min(1),
    from: finite.describe('angle of the first beam [rad]'),
    to: finite.describe('angle of the last [rad]'),
    range: finite.positive().describe('[m]'),
  }),
] as const;

/** A sensor in `robot.json`; `docs/sensors.md` has the table. */
export const sensorJson = z.discriminatedUnion('kind', kinds, {
  error: ({ code }) =>
    code === 'invalid_union'
      ? `kind must be one of ${kinds.map(({ shape }) => shape.kind.value).join(', ')}`
      : undefined,
});
