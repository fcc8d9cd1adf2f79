import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { askForPriority } from '../../control/priority.node.ts';
import { InputError, PremotorError } from '../../core/errors.ts';
import { checkCalibration, defaultCalibration } from '../../hardware/calibration.ts';
import { loadCalibration, saveCalibration } from '../../hardware/calibration-file.ts';
import { type Served, servePty, serveTcp } from '../../hardware/index.ts';
import { loadRobot } from '../../load/robot.ts';
import { startLiveServer } from '../../stream/index.ts';
import { tellPoses } from '../../train/tell-poses.ts';
import { openBrowser } from '../browser.ts';
import { isWatched } from '../conduct.ts';
import { type Arguments, type Command, pageFlags } from '../flags.ts';
import { emulatedFolder, writeRobotOfFamily } from '../hardware/emulated-folder.ts';
import {
  baudCode,
  type EmulatedRobot,
  type EmulatedState,
  emulateRobot,
} from '../hardware/emulated-robot.ts';
import { emulateRos, obeyRosLine, rosHelp } from '../hardware/emulated-ros.ts';
import { obeyLine, promptHelp } from '../hardware/emulator-prompt.ts';
import { parseFault } from '../hardware/emulator-words.ts';
import { interruptible } from '../hardware/interrupt.ts';
import { duration } from '../hardware/quantities.ts';
import { loadRealRobot, loadServoRobot, type ServoRobot } from '../hardware/real-robot.ts';
import { writeJson } from '../json-events.ts';
import { pageOptions } from '../page.ts';
import { quoted } from '../terminal-text.ts';

export const command: Command = {
  name: 'emulate',
  summary: 'put a simulated robot behind an emulated servo bus or ROS, to be used like the real one',
  positionals: [{ name: 'robot', required: true }],
  flags: [
    { name: 'driver', value: 'feetech|dynamixel', help: "family of its motors (the robot's)" },
    {
      name: 'tcp',
      value: 'PORT',
      help: 'serve on a TCP port, 0 takes a free one (a pseudo-terminal where there are any; ROS: 9090)',
    },
    {
      name: 'calibration',
      value: 'FILE',
      help: 'its motors sit as this file says (made up; the file is named)',
    },
    { name: 'uncalibrated', help: 'its motors sit anyhow: to practise hardware calibrate' },
    {
      name: 'new',
      help: 'its motors are as delivered, all with id 1, none connected: to practise hardware setup',
    },
    {
      name: 'fault',
      value: 'FAULT',
      help: 'faults of answers: drop:1%, corrupt:2=1%, late@20ms:1%, duplicate',
      repeat: true,
    },
    { name: 'baud', value: 'N', help: "bits/s of the bus (the robot's)" },
    { name: 'latency', value: '1ms', help: 'the adapter holds an answer back so long (1ms)' },
    { name: 'return-delay', value: '0us', help: 'pause of a motor before it answers, at most 508us (0us)' },
    { name: 'seed', value: 'N', help: 'keys random faults and where motors sit (0)' },
    { name: 'view', help: 'show the simulated robot on the live page' },
    ...pageFlags,
    { name: 'json', help: 'one JSON object a line on stdout' },
  ],
  notes: [
    'Typed while it runs:',
    ...promptHelp.slice(1),
    promptHelp[0],
    'Robots whose driver is rosbridge (docs/ros.md):',
    ...rosHelp,
  ],
  async run(args) {
    if (args.text('driver') === undefined) {
      const { hardware } = await loadRobot(args.positionals[0]);
      if (hardware?.driver === 'rosbridge') {
        await emulateBehindRos(args);
        return 0;
      }
    }
    const folder = await emulatedFolder();
    try {
      await emulate(args, folder.path);
    } finally {
      await folder.remove();
    }
    return 0;
  },
};

async function emulate(args: Arguments, folder: string): Promise<void> {
  // The bus's time is to hold beside whoever uses it.
  askForPriority();
  const { reference, real } = await chosenRobot(args, folder);
  const seed = args.integer('seed', 0) ?? 0;
  const { state, calibrationFile } = await chosenState(args, real, folder);
  const baud = args.integer('baud', 1);
  if (baud !== undefined) baudCode(real.family, baud);
  const emulated = await emulateRobot({
    ...{ ...real, state, seed, baud },
    latency: duration(args, 'latency', 1),
    returnDelay: duration(args, 'return-delay', 508e-6),
  });
  for (const text of args.all('fault')) emulated.bus.fault(parseFault(text, emulated.specs));
  const served = await serve(emulated, args);
  try {
    const show = await viewed(emulated, args);
    try {
      tellStart(args, { reference, real, state, served, calibrationFile, page: show?.url });
      await converse((line) => obeyLine(emulated, line), args);
    } finally {
      await show?.close();
    }
  } finally {
    emulated.hand.release();
    await served.close();
    emulated.plant.close();
  }
}

async function emulateBehindRos(args: Arguments): Promise<void> {
  const [reference] = args.positionals;
  const servos = ['calibration', 'uncalibrated', 'new', 'fault', 'baud', 'latency', 'return-delay', 'seed'];
  const odd = servos.find((name) => args.has(name));
  if (odd) throw new InputError(`--${odd} is for servo buses; ${reference} is behind ROS (docs/ros.md)`);
  const real = await loadRealRobot(reference);
  const emulated = await emulateRos(real, args.integer('tcp', 0, 65_535) ?? 9090);
  const { served, plant } = emulated;
  try {
    const show = await viewed(emulated, args);
    try {
      const next = `premotor run reach --robot ${quoted(reference)} --port ${served.address}`;
      const { name } = real.robot;
      if (args.has('json'))
        writeJson('start', {
          ...{ robot: name, reference, driver: 'rosbridge', port: served.address },
          ...{ page: show?.url ?? null, command: next },
        });
      else {
        const controllers = served.node.controllers.map(({ spec }) => `${spec.name} (${spec.command})`);
        console.log(
          [
            `robot    ${name}: ${real.robot.actuators.length} joints behind rosbridge, ${controllers.join(', ')}`,
            `port     ${served.address}`,
            ...(show ? [`page     ${show.url}`] : []),
            `use it   ${next}`,
            'help tells what can be typed here; Ctrl-C ends it',
          ].join('\n'),
        );
      }
      await converse(async (line) => obeyRosLine(emulated, line), args);
    } finally {
      await show?.close();
    }
  } finally {
    await served.close();
    plant.close();
  }
}

/** The robot with the family that was asked for, and the words by which `premotor run` finds it. */
async function chosenRobot(
  args: Arguments,
  folder: string,
): Promise<{ reference: string; real: ServoRobot }> {
  const [reference] = args.positionals;
  const family = args.choice('driver', ['feetech', 'dynamixel']);
  if (family === undefined || (await loadRobot(reference)).hardware?.driver === family)
    return { reference, real: await loadServoRobot(reference) };
  const model = family === 'feetech' ? 'sts3215' : 'xl430-w250';
  const file = await writeRobotOfFamily(reference, family, model, folder);
  return { reference: file, real: await loadServoRobot(file) };
}

async function chosenState(
  args: Arguments,
  real: ServoRobot,
  folder: string,
): Promise<{ state: EmulatedState; calibrationFile?: string }> {
  const ways = ['calibration', 'uncalibrated', 'new'].filter((name) => args.has(name));
  if (ways.length > 1)
    throw new InputError(`--${ways[0]} and --${ways[1]} exclude one another; give one of them`);
  if (args.has('new')) return { state: { kind: 'new' } };
  if (args.has('uncalibrated')) return { state: { kind: 'uncalibrated' } };
  const given = args.text('calibration');
  if (given !== undefined) {
    const calibration = await loadCalibration(given);
    checkCalibration(calibration, real.robot, real.hardware);
    return { state: { kind: 'calibrated', calibration }, calibrationFile: given };
  }
  const calibration = defaultCalibration(real.robot);
  const calibrationFile = await saveCalibration(calibration, join(folder, `${real.robot.name}.json`));
  return { state: { kind: 'calibrated', calibration }, calibrationFile };
}

async function serve({ bus }: EmulatedRobot, args: Arguments): Promise<Served> {
  const port = args.integer('tcp', 0, 65_535);
  if (port !== undefined) return serveTcp(bus, port);
  try {
    return await servePty(bus);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return serveTcp(bus);
  }
}

/** The simulated robot on the page, on a port of its own. */
async function viewed({ plant }: Pick<EmulatedRobot, 'plant'>, args: Arguments) {
  if (!isWatched(args)) return undefined;
  const server = await startLiveServer({
    ...{ robot: plant.spec.robot, ...(await pageOptions(args)) },
    onCommand() {
      throw new InputError('an emulated robot does what comes over its bus');
    },
  });
  server.emit({ type: 'reset', epoch: 1, trial: 1, markers: [] });
  tellPoses(plant, 60, server, () => 1);
  if (args.has('open')) openBrowser(server.url);
  return server;
}

interface Begun {
  readonly reference: string;
  readonly real: ServoRobot;
  readonly state: EmulatedState;
  readonly served: Served;
  readonly calibrationFile?: string;
  readonly page?: string;
}

function tellStart(args: Arguments, begun: Begun): void {
  const { reference, real, state, served, calibrationFile, page } = begun;
  const { robot, family, hardware } = real;
  const calibration = calibrationFile && ` --calibration ${quoted(calibrationFile)}`;
  const on = `${quoted(reference)} --port ${served.address}`;
  const next =
    state.kind === 'calibrated'
      ? `premotor run reach --robot ${on}${calibration}`
      : `premotor hardware ${state.kind === 'new' ? 'setup' : 'calibrate'} ${on}`;
  if (args.has('json')) {
    const { address } = served;
    writeJson('start', {
      ...{ robot: robot.name, reference, driver: family.name, port: address, state: state.kind },
      ...{ calibration: calibrationFile ?? null, page: page ?? null, command: next },
    });
    return;
  }
  const motors = `${hardware.motors.length} × ${[...new Set(hardware.motors.map(({ model }) => model))].join(', ')}`;
  const how = {
    calibrated: 'calibrated',
    uncalibrated: 'not calibrated',
    new: 'as delivered, none connected',
  };
  console.log(
    [
      `robot    ${robot.name}: ${motors}, ${family.name} at ${args.text('baud') ?? hardware.baud} baud, ${how[state.kind]}`,
      `port     ${served.address}`,
      ...(calibrationFile ? [`calibration ${calibrationFile}`] : []),
      ...(page ? [`page     ${page}`] : []),
      `use it   ${next}`,
      'help tells what can be typed here; Ctrl-C ends it',
    ].join('\n'),
  );
}

/** Does what is typed until Ctrl-C, `quit` or, on a terminal, Ctrl-D. A standard input that ends is nobody typing. */
async function converse(obey: (line: string) => Promise<string>, args: Arguments): Promise<void> {
  const { signal, dispose } = interruptible();
  const typed = process.stdin.isTTY === true && !args.has('json');
  const lines = createInterface({
    input: process.stdin,
    ...(typed && { output: process.stdout, prompt: '> ' }),
  });
  const say = (text: string, wrong = false) => {
    if (args.has('json')) writeJson(wrong ? 'wrong' : 'said', { text });
    else if (text) console.log(text);
    if (typed && !signal.aborted) lines.prompt();
  };
  try {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      lines.on('SIGINT', resolve);
      lines.on('close', () => {
        if (typed) resolve();
      });
      lines.on('line', (line) => {
        if (line.trim() === 'quit') {
          resolve();
          return;
        }
        obey(line).then(
          (text) => say(text),
          (error: unknown) => say(error instanceof PremotorError ? error.message : String(error), true),
        );
      });
      if (typed) lines.prompt();
    });
  } finally {
    dispose();
    lines.close();
    process.stdin.pause();
  }
}
