import type { Command } from '../flags.ts';
import { alignColumns } from '../hardware/columns.ts';
import { jsonFlag, lineChoices, portFlag, servoPortOf } from '../hardware/port-flags.ts';
import { parseIds } from '../hardware/quantities.ts';
import { visitMotors } from '../hardware/scan.ts';
import { StatusLine } from '../hardware/status-line.ts';
import { type StoppedMotor, stopMotors } from '../hardware/stop-motors.ts';
import { writeJson } from '../json-events.ts';

export const command: Command = {
  name: 'hardware stop',
  summary: 'stop every motor that answers on a port, and verify it; needs neither robot nor calibration',
  positionals: [],
  flags: [
    portFlag,
    {
      name: 'release',
      help: 'torque off, so that an arm drops unless it is held (hold: torque stays as it is)',
    },
    { name: 'driver', value: 'feetech|dynamixel', help: 'this family alone, which is quicker (both)' },
    { name: 'baud', value: 'N', help: 'this rate alone, which is quicker (all)' },
    { name: 'expect', value: 'IDS', help: 'motors that must be among them, e.g. 1-6 or 1,2,5' },
    jsonFlag,
  ],
  notes: [
    'Exit code 3 unless every motor was verified to be stopped. A program that has the port open is ended first: Ctrl-C',
    'stops its robot. Where nothing helps, cut the power.',
  ],
  async run(args) {
    const port = servoPortOf(args, 'hardware stop');
    const how = args.has('release') ? 'release' : 'hold';
    const choices = lineChoices(args);
    const expected = parseIds(args.text('expect'));
    const json = args.has('json');
    const status = new StatusLine(json);
    const motors: StoppedMotor[] = [];
    await visitMotors(
      port,
      {
        ...choices,
        onLook: (family, rate) => status.show(`${port}: ${family} at ${rate} baud …`),
      },
      async (answering) => {
        const stopped = await stopMotors(answering, how);
        motors.push(...stopped);
        status.clear();
        if (!json) console.log(rows(stopped).join('\n'));
      },
    );
    status.clear();
    const missing = expected.filter((id) => !motors.some((motor) => motor.id === id));
    const verified = motors.length > 0 && missing.length === 0 && motors.every(({ stopped }) => stopped);
    if (json) writeJson('stop', { port, how, verified, motors, missing });
    if (verified) return 0;
    const wrong = motors.filter(({ stopped }) => !stopped).map(({ id }) => id);
    const problems = [
      ...(motors.length === 0 ? ['no motor answered, so nothing was stopped'] : []),
      ...(wrong.length > 0 ? [`not verified: motor ${wrong.join(', ')}`] : []),
      ...(missing.length > 0 ? [`no answer from motor ${missing.join(', ')}`] : []),
    ];
    process.stderr.write(`premotor: ${problems.join('; ')}; cut the power if anything moves\n`);
    return 3;
  },
};

function rows(motors: readonly StoppedMotor[]): string[] {
  return alignColumns(
    motors.map(({ id, family, baud, stopped, how }) => [
      `motor ${id}`,
      family,
      `${baud} baud`,
      stopped ? 'stopped' : 'NOT VERIFIED',
      how,
    ]),
  );
}
