import { InputError } from '../../core/errors.ts';
import { servoFamilies } from '../../hardware/servo-families.ts';
import type { Arguments, Flag } from '../flags.ts';
import type { ScanOptions } from './scan.ts';

export const portFlag: Flag = {
  name: 'port',
  value: 'PORT',
  help: 'a device (premotor hardware scan lists them) or tcp://host:port',
};
export const calibrationFlag: Flag = {
  name: 'calibration',
  value: 'FILE',
  help: 'how the robot sits on its motors (the one kept for it)',
};
export const jsonFlag: Flag = { name: 'json', help: 'one JSON object a line on stdout' };

/** Where motors are looked for, as `--driver` and `--baud` say; default: everywhere. @throws InputError */
export function lineChoices(args: Arguments): Pick<ScanOptions, 'families' | 'bauds'> {
  const driver = args.choice('driver', ['feetech', 'dynamixel']);
  const baud = args.integer('baud', 1);
  return {
    families: servoFamilies.filter(({ name }) => driver === undefined || name === driver),
    ...(baud !== undefined && { bauds: [baud] }),
  };
}

/** @throws InputError where none is given. */
export function portOf(args: Arguments, command: string): string {
  const port = args.text('port');
  if (port !== undefined) return port;
  throw new InputError(
    `premotor ${command} needs --port: a device such as /dev/ttyACM0, or tcp://host:port; premotor hardware scan lists them`,
  );
}
