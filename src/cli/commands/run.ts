import { InputError, RobotFault } from '../../core/index.ts';
import { portName } from '../../hardware/port.ts';
import { isFileName } from '../../load/robot.ts';
import { unwatched } from '../../robot/index.ts';
import { conduct, isWatched, reporterFor } from '../conduct.ts';
import { type Arguments, type Command, collidersFlag, collidersOf, runFlags } from '../flags.ts';
import { mockFlag } from '../hardware/mock-words.ts';
import { RobotTally } from '../hardware/robot-tally.ts';
import { evaluationEnd, writeJson } from '../json-events.ts';
import type { Prepared } from '../prepare.ts';
import { prepareGoingOn, prepareLearning, preparePolicy, type RobotChoices } from '../prepare-run.ts';
import type { Reporter } from '../reporter.ts';
import type { EvaluateRequest, SessionRequest, TrainRequest } from '../session-messages.ts';
import { givenSettings } from '../settings.ts';
import { dryRunLines, endLines, evaluationLines, quoted } from '../terminal-text.ts';

export const command: Command = {
  name: 'run',
  summary: 'run a task on a real robot: with what a run learned, or learning from nothing',
  positionals: [{ name: 'task or file', required: false }],
  flags: [
    { name: 'robot', value: 'NAME|FILE.urdf', help: "the robot (the task's first)" },
    {
      name: 'port',
      value: 'DEVICE|tcp://HOST:PORT|ws://HOST:PORT|mock|sim',
      help: 'where it is; sim: the simulator',
    },
    { ...collidersFlag, help: `with --port sim: ${collidersFlag.help}` },
    { name: 'calibration', value: 'FILE', help: 'how it sits on its motors (the one kept for it)' },
    mockFlag,
    { name: 'policy', value: 'RUN', help: 'act with what this run learned; learn nothing' },
    { name: 'episodes', value: 'N', help: 'with --policy: how many (10)' },
    { name: 'dry-run', help: 'with --policy: all but writing to the motors' },
    { name: 'trials', value: 'N', help: 'episodes to learn from, the first one random (what the task says)' },
    { name: 'resume', value: 'RUN', help: 'go on learning' },
    {
      name: 'recoveries',
      value: 'N',
      help: 'episodes begun anew after faults that pass, before it is given up (3)',
    },
    {
      name: 'confirm',
      help: 'before each episode wait for Enter, or Resume on the page: for what a person puts back',
    },
    { name: 'out', value: 'FOLDER', help: 'where run folders are made (runs/)' },
    { name: 'no-record', help: 'record nothing; else all goes to recordings/ in the run folder (MCAP)' },
    ...runFlags.filter(({ name }) => !['clock', 'delay', 'record'].includes(name)),
  ],
  notes: [
    'Between episodes the robot holds where it is; each begins with a slow way to its start. Keep clear of it.',
    'Ctrl-C stops it. A robot that lost its program, its port or its plan stops by itself: docs/safety.md.',
  ],
  async run(args) {
    const reporter = reporterFor(args);
    const tally = new RobotTally();
    const told: { begun: boolean; directory: string | null } = { begun: false, directory: null };
    const listening: Reporter = {
      event(event) {
        tally.event(event);
        if (event.type === 'start') [told.begun, told.directory] = [true, event.run.directory];
        reporter.event(event);
      },
      print: (text) => reporter.print(text),
      page: (url) => reporter.page(url),
      finish: () => reporter.finish(),
    };
    try {
      return await (args.has('policy') ? act(args, listening, tally) : learn(args, listening, tally));
    } catch (error) {
      if (!(error instanceof RobotFault)) throw error;
      for (const line of tally.lines(error.message)) reporter.print(line);
      if (!told.begun) throw error;
      throw new RobotFault(`${error.message}; ${goingOnWith(told.directory, args)}`, { cause: error });
    }
  },
};

/** @param directory of a run that learns */
function goingOnWith(directory: string | null, args: Arguments): string {
  if (directory !== null)
    return `finished trials are saved: premotor run --resume ${quoted(directory)} ${where(args)}`;
  const dry = args.has('dry-run') ? ' --dry-run' : '';
  return `when that is over: premotor run --policy ${quoted(args.text('policy') ?? '')} ${where(args)}${dry}`;
}

async function learn(args: Arguments, reporter: Reporter, tally: RobotTally): Promise<number> {
  const prepared = args.has('resume') ? await goingOn(args) : await beginning(args);
  tellNotes(prepared, args, reporter);
  const { trials, reason, directory } = await conduct(prepared, args, reporter, !args.has('no-record'));
  const hardware = tally.summary;
  const best = trials.length === 0 ? null : Math.max(...trials.map((trial) => trial.return));
  if (args.has('json')) {
    const end = { reason, directory, trials: trials.length, bestReturn: best };
    writeJson('end', { ...end, ...(hardware && { hardware }) });
  }
  const interrupted = reason === 'interrupted';
  const lines = endLines(directory, trials, interrupted, `run ${where(args)}`);
  reporter.print([...lines, ...tally.lines()].join('\n'));
  return interrupted ? 130 : 0;
}

async function act(args: Arguments, reporter: Reporter, tally: RobotTally): Promise<number> {
  const prepared = await acting(args);
  tellNotes(prepared, args, reporter);
  const result = await conduct(prepared, args, reporter, !args.has('no-record'));
  const hardware = tally.summary;
  const dry = args.has('dry-run');
  if (args.has('json')) writeJson('end', { ...evaluationEnd(result, dry), ...(hardware && { hardware }) });
  reporter.print([...(dry ? dryRunLines : evaluationLines)(result), ...tally.lines()].join('\n'));
  return result.interrupted ? 130 : 0;
}

/** What a person should know before it moves. */
function tellNotes(
  { note, robot, request }: Prepared<SessionRequest>,
  args: Arguments,
  reporter: Reporter,
): void {
  const open = request.robot ? unwatched(robot) : null;
  for (const text of [note, open]) {
    if (!text) continue;
    if (args.has('json')) process.stderr.write(`note: ${text}\n`);
    else reporter.print(`note: ${text}`);
  }
}

function robotChoices(args: Arguments): RobotChoices {
  const port = args.text('port');
  if (port === undefined)
    throw new InputError(
      'premotor run needs --port: a device (premotor hardware scan lists them), tcp://host:port, ws://host:port, mock or sim',
    );
  return {
    port,
    dryRun: args.has('dry-run'),
    calibration: args.text('calibration'),
    mock: args.all('mock'),
    recoveries: args.integer('recoveries', 0, 1000),
    confirm: args.has('confirm'),
  };
}

/** The flags that find the same robot again; a token is for the person to add. */
export function where(args: Arguments): string {
  const [robot, port] = [args.text('robot'), args.text('port')];
  const given = { port: port && portName(port), calibration: args.text('calibration') };
  const flags = { ...given, ...(robot !== undefined && isFileName(robot) && { robot }) };
  const mock = args.all('mock').map((word) => ['mock', word] as const);
  return [...Object.entries(flags), ...mock]
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${quoted(value)}`]))
    .join(' ');
}

function refuse(args: Arguments, flags: readonly string[], because: string): void {
  const wrong = flags.find((flag) => args.has(flag));
  if (wrong !== undefined) throw new InputError(`--${wrong} ${because}`);
}

async function beginning(args: Arguments): Promise<Prepared<TrainRequest>> {
  refuse(args, ['episodes'], 'goes with --policy; --trials is how many episodes it learns from');
  const [task] = args.positionals;
  if (task === undefined)
    throw new InputError('premotor run needs a <task or file>, or --resume <run>; premotor tasks lists them');
  return prepareLearning(
    {
      ...{ task, robot: args.text('robot'), out: args.text('out') },
      ...{
        trials: args.integer('trials', 1, 1_000_000),
        colliders: collidersOf(args),
        ...robotChoices(args),
        ...(await givenSettings(args)),
      },
    },
    isWatched(args),
    `--config ${args.text('config')}`,
  );
}

function goingOn(args: Arguments): Promise<Prepared<TrainRequest>> {
  if (args.positionals.length > 0)
    throw new InputError(`unexpected "${args.positionals[0]}": with --resume the task comes from the run`);
  const decided = ['colliders', 'seed', 'budget', 'config', 'set', 'out', 'numerics'];
  refuse(args, decided, 'cannot change a run: with --resume it comes from the manifest');
  refuse(args, ['episodes', 'dry-run'], 'goes with --policy');
  return prepareGoingOn(
    args.text('resume') ?? '',
    {
      ...{ robot: args.text('robot'), trials: args.integer('trials', 1, 1_000_000) },
      ...{ threads: args.integer('threads', 1, 256), ...robotChoices(args) },
    },
    isWatched(args),
  );
}

async function acting(args: Arguments): Promise<Prepared<EvaluateRequest>> {
  refuse(args, ['trials', 'resume', 'out'], 'is for learning; with --policy nothing is learned');
  refuse(args, ['colliders'], 'cannot change a policy: what touches comes from its run');
  return preparePolicy(
    args.text('policy') ?? '',
    {
      ...{ task: args.positionals[0], robot: args.text('robot') },
      ...{ episodes: args.integer('episodes', 1, 1_000_000), ...robotChoices(args) },
      ...(await givenSettings(args)),
    },
    isWatched(args),
    `--config ${args.text('config')}`,
  );
}
