import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import type { HardwareSpec } from '../core/hardware.ts';

const gain = z.int().min(0).max(16_383).optional();

/** `hardware.options` of the drivers feetech and dynamixel. */
const servoOptions = z.strictObject({
  latency: z
    .number()
    .min(0)
    .max(0.1)
    .optional()
    .describe('what the adapter holds an answer back at most [s]; default: by its maker'),
  echo: z
    .union([z.boolean(), z.literal('auto')])
    .default('auto')
    .describe('whether the adapter hands back what is sent'),
  gains: z
    .record(z.string(), z.strictObject({ p: gain, i: gain, d: gain }))
    .default({})
    .describe("of the motors' position loops by joint, * for all that are not named [counts]"),
  velocitySteps: z
    .literal([1, 50])
    .optional()
    .describe('feetech: what a count of speed is [steps/s]; default: found out in motion'),
  watchdog: z
    .number()
    .min(0.02)
    .max(2.5)
    .default(0.2)
    .describe('dynamixel: motors stop when nothing was sent for so long [s]'),
});

export type ServoOptions = z.output<typeof servoOptions>;

/** @throws InputError */
export function readServoOptions({
  driver,
  options,
}: Pick<HardwareSpec, 'driver' | 'options'>): ServoOptions {
  const { data, error } = servoOptions.safeParse(options);
  if (data) return data;
  const [issue] = error.issues;
  throw new InputError(
    `hardware.options.${issue.path.join('.')}: ${issue.message}; driver ${driver} takes ${Object.keys(servoOptions.shape).join(', ')}`,
  );
}
