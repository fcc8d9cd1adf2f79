import { InputError } from '../../core/errors.ts';
import type { Arguments, Flag } from '../flags.ts';

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

/** @throws InputError where none is given. */
export function portOf(args: Arguments, command: string): string {
  const port = args.text('port');
  if (port !== undefined) return port;
  throw new InputError(
    `premotor ${command} needs --port: a device such as /dev/ttyACM0, or tcp://host:port; premotor hardware scan lists them`,
  );
}
