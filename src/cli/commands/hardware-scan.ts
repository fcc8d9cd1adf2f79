import { InputError, PremotorError } from '../../core/errors.ts';
import { listSerialPorts, type SerialDevice } from '../../hardware/index.ts';
import type { Command } from '../flags.ts';
import { alignColumns } from '../hardware/columns.ts';
import { interruptible } from '../hardware/interrupt.ts';
import { lineChoices, servoPort } from '../hardware/port-flags.ts';
import { type FoundMotor, scanPort } from '../hardware/scan.ts';
import { StatusLine } from '../hardware/status-line.ts';
import { writeJson } from '../json-events.ts';

export const command: Command = {
  name: 'hardware scan',
  summary: 'find serial ports, and the motors that answer on them',
  positionals: [],
  flags: [
    { name: 'port', value: 'PORT', help: 'a device or tcp://host:port (every USB serial port)' },
    { name: 'driver', value: 'feetech|dynamixel', help: 'look for this family alone (both)' },
    { name: 'baud', value: 'N', help: 'look at this rate alone (all)' },
    { name: 'json', help: 'one JSON object a line on stdout' },
  ],
  notes: ['Motors are pinged and read, never written to.'],
  async run(args) {
    const json = args.has('json');
    const named = args.text('port');
    const ports =
      named === undefined ? await plausiblePorts(json) : [{ path: servoPort(named, 'hardware scan') }];
    const choices = lineChoices(args);
    const { signal, dispose } = interruptible();
    const status = new StatusLine(json);
    let motors = 0;
    let problem: PremotorError | undefined;
    try {
      for (const device of ports) {
        try {
          const found = await scanPort(device.path, {
            ...{ ...choices, signal },
            onLook: (family, rate) => status.show(`${device.path}: ${family} at ${rate} baud …`),
          });
          status.clear();
          motors += found.length;
          tell(device, found, json);
        } catch (error) {
          status.clear();
          if (!(error instanceof PremotorError)) throw error;
          problem ??= error;
          if (ports.length > 1) process.stderr.write(`${error.message}\n`);
        }
      }
    } finally {
      dispose();
      status.clear();
    }
    if (signal.aborted) return 130;
    if (motors > 0) return 0;
    if (problem) throw problem;
    process.stderr.write(
      'premotor: no motor answered; is the motors’ supply on, and the cable in both ends? Then it may be another port\n',
    );
    return 3;
  },
};

/** What is plugged in by USB. @throws InputError where nothing is. */
async function plausiblePorts(json: boolean): Promise<SerialDevice[]> {
  const all = await listSerialPorts();
  const usb = all.filter(({ path, vendorId }) => vendorId !== undefined || /usb|acm|wchusb|SLAB/i.test(path));
  const others = all.length - usb.length;
  if (usb.length > 0) {
    if (!json && others > 0)
      console.log(`${others} serial ports that are not USB are left out; name one with --port`);
    return usb;
  }
  const rest = others > 0 ? ` (${others} that are not USB: name one with --port)` : '';
  throw new InputError(
    `no USB serial port${rest}; plug the adapter in, or name a port: --port /dev/ttyACM0 or tcp://host:port`,
  );
}

function tell(device: SerialDevice, motors: readonly FoundMotor[], json: boolean): void {
  if (json) {
    writeJson('port', { ...device, motors });
    return;
  }
  const { path, manufacturer, serialNumber } = device;
  const about = [manufacturer, serialNumber && `serial number ${serialNumber}`].filter(Boolean).join(', ');
  console.log(`${path}${about && `  ${about}`}`);
  if (motors.length === 0) {
    console.log('  no motor answers');
    return;
  }
  const rows = motors.map((motor) => [
    ...[`  ${motor.id}`, motor.model, motor.family, `${motor.baud}`, motor.firmware],
    ...(Number.isNaN(motor.position)
      ? ['–', '–', '–', '–']
      : [
          ...[`${motor.voltage.toFixed(1)} V`, `${motor.temperature} °C`],
          ...[motor.torque ? 'on' : 'off', `${motor.position}`],
        ]),
    motor.error || '–',
  ]);
  const head = [
    '  id',
    'model',
    'family',
    'baud',
    'firmware',
    'supply',
    'heat',
    'torque',
    'tick',
    'complains of',
  ];
  console.log(alignColumns([head, ...rows]).join('\n'));
}
