import { z } from 'zod';
import { nearestName } from '../core/errors.ts';
import { type HardwareSpec, type JointSafety, type SafetyTrips, tripsOf } from '../core/hardware.ts';
import type { Actuator, Joint, Link } from '../core/robot.ts';
import { given } from './given.ts';
import type { JsonReader } from './json-reader.ts';
import { usualTrips } from './usual-trips.ts';

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
  driver: z
    .string()
    .min(1)
    .describe('feetech, dynamixel, rosbridge, mock, or the path of a module of your own'),
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
  limits: z
    .record(z.string(), safety)
    .default({})
    .describe('by joint name; * for all that do not name the value themselves'),
  exploration: z
    .strictObject({
      velocity: positive.optional().describe('fastest change of a command [rad/s or m/s]'),
      acceleration: positive.optional().describe('fastest change of that rate [rad/s² or m/s²]'),
      effort: positive.max(1).optional().describe("as a share of each joint's largest"),
    })
    .optional()
    .describe('lower limits of all joints while a real robot acts at random; default: none'),
  workspace: z
    .strictObject({ min: point, max: point })
    .nullable()
    .optional()
    .describe('the tip stays in this box [m]; null: anywhere'),
  floor: z.number().nullable().optional().describe('no moving link comes below it [m]; null: there is none'),
  clearance: nonNegative
    .nullable()
    .optional()
    .describe(
      'least distance of links that no joint connects [m]; default: 0 where links have shapes; null: not checked',
    ),
  trips: z
    .strictObject({
      temperature: positive.nullable().optional().describe('[°C]'),
      minVoltage: positive.nullable().optional().describe('[V]'),
      maxVoltage: positive.nullable().optional().describe('[V]'),
      load: positive.max(1).nullable().optional().describe('effort as a share of the largest'),
      loadTime: positive.default(1).describe('for so long [s]'),
      tracking: positive.nullable().optional().describe('distance of joint and command [rad or m]'),
      trackingTime: positive.default(0.5).describe('for so long [s]'),
      overspeed: positive.nullable().optional().describe("rate as a factor on the joint's limit"),
      beyond: nonNegative
        .nullable()
        .optional()
        .describe('farther outside of its range than it stood at first [rad or m]'),
      age: positive.default(0.3).describe("since a joint's value was fresh [s]"),
    })
    .prefault({})
    .describe('readings beyond which it is stopped; null: not watched'),
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
  {
    joints,
    actuators,
    links,
  }: {
    readonly joints: readonly Joint[];
    readonly actuators: readonly Actuator[];
    readonly links: readonly Link[];
  },
): HardwareSpec {
  const driven = actuators.map(({ joint }) => joint);
  const knows = (name: string, key: string) => {
    if (driven.includes(name)) return;
    const near = nearestName(name, driven);
    const hint = near ? `did you mean "${near}"?` : `there are actuators for ${driven.join(', ') || 'none'}`;
    reader.fail(key, `no actuator drives a joint "${name}"`, hint);
  };
  for (const [i, { joint, id }] of json.motors.entries()) {
    const before = json.motors.slice(0, i);
    knows(joint, `hardware.motors.${i}.joint`);
    if (before.some((motor) => motor.joint === joint))
      reader.fail(`hardware.motors.${i}.joint`, `"${joint}" has a motor already`, 'give each joint one');
    if (before.some((motor) => motor.id === id))
      reader.fail(`hardware.motors.${i}.id`, `${id} is used twice`, 'give each motor its own');
  }
  for (const name of Object.keys(json.limits)) if (name !== '*') knows(name, `hardware.limits.${name}`);
  const limits = limitsOf(reader, json.limits, joints, actuators);
  checkBounds(reader, json, limits);
  const shapes = links.some(({ collisions }) => collisions.length > 0);
  const { clearance = shapes ? 0 : undefined } = json;
  const trips = tripsFrom(json, limits, joints, actuators);
  for (const joint of driven) checkVoltages(reader, trips, joint);
  return { ...json, ...(clearance !== undefined && { clearance }), limits, ...trips };
}

/** What is said holds for all joints; what is not, for each as it is; what is null, for none. */
function tripsFrom(
  { trips, motors }: z.output<typeof hardwareJson>,
  limits: Readonly<Record<string, JointSafety>>,
  joints: readonly Joint[],
  actuators: readonly Actuator[],
): Pick<HardwareSpec, 'trips' | 'jointTrips'> {
  const said = Object.entries(trips).filter(([, value]) => value !== null);
  const unsaid = actuators.map((actuator) => {
    const { joint: name } = actuator;
    const joint = joints.find((candidate) => candidate.name === name)!;
    const motor = motors.find((candidate) => candidate.joint === name);
    const usual = Object.entries(usualTrips(actuator, joint, limits[name], motor));
    return [name, Object.fromEntries(usual.filter(([key]) => !(key in trips)))] as const;
  });
  return {
    trips: Object.fromEntries(said) as unknown as SafetyTrips,
    jointTrips: Object.fromEntries(unsaid),
  };
}

function limitsOf(
  reader: JsonReader,
  json: Readonly<Record<string, z.output<typeof safety>>>,
  joints: readonly Joint[],
  actuators: readonly Actuator[],
): Record<string, JointSafety> {
  const limits: Record<string, JointSafety> = {};
  const all = given(json['*']);
  const driven = actuators.map(({ joint }) => joints.find(({ name }) => name === joint)!);
  const mixed = new Set(driven.map(({ kind }) => kind === 'prismatic')).size > 1;
  for (const [i, { kind, name, maxVelocity, lower, upper }] of driven.entries()) {
    const slides = kind === 'prismatic';
    const own = given(json[name]);
    const missing = Object.keys(all).find((key) => !(key in own));
    if (mixed && slides && missing)
      reader.fail(
        `hardware.limits.*.${missing}`,
        `is rad for joints that turn, and "${name}" slides`,
        `say hardware.limits.${name}.${missing} too`,
      );
    const usual = {
      step: slides ? 0.02 : 0.2,
      velocity: Number.isFinite(maxVelocity) && maxVelocity > 0 ? maxVelocity : slides ? 0.5 : 5,
      acceleration: slides ? 5 : 50,
      ...{ effort: actuators[i].maxEffort, margin: 0 },
    };
    const { margin } = { ...usual, ...all, ...own };
    if (!(2 * margin < upper - lower))
      reader.fail(
        `hardware.limits.${'margin' in own ? name : '*'}.margin`,
        `${margin} at both ends leaves "${name}" no range`,
        'make it smaller',
      );
    limits[name] = { ...usual, ...all, ...own };
  }
  return limits;
}

/** What contradicts itself: it would never hold, or never come. */
function checkBounds(
  reader: JsonReader,
  { workspace, trips }: z.output<typeof hardwareJson>,
  limits: Readonly<Record<string, JointSafety>>,
): void {
  const axis = workspace?.min.findIndex((low, k) => !(low < workspace.max[k])) ?? -1;
  if (axis >= 0)
    reader.fail(
      `hardware.workspace.min.${axis}`,
      'is not below that of max',
      'give the smaller corner as min',
    );
  const { tracking } = trips;
  const step = Math.max(0, ...Object.values(limits).map((limit) => limit.step));
  if (tracking != null && step > 0 && tracking >= step)
    reader.fail(
      'hardware.trips.tracking',
      `${tracking} never comes: no command is farther than ${step} from its joint`,
      'make it smaller than the largest step of hardware.limits',
    );
}

/** What is said and what follows from the motor must leave a supply that is right. */
function checkVoltages(
  reader: JsonReader,
  trips: Pick<HardwareSpec, 'trips' | 'jointTrips'>,
  joint: string,
): void {
  const { minVoltage: low, maxVoltage: high } = tripsOf(trips, joint);
  if (low === undefined || high === undefined || low < high) return;
  const motor = ` of the motor of "${joint}"`;
  if (trips.trips.minVoltage === undefined)
    reader.fail('hardware.trips.maxVoltage', `${high} V is not above the ${low} V${motor}`, 'mend it');
  const other = trips.trips.maxVoltage === undefined ? `the ${high} V${motor}` : `maxVoltage, ${high} V`;
  reader.fail('hardware.trips.minVoltage', `${low} V is not below ${other}`, 'mend it');
}
