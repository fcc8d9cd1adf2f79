import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, RobotFault } from '../../core/errors.ts';
import { adapterOf } from '../../hardware/adapter.ts';
import type { Calibration } from '../../hardware/calibration.ts';
import { calibrationPath, findCalibration, loadCalibration } from '../../hardware/calibration-file.ts';
import {
  CalibrationProcedure,
  restoreCalibration,
  type SweptJoint,
} from '../../hardware/calibration-procedure.ts';
import { TICKS_PER_TURN } from '../../hardware/index.ts';
import type { Arguments, Command } from '../flags.ts';
import { adopted } from '../hardware/adopted-calibration.ts';
import { alignColumns } from '../hardware/columns.ts';
import { LiveTable } from '../hardware/live-table.ts';
import { jsonFlag, portFlag, servoPortOf } from '../hardware/port-flags.ts';
import { askPerson, type Questions } from '../hardware/questions.ts';
import { loadServoRobot, type ServoRobot } from '../hardware/real-robot.ts';
import { replaceCalibration } from '../hardware/replace-calibration.ts';
import { writeJson } from '../json-events.ts';
import { quoted } from '../terminal-text.ts';

export const command: Command = {
  name: 'hardware calibrate',
  summary: 'find by hand where the motors of a robot lie on its joints, and keep it',
  positionals: [{ name: 'robot', required: true }],
  flags: [
    portFlag,
    {
      name: 'from',
      value: 'FILE',
      help: 'write this calibration to motors that have lost it; nothing is measured',
    },
    { name: 'out', value: 'FILE', help: 'where it is kept (with the settings of this user)' },
    {
      name: 'yes',
      help: 'do not ask before torque goes off, or motors get the calibration of another adapter',
    },
    jsonFlag,
  ],
  notes: [
    'Torque goes off: hold the robot. Then every joint is put in the middle of its range, and moved from end to end.',
    'Without a terminal an empty line on standard input is Enter.',
  ],
  async run(args) {
    const real = await loadServoRobot(args.positionals[0]);
    const port = servoPortOf(args, 'hardware calibrate');
    const from = args.text('from');
    if (from === undefined) await measure(real, port, args);
    else {
      const serial = (await adapterOf(port))?.serialNumber ?? null;
      const loaded = await loadCalibration(from);
      const calibration = await adopted(loaded, serial, from, (question) =>
        args.has('yes') ? Promise.resolve(true) : confirmed(question, args),
      );
      await restoreCalibration(real.family, { ...real, port }, calibration);
      await keep(calibration, args, calibration === loaded ? from : undefined);
    }
    return 0;
  },
};

async function confirmed(question: string, args: Arguments): Promise<boolean> {
  const questions = askPerson('stopped: nothing was written', args.has('json'));
  try {
    return await questions.confirm(question);
  } finally {
    questions.close();
  }
}

async function measure(real: ServoRobot, port: string, args: Arguments): Promise<void> {
  let left = 'nothing was done';
  const questions = askPerson(() => `stopped: ${left}`, args.has('json'));
  try {
    const limp = `Torque of ${real.robot.name} on ${port} goes off: hold it, or let it rest. Go on?`;
    if (!args.has('yes') && !(await questions.confirm(limp)))
      throw new InputError('nothing was done; calibration needs the robot limp');
    const procedure = await CalibrationProcedure.begin(real.family, { ...real, port });
    left = 'torque is off, and the calibration of the motors is as it was';
    try {
      const joints = real.hardware.motors.map(({ joint }) => joint).join(', ');
      await questions.choose(`Put every joint in the middle of its range (${joints}).`, [
        { value: 'go', label: 'they are in the middle' },
      ]);
      left = await undone(real, procedure.serial, args);
      const calibration = await overwriting(procedure, questions, args).catch((error) => {
        if (error instanceof InputError) throw new InputError(`${error.message}; ${left}`);
        if (error instanceof RobotFault) throw new RobotFault(`${error.message}; ${left}`, { cause: error });
        throw error;
      });
      await keep(calibration, args);
    } finally {
      await procedure.close();
    }
  } finally {
    questions.close();
  }
}

/** From here on the motors agree with no calibration, until a new one is whole. */
async function overwriting(
  procedure: CalibrationProcedure,
  questions: Questions,
  args: Arguments,
): Promise<Calibration> {
  await procedure.centre();
  return sweep(procedure, questions, args.has('json'));
}

/** What giving up half way leaves behind, and the way back. */
async function undone({ robot }: ServoRobot, serial: string | null, args: Arguments): Promise<string> {
  const out = args.text('out');
  const kept =
    out === undefined
      ? (await findCalibration(robot.name, serial).catch(() => undefined))?.path
      : await access(out).then(
          () => out,
          () => undefined,
        );
  const now = 'nothing was kept, and the motors agree with no calibration now';
  if (kept === undefined) return `${now}: calibrate again before anything moves`;
  const [name, port] = [args.positionals[0], args.text('port')!].map(quoted);
  return `${now}; calibrate again, or bring the former one back: premotor hardware calibrate ${name} --port ${port} --from ${quoted(kept)}${out === undefined ? '' : ` --out ${quoted(out)}`}`;
}

/** Until every range is plausible, or the person has had enough. */
async function sweep(
  procedure: CalibrationProcedure,
  questions: Questions,
  json: boolean,
): Promise<Calibration> {
  for (;;) {
    const swept = (await procedure.sample()).filter((joint) => joint.sweep);
    const left = swept.filter(({ problem }) => problem !== undefined).map(({ joint }) => joint);
    const table = new LiveTable(5000, json ? process.stderr : process.stdout);
    await questions.until(`Move from end to end: ${left.join(', ')}.`, async () => {
      table.show(rows(await procedure.sample()));
    });
    try {
      return await procedure.finish();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      questions.say(error.message.split('; ').join('\n'));
      const next = await questions.choose('That is not kept.', [
        { value: 'go', label: 'go on moving these joints' },
        { value: 'centre', label: 'put all joints in the middle again, and begin anew' },
        { value: 'end', label: 'give up' },
      ]);
      if (next === 'end') throw error;
      if (next === 'centre') await procedure.centre();
    }
  }
}

function rows(joints: readonly SweptJoint[]): string[] {
  const degrees = (ticks: number | undefined) =>
    ticks === undefined || !Number.isFinite(ticks) ? '–' : `${((ticks * 360) / TICKS_PER_TURN).toFixed(0)}°`;
  const head = ['joint', 'id', 'tick', 'lowest', 'highest', 'width', 'URDF', 'range'];
  return alignColumns([
    head,
    ...joints.map(({ joint, id, tick, lowest, highest, expected, sweep: swept, problem }) => [
      ...[joint, `${id}`, `${tick}`, `${lowest}`, `${highest}`, degrees(highest - lowest), degrees(expected)],
      !swept ? 'the URDF’s, about the middle' : problem === undefined ? 'good' : 'move on',
    ]),
  ]);
}

/** @param from the file that it came from, if it did. */
async function keep(calibration: Calibration, args: Arguments, from?: string): Promise<void> {
  const path = args.text('out') ?? calibrationPath(calibration.robot, calibration.serial);
  const { former, note } =
    from !== undefined && resolve(path) === resolve(from)
      ? { former: undefined, note: undefined }
      : await replaceCalibration(calibration, path);
  if (args.has('json')) {
    writeJson('calibration', { path, former: former ?? null, note: note ?? null, calibration });
    return;
  }
  console.log(`calibrated: ${path}${former ? `; the former one is ${former}` : ''}`);
  if (note) console.log(`note: ${note}`);
  console.log(
    `next        premotor hardware check ${args.positionals[0]} --port ${args.text('port')}${args.has('out') ? ` --calibration ${path}` : ''}`,
  );
}
