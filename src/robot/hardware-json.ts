import { z } from 'zod';
import type { HardwareSpec, JointSafety } from '../core/hardware.ts';
import type { Actuator, Joint } from '../core/robot.ts';
import type { JsonReader } from './json-reader.ts';

const positive = z.number().positive();
const nonNegative = z.number().nonnegative();
const point = z.tuple([z.number(), z.number(), z.number()]);

const safety = z.strictObject({
  step: positive
    .optional()
    .describe('a command lies no farther from the joint [rad or m]; default 0.2 or 0.02'),
  velocity: positive
    .optional()
    .describe("fastest change of a command [rad/s or m/s]; default: the joint's limit"),
  acceleration: positive.optional().describe('fastest change of that rate [rad/s² or m/s²]; default 50 or 5'),
  effort: positive.optional().describe("[N m or N]; default: the actuator's"),
  margin: nonNegative.optional().describe("kept from the joint's limits [rad or m]; default 0"),
});

/** The key `hardware` of a robot.json. */
export const hardwareJson = z.strictObject({
  driver: z.string().min(1).describe('feetech, dynamixel, rosbridge, or the path of a module of your own'),
  motors: z
    .array(
      z.strictObject({
        joint: z.string(),
        id: z.int().min(0).max(253).describe('on its bus'),
        model: z.string().min(1).describe('e.g. sts3215, xl430-w250'),
        sign: z.literal([1, -1]).default(1).describe('direction of the joint as the motor turns up'),
      }),
    )
    .default([]),
  baud: positive.default(1_000_000).describe('[bits/s]'),
  rate: positive.min(10).max(1000).default(100).describe('how often it is read, checked and commanded [Hz]'),
  limits: z.record(z.string(), safety).default({}).describe('by joint name; * for all that are not named'),
  workspace: z
    .strictObject({ min: point, max: point })
    .optional()
    .describe('the tip stays in this box [m]; default: anywhere'),
  floor: z.number().optional().describe('no moving link comes below it [m]; default: not checked'),
  clearance: nonNegative
    .optional()
    .describe('least distance of links that are not neighbours [m]; default: not checked'),
  trips: z
    .strictObject({
      temperature: positive.optional().describe('[°C]'),
      minVoltage: positive.optional().describe('[V]'),
      maxVoltage: positive.optional().describe('[V]'),
      load: positive.max(1).optional().describe('effort as a share of the largest'),
      loadTime: positive.default(1).describe('for so long [s]'),
      tracking: positive.optional().describe('distance of joint and command [rad or m]'),
      trackingTime: positive.default(0.5).describe('for so long [s]'),
      overspeed: positive.optional().describe("rate as a factor on the joint's limit"),
      beyond: nonNegative
        .optional()
        .describe('farther outside of its range than it stood at first [rad or m]'),
      age: positive.default(0.3).describe("since a joint's value was fresh [s]"),
    })
    .prefault({})
    .describe('readings beyond which it is stopped'),
  stop: z
    .strictObject({
      release: nonNegative
        .nullable()
        .default(null)
        .describe('torque goes off so many s after a stop; null: it holds until told otherwise'),
    })
    .prefault({}),
  resetVelocity: positive.default(0.5).describe('on the way to the start of an episode [rad/s or m/s]'),
  options: z.record(z.string(), z.unknown()).default({}).describe("the driver's own"),
});

/** Checks names against the robot and fills in what follows from it. */
export function readHardware(
  reader: JsonReader,
  json: z.output<typeof hardwareJson>,
  joints: readonly Joint[],
  actuators: readonly Actuator[],
): HardwareSpec {
  const ids = new Set<number>();
  json.motors.forEach(({ joint, id }, i) => {
    if (!actuators.some((actuator) => actuator.joint === joint))
      reader.fail(`hardware.motors.${i}.joint`, `"${joint}" has no actuator`, 'name a joint that has one');
    if (ids.has(id)) reader.fail(`hardware.motors.${i}.id`, `${id} is used twice`, 'give each motor its own');
    ids.add(id);
  });
  for (const name of Object.keys(json.limits))
    if (name !== '*' && !actuators.some(({ joint }) => joint === name))
      reader.fail(`hardware.limits.${name}`, 'no actuated joint has this name', 'rename or remove it');
  const limits: Record<string, JointSafety> = {};
  for (const { joint, maxEffort } of actuators) {
    const { kind, maxVelocity } = joints.find(({ name }) => name === joint)!;
    const slides = kind === 'prismatic';
    const usual = {
      step: slides ? 0.02 : 0.2,
      velocity: Number.isFinite(maxVelocity) && maxVelocity > 0 ? maxVelocity : slides ? 0.5 : 5,
      acceleration: slides ? 5 : 50,
      ...{ effort: maxEffort, margin: 0 },
    };
    limits[joint] = { ...usual, ...defined(json.limits['*']), ...defined(json.limits[joint]) };
  }
  return { ...json, limits };
}

function defined<T extends object>(values: T | undefined): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
