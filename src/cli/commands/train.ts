import { InputError, plannerConfig } from '../../core/index.ts';
import { conduct, isWatched, reporterFor } from '../conduct.ts';
import { type Arguments, type Command, collidersFlag, collidersOf, runFlags, timeChoices } from '../flags.ts';
import { writeJson } from '../json-events.ts';
import { type Prepared, prepareResume, prepareTraining } from '../prepare.ts';
import type { TrainRequest } from '../session-messages.ts';
import { givenSettings } from '../settings.ts';
import { endLines } from '../terminal-text.ts';

const planners = plannerConfig.shape.name.unwrap().options;

export const command: Command = {
  name: 'train',
  summary: 'learn a task from nothing, or go on with a run',
  positionals: [{ name: 'task or file', required: false }],
  flags: [
    { name: 'robot', value: 'NAME|FILE.urdf', help: "the robot (the task's first)" },
    collidersFlag,
    { name: 'agent', value: 'pets', help: 'the algorithm (pets)' },
    { name: 'planner', value: planners.join('|'), help: 'how plans are sought (icem)' },
    {
      name: 'model',
      value: 'learned|true',
      help: 'plan in the learned model or in the simulator itself (learned)',
    },
    { name: 'engine', value: 'wasm|tfjs', help: 'who does the arithmetic (wasm)' },
    { name: 'trials', value: 'N', help: 'episodes, the first one random (what the task says)' },
    { name: 'steps', value: 'N', help: 'environment steps instead, rounded up to whole episodes' },
    { name: 'resume', value: 'RUN', help: 'go on with a run; what decides its bits comes from its manifest' },
    { name: 'accept-numerics', help: 'go on although another numerics build computes' },
    { name: 'out', value: 'FOLDER', help: 'where run folders are made (runs/)' },
    ...runFlags,
  ],
  async run(args) {
    const reporter = reporterFor(args);
    const prepared = args.has('resume') ? await resumed(args) : await begun(args);
    const { trials, reason, directory } = await conduct(prepared, args, reporter);
    const best = trials.length === 0 ? null : Math.max(...trials.map((trial) => trial.return));
    if (args.has('json')) writeJson('end', { reason, directory, trials: trials.length, bestReturn: best });
    reporter.print(endLines(directory, trials, reason === 'interrupted').join('\n'));
    return reason === 'interrupted' ? 130 : 0;
  },
};

async function begun(args: Arguments): Promise<Prepared<TrainRequest>> {
  const [task] = args.positionals;
  if (task === undefined) {
    throw new InputError(
      'premotor train needs a <task or file>, or --resume <run>; premotor tasks lists them',
    );
  }
  if (args.has('accept-numerics')) throw new InputError('--accept-numerics goes with --resume');
  args.choice('agent', ['pets']);
  return prepareTraining(
    {
      task,
      robot: args.text('robot'),
      colliders: collidersOf(args),
      trials: args.integer('trials', 1, 1_000_000),
      steps: args.integer('steps', 1),
      planner: args.choice('planner', planners),
      model: args.choice('model', ['learned', 'true']),
      engine: args.choice('engine', ['wasm', 'tfjs']),
      ...(await givenSettings(args)),
      ...timeChoices(args),
      out: args.text('out'),
    },
    isWatched(args),
    `--config ${args.text('config')}`,
  );
}

/** Flags that decide a run's bits and so come from its manifest. */
const fromManifest = [
  'robot',
  'colliders',
  'agent',
  'planner',
  'model',
  'engine',
  'seed',
  'budget',
  'config',
  'set',
  'out',
  'steps',
  'clock',
  'delay',
];

async function resumed(args: Arguments): Promise<Prepared<TrainRequest>> {
  if (args.positionals.length > 0) {
    throw new InputError(`unexpected "${args.positionals[0]}": with --resume the task comes from the run`);
  }
  const wrong = fromManifest.find((flag) => args.has(flag));
  if (wrong) throw new InputError(`--${wrong} cannot change a run: with --resume it comes from the manifest`);
  return prepareResume(
    args.text('resume') ?? '',
    {
      trials: args.integer('trials', 1, 1_000_000),
      threads: args.integer('threads', 1, 256),
      numerics: args.choice('numerics', ['fast', 'portable']),
      acceptNumerics: args.has('accept-numerics'),
    },
    isWatched(args),
  );
}
