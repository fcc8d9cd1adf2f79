import { InputError } from '../../core/errors.ts';
import type { Exchange, HardwareReport } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';
import { ServoBus } from '../../hardware/servo-bus.ts';
import type { Arguments, Command } from '../flags.ts';
import { chooseRobot, isServoPort } from '../hardware/chosen-robot.ts';
import { interruptible, pause } from '../hardware/interrupt.ts';
import { type JointRow, loopLine, rowsOf, tableOf } from '../hardware/joint-rows.ts';
import { LinkRecorder, recordFlags } from '../hardware/link-recorder.ts';
import { LiveTable } from '../hardware/live-table.ts';
import { mockFlag } from '../hardware/mock-words.ts';
import { calibrationFlag, jsonFlag, portFlag, portOf } from '../hardware/port-flags.ts';
import { loadRealRobot, loadServoRobot } from '../hardware/real-robot.ts';
import { linkRobot } from '../hardware/robot-link.ts';
import { writeJson } from '../json-events.ts';

/** ms between tables. */
const EVERY = 100;

export const command: Command = {
  name: 'hardware monitor',
  summary: 'show where a robot stands and how its motors are, ten times a second; nothing moves',
  positionals: [{ name: 'robot', required: true }],
  flags: [
    portFlag,
    calibrationFlag,
    mockFlag,
    { name: 'seconds', value: 'N', help: 'end after so long (Ctrl-C)' },
    ...recordFlags('premotor replay'),
    jsonFlag,
  ],
  notes: [
    'Torque is never turned on, nor off. Without a calibration positions are ticks alone.',
    'With a calibration the loop is that of a run; settings of motors that a run would set are said, and not set.',
  ],
  async run(args) {
    const [reference] = args.positionals;
    const port = portOf(args, 'hardware monitor');
    const seconds = args.integer('seconds', 1, 86_400);
    const { robot } = await loadRealRobot(reference);
    const chosen = await chooseRobot(robot, reference, {
      port,
      calibration: args.text('calibration'),
      mock: args.all('mock'),
    });
    const { signal, dispose } = interruptible();
    try {
      const calibrated = !isServoPort(chosen.kept.port) || chosen.kept.calibration !== null;
      if (!calibrated && args.has('record'))
        throw new InputError(
          `--record: robot ${robot.name} is not calibrated, and a recording holds angles; run premotor hardware calibrate ${reference} --port ${port}`,
        );
      if (calibrated) await watchJoints(args, robot, port, signal, seconds);
      else await watchTicks(args, port, signal, seconds);
    } finally {
      dispose();
    }
    return 0;
  },
};

/** Through the bridge, as a run does. */
async function watchJoints(
  args: Arguments,
  own: RobotModel,
  port: string,
  signal: AbortSignal,
  seconds: number | undefined,
): Promise<void> {
  let newest: { exchange?: Exchange; report?: HardwareReport } = {};
  const recording = await LinkRecorder.create(args, own, {
    ...{ task: 'monitor', agent: 'nobody', planner: 'watched alone', controlPeriod: EVERY / 1000 },
  });
  const link = await linkRobot(args.positionals[0], {
    ...{ port, calibration: args.text('calibration'), mock: args.all('mock'), dryRun: true },
    listeners: [
      {
        exchange: (exchange) => {
          newest = { ...newest, exchange };
        },
        report: (report) => {
          newest = { ...newest, report };
        },
      },
      ...(recording ? [recording.listener] : []),
    ],
  });
  recording?.begin(link);
  const { robot, hardware, calibration, identity } = link;
  const ended = ending(signal, seconds);
  const show = viewer(args, [identity.description, ...identity.notes]);
  try {
    while (!ended.aborted) {
      await Promise.race([pause(EVERY, ended), link.lost]);
      const { exchange, report } = newest;
      if (exchange) show(rowsOf(robot, hardware, calibration, exchange, report), report);
    }
  } finally {
    await link.close();
    await recording?.close();
  }
}

/** Motors alone: what they say needs no calibration. */
async function watchTicks(
  args: Arguments,
  port: string,
  signal: AbortSignal,
  seconds: number | undefined,
): Promise<void> {
  const { robot, hardware, family } = await loadServoRobot(args.positionals[0]);
  const link = await ServoBus.open(family, hardware, port, { readOnly: true });
  const ended = ending(signal, seconds);
  const show = viewer(args, [
    `not calibrated, so ticks alone: premotor hardware calibrate ${robot.name} --port ${port}`,
  ]);
  const ids = hardware.motors.map(({ id }) => id);
  const { registers } = family.protocol;
  const scaled = (name: 'present_load' | 'present_pwm' | 'present_voltage', counts: number | undefined) =>
    counts === undefined ? null : counts * (registers.has(name) ? registers.get(name).scale : 1);
  try {
    while (!ended.aborted) {
      await pause(EVERY, ended);
      const found = await link.look(family.state, ids);
      show(
        hardware.motors.map(({ joint, id }): JointRow => {
          const state = found.get(id) ?? {};
          const { errorText, misses } = link.bus.health(id);
          return {
            ...{ joint, id, position: null, tick: state.present_position ?? null, velocity: null },
            load: scaled('present_load', state.present_load) ?? scaled('present_pwm', state.present_pwm),
            temperature: state.present_temperature ?? null,
            voltage: scaled('present_voltage', state.present_voltage),
            ...{ error: errorText, misses },
          };
        }),
      );
    }
  } finally {
    await link.bus.close();
  }
}

/** @param seconds from now on */
function ending(signal: AbortSignal, seconds: number | undefined): AbortSignal {
  return seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
}

function viewer(args: Arguments, notes: readonly string[]) {
  const json = args.has('json');
  if (json) for (const note of notes) process.stderr.write(`${note}\n`);
  else console.log(notes.join('\n'));
  const table = new LiveTable();
  return (joints: readonly JointRow[], report?: HardwareReport) => {
    if (json) {
      writeJson('state', {
        time: Date.now() / 1000,
        joints,
        loop: report?.loop ?? null,
        fault: report?.fault ?? null,
      });
      return;
    }
    table.show([
      ...tableOf(joints),
      ...(report ? [loopLine(report.loop), ...(report.fault ? [`fault: ${report.fault}`] : [])] : []),
    ]);
  };
}
