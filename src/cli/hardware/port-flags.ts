import { InputError } from '../../core/errors.ts';
import { portName } from '../../hardware/port.ts';
import { servoFamilies } from '../../hardware/servo-families.ts';
import type { Arguments, Flag } from '../flags.ts';
import { isServoPort, portKind } from './chosen-robot.ts';
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

/** `portOf`, of a servo bus. @throws InputError where it is something else: what it is, and how that is done there */
export function servoPortOf(args: Arguments, command: string): string {
  return servoPort(portOf(args, command), command);
}

/** @throws as `servoPortOf` */
export function servoPort(port: string, command: string): string {
  const kind = port === 'sim' ? 'mock' : portKind(port);
  if (isServoPort(kind)) return port;
  const stop = command.endsWith('stop');
  const behindRos = stop
    ? '; a robot behind ROS holds when its program ends (Ctrl-C), and is let go where its controllers are: ros2 control switch_controllers --deactivate … (docs/ros.md)'
    : '; a robot behind ROS has neither ids nor a calibration here: premotor hardware check looks at it (docs/ros.md)';
  const nobody = stop ? '; nothing moves there that could be stopped' : '; there are no motors';
  throw new InputError(
    `premotor ${command} is for servo buses (a device or tcp://host:port), and --port ${portName(port)} is none${kind === 'websocket' ? behindRos : nobody}`,
  );
}
