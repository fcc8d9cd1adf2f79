import { availableParallelism } from 'node:os';
import { InputError, type Task } from '../../core/index.ts';
import { readText } from '../../load/task.ts';
import { scoreOf } from '../../train/score.ts';
import {
  meanScore,
  parseSpace,
  readManifest,
  type Space,
  type Standing,
  TuneFolder,
  type TuneManifest,
  tune,
  type Verdict,
} from '../../tune/index.ts';
import { type Arguments, type Command, collidersFlag, collidersOf } from '../flags.ts';
import { writeJson } from '../json-events.ts';
import { robotFor } from '../prepare.ts';
import { mergeSettings, readConfigFile } from '../settings.ts';
import { drawAllowed, planTune, recheckTune, rungsOf } from '../tune-plan.ts';
import { rungLine, tuneEndLines, tuneStartLines, tuneTable } from '../tune-text.ts';
import { costOfPlan, TrialRunner } from '../tune-trials.ts';
import { chosenConfig, writeChosen } from '../tune-write.ts';

export const command: Command = {
  name: 'tune',
  summary: 'search settings of planner and model for a task',
  positionals: [{ name: 'task or file', required: false }],
  flags: [
    { name: 'what', value: 'planner|model|all', help: 'what is searched (planner)' },
    { name: 'run', value: 'RUN', help: 'plan in what this run learned; may be repeated', repeat: true },
    { name: 'model', value: 'learned|true', help: 'true: plan in the simulator itself (learned)' },
    { name: 'budget', value: 'quality|realtime', help: 'the budget whose settings are sought (quality)' },
    { name: 'minutes', value: 'N', help: 'how long (20); with --resume: how much longer' },
    { name: 'jobs', value: 'N', help: 'trials at a time, a thread each; never changes a score (cores)' },
    { name: 'candidates', value: 'N', help: 'settings of a round (16; 8 where models are trained)' },
    { name: 'rounds', value: 'N', help: 'rounds at most (until the time is out)' },
    { name: 'seeds', value: 'N', help: 'seeds of the last rung (8; 4 where models are trained)' },
    { name: 'trials', value: 'N', help: 'trials of a training (what the task says)' },
    { name: 'check', value: 'N', help: 'fresh seeds to compare chosen and present settings on (5)' },
    { name: 'space', value: 'FILE', help: 'what is searched instead of the table, as JSON' },
    { name: 'robot', value: 'NAME|FILE.urdf', help: "the robot (the task's first)" },
    collidersFlag,
    { name: 'seed', value: 'N', help: 'same seed, same settings tried on the same starts (0)' },
    { name: 'numerics', value: 'fast|portable', help: 'portable: the same bits on every machine (fast)' },
    { name: 'config', value: 'FILE', help: 'settings to begin from, as JSON; what is searched takes others' },
    { name: 'set', value: 'KEY=VALUE', help: 'pin one setting; may be repeated', repeat: true },
    { name: 'out', value: 'FOLDER', help: 'where the folder of the search is made (runs/)' },
    { name: 'resume', value: 'FOLDER', help: 'go on with a search' },
    {
      name: 'write',
      help: "make what was chosen the task's defaults, or a file for --config beside the task",
    },
    { name: 'json', help: 'one JSON object a line on stdout' },
  ],
  notes: [
    'premotor tune cartpole-swingup --run runs/cartpole-swingup-seed0-…     the planner, in a learned model',
    'premotor tune cartpole-swingup --model true                            the planner, in the simulator',
    'premotor tune my-task.ts --what all --minutes 240 --set model.members=5',
    'A space is choices by key: {"planner.elites": [4, 8], "planner.sigma": {"from": 0.1, "to": 1, "scale": "log"}}',
  ],
  async run(args) {
    const minutes = args.number('minutes', { above: 0 });
    const jobs = args.integer('jobs', 1, 256) ?? availableParallelism();
    const resumed = args.text('resume');
    const folder = resumed === undefined ? await begun(args, minutes) : await opened(args, resumed);
    try {
      const before = Math.max(0, ...folder.journal.entries.map(({ elapsed }) => elapsed));
      const more = resumed === undefined ? undefined : minutes;
      const seconds = more === undefined ? 60 * folder.manifest.minutes : before + 60 * more;
      return await search(folder, { args, jobs, seconds });
    } finally {
      await folder.close();
    }
  },
};

/** Flags that decide what is tried and so come from the folder. */
const fromFolder = [
  ...['what', 'run', 'model', 'budget', 'candidates', 'rounds', 'seeds', 'trials', 'check'],
  ...['space', 'robot', 'colliders', 'seed', 'numerics', 'config', 'set', 'out'],
];

async function begun(args: Arguments, minutes: number | undefined): Promise<TuneFolder> {
  const [task] = args.positionals;
  if (task === undefined) {
    throw new InputError(
      'premotor tune needs a <task or file>, or --resume <folder>; premotor tasks lists them',
    );
  }
  const configFile = args.text('config');
  const spaceFile = args.text('space');
  const manifest = await planTune({
    task,
    minutes,
    what: args.choice('what', ['planner', 'model', 'all']),
    model: args.choice('model', ['learned', 'true']),
    runs: args.all('run'),
    budget: args.choice('budget', ['quality', 'realtime']),
    numerics: args.choice('numerics', ['fast', 'portable']),
    robot: args.text('robot'),
    colliders: collidersOf(args),
    space: spaceFile === undefined ? undefined : await readSpace(spaceFile),
    config: configFile === undefined ? undefined : await readConfigFile(configFile),
    set: args.all('set'),
    seed: args.integer('seed', 0, 1_000_000),
    seeds: args.integer('seeds', 1, 400),
    trials: args.integer('trials', 2, 1_000_000),
    candidates: args.integer('candidates', 2, 10_000),
    rounds: args.integer('rounds', 1, 10_000),
    check: args.integer('check', 3, 400),
  });
  const stamp = manifest.created.replace(/\D/g, '').slice(0, 14);
  const name = `tune-${manifest.task.name}-${manifest.what}-${stamp}`;
  return TuneFolder.create(args.text('out') ?? 'runs', name, manifest);
}

async function opened(args: Arguments, directory: string): Promise<TuneFolder> {
  if (args.positionals.length > 0) {
    throw new InputError(`unexpected "${args.positionals[0]}": with --resume the task comes from the folder`);
  }
  const wrong = fromFolder.find((flag) => args.has(flag));
  if (wrong)
    throw new InputError(`--${wrong} cannot change a search: with --resume it comes from the folder`);
  await recheckTune(await readManifest(directory), directory);
  return TuneFolder.open(directory);
}

async function search(
  folder: TuneFolder,
  { args, jobs, seconds }: { args: Arguments; jobs: number; seconds: number },
): Promise<number> {
  const { manifest, directory, journal } = folder;
  const json = args.has('json');
  const say = (lines: readonly string[]) => {
    if (!json) console.log(lines.join('\n'));
  };
  const loaded = await recheckTune(manifest, directory);
  const robot = await robotFor(loaded, manifest.robot.asked ?? undefined, {
    colliders: manifest.robot.colliders,
  });
  const scored = isScored(manifest, loaded.task, robot.name);
  const cost = await costOfPlan(loaded, robot, manifest);
  const rungs = rungsOf(manifest);
  const start = { manifest, robot: robot.name, directory, jobs, known: journal.entries.length, scored };
  if (json) {
    const { space, present, what, task } = manifest;
    writeJson('start', {
      task: task.name,
      robot: robot.name,
      what,
      directory,
      jobs,
      rungs,
      space,
      present,
      scored,
    });
  }
  say(tuneStartLines(start));

  const runner = new TrialRunner(manifest, folder.work);
  let asked = 0;
  const onSignal = () => {
    asked++;
    if (asked > 1) process.exit(130);
    if (!json) console.log('stopping: finished trials are kept; Ctrl-C again to end at once');
    runner.stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const result = await tune({
      ...{ journal, jobs, seconds, scored, rungs, cost },
      present: manifest.present,
      draw: (index) => drawAllowed(loaded, manifest, index),
      run: (trial, values) => runner.run(trial, values),
      candidates: manifest.candidates,
      rounds: manifest.rounds ?? Infinity,
      firstSeed: 1000 * manifest.seed + 1,
      checkSeeds: Array.from({ length: manifest.check }, (_, i) => 1000 * manifest.seed + 501 + i),
      clock: () => performance.now() / 1000,
      stopping: () => runner.stopping,
      onTrial: (trial) => json && writeJson('trial', { ...trial }),
      onRung(report) {
        if (json) {
          const { standings, ...rest } = report;
          writeJson('rung', { ...rest, standings: standings.map(standingJson) });
        }
        say([rungLine(report)]);
      },
    });
    const { search: found, check, verdict, reason } = result;
    if (found) await folder.write('table.csv', tuneTable(found));
    const period = manifest.budget === 'realtime' ? Math.round(1000 * loaded.task.controlPeriod) : null;
    say(tuneEndLines(result, { directory, scored, period }));
    let config: Record<string, unknown> | null = null;
    if (found && verdict !== null) {
      const winner = verdict === 'kept' ? found.present : found.chosen;
      config = chosenConfig(loaded, manifest, winner.candidate.values);
      await folder.write('chosen.json', `${JSON.stringify(config, null, 2)}\n`);
      if (args.has('write')) {
        const origin = originText(manifest, verdict);
        const kept = verdict === 'kept' && { whole: found.whole };
        const written = await writeChosen(loaded, { manifest, config, origin, kept });
        say([`written  ${written ?? 'nothing: the present settings stay'}`]);
      }
    }
    if (json) {
      writeJson('end', {
        ...{ reason, verdict, directory, config },
        frontier: found?.frontier.map(standingJson) ?? [],
        present: found ? standingJson(found.present) : null,
        chosen: found ? standingJson(found.chosen) : null,
        check: check && { seeds: check.seeds, difference: check.difference },
      });
    }
    return reason === 'interrupted' ? 130 : 0;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function readSpace(path: string): Promise<Space> {
  const text = await readText(path, '--space');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`--space ${path}: not valid JSON`);
  }
  return parseSpace(json, `--space ${path}`);
}

/** Baselines are of shipped tasks with their own parameters, per robot. */
function isScored(manifest: TuneManifest, task: Task, robot: string): boolean {
  const { params } = mergeSettings(task, { config: manifest.config, set: manifest.set });
  const standard = JSON.stringify(params) === JSON.stringify(task.params.safeParse({}).data);
  return standard && scoreOf(task.name, robot, 0) !== null;
}

function standingJson(standing: Standing) {
  const { candidate, scores, planMs } = standing;
  const { index, values, cost } = candidate;
  return { candidate: index, mean: meanScore(standing), seeds: scores.length, planMs, cost, values };
}

/** What stands over settings that a search found or left. */
function originText({ created, what, model, runs, check }: TuneManifest, verdict: Verdict): string {
  const on =
    runs.length > 0 ? 'in a learned model' : model === 'true' ? 'on the true simulator' : 'learned anew';
  const found = {
    better: `these scored more than those before on ${check} fresh seeds`,
    cheaper: `these are cheaper than those before and as good on ${check} fresh seeds`,
    kept: 'none better or cheaper were found',
  };
  return `\`premotor tune\`, ${created.slice(0, 10)} (${what}, ${on}): ${found[verdict]}.`;
}
