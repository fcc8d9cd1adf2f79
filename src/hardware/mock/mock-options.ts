import { z } from 'zod';
import { InputError, nearestName } from '../../core/errors.ts';
import type { HardwareSpec } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';

const positive = z.number().positive();

const fault = z
  .strictObject({
    kind: z.enum([
      ...(['configure', 'activate', 'read', 'write', 'stop'] as const),
      ...(['silent', 'not a number', 'temperature', 'voltage', 'load', 'error'] as const),
    ]),
    joint: z.string().optional().describe('default: all'),
    value: z.union([z.number(), z.string()]).optional().describe('what is told: °C, V, a share, a text'),
    from: z.number().nonnegative().default(0).describe('since it was made [s]'),
    for: positive.optional().describe('for so long [s]; default: for good'),
  })
  .describe('what goes wrong, and when');

const mockOptions = z.strictObject({
  positionOffset: z.number().default(0).describe('a joint stands so far from its command [rad or m]'),
  disableCommands: z
    .union([z.boolean(), z.array(z.string())])
    .default(false)
    .describe('joints take commands and stay where they are; true: all'),
  stuckFeedback: z
    .union([z.boolean(), z.array(z.string())])
    .default(false)
    .describe('joints go where they are told, and what is read of them stays what it was; true: all'),
  calculateDynamics: z
    .boolean()
    .default(false)
    .describe('joints come up to commands as a lag of first order, and rates move them; else at once'),
  timeConstant: positive.default(0.05).describe('of that lag [s]'),
  start: z
    .record(z.string(), z.number())
    .default({})
    .describe('where joints stand [rad or m]; default: home'),
  faults: z.array(fault).default([]),
});

/** What goes wrong: a call that fails, a joint that is silent, a value that is told instead of the true one. */
export type MockFault = z.input<typeof fault>;
export type MockOptions = z.input<typeof mockOptions>;

/** `hardware.options` of the driver `mock`; a robot of another driver is mocked without any. @param where they come from @throws InputError */
export function readMockOptions(
  { driver, options }: HardwareSpec,
  robot: RobotModel,
  where = 'hardware.options',
): z.output<typeof mockOptions> {
  const { data, error } = mockOptions.safeParse(driver === 'mock' ? options : {});
  if (error) {
    const [issue] = error.issues;
    const at = [where, ...issue.path].join('.').replace('--mock.', '--mock ');
    throw new InputError(
      `${at}: ${issue.message}; driver mock takes ${Object.keys(mockOptions.shape).join(', ')}`,
    );
  }
  const stuck = [data.disableCommands, data.stuckFeedback].flatMap((names) =>
    Array.isArray(names) ? names : [],
  );
  const named = [...stuck, ...Object.keys(data.start), ...data.faults.flatMap(({ joint }) => joint ?? [])];
  const joints = robot.actuators.map(({ joint }) => joint);
  for (const name of named) {
    if (joints.includes(name)) continue;
    const near = nearestName(name, joints);
    throw new InputError(
      `${where}: ${robot.name} has no driven joint "${name}"; there are ${joints.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  return data;
}

/** @throws InputError */
export function checkFault(given: MockFault): z.output<typeof fault> {
  const { data, error } = fault.safeParse(given);
  if (error) throw new InputError(`a fault of driver mock: ${error.issues[0].message}`);
  return data;
}
