import { basename, join } from 'node:path';
import {
  type Budget,
  InputError,
  type RobotModel,
  type Task,
  usualRobot,
  type WorldSpec,
} from '../core/index.ts';
import { type LoadOptions, loadRobot, shippedRobots } from '../load/robot.ts';
import { type LoadedTask, loadTask, loadTaskCode, oneLine, taskLabel } from '../load/task.ts';
import { type Manifest, readRun, runFormat, sha256 } from '../runs/index.ts';
import { checkedBudget, type NamedBudget, parseBudget } from './budget.ts';
import type { EvaluateRequest, TrainRequest } from './session-messages.ts';
import { mergeSettings } from './settings.ts';
import { defaultThreads } from './threads.ts';

/** What may be said about how a run is computed, by flags or by the library's options. */
export interface RunChoices {
  /** Kernel threads; default: cores, one less when watched. Never changes the result. */
  readonly threads?: number;
  /** `portable` gives the same bits on every machine. */
  readonly numerics?: 'fast' | 'portable';
  /** `quality`, `realtime`, `64x3`, `64`, or numbers. */
  readonly budget?: string | Budget;
  /** Settings, nested as `premotor config` prints them; task parameters under `params`. */
  readonly config?: unknown;
  /** Single settings as `key=value`; they win over `config`. */
  readonly set?: readonly string[];
  /** `wall`: the plant keeps the wall clock and never waits for a plan. Default `sim`. */
  readonly clock?: 'sim' | 'wall';
  /** Planning takes that long, ms; on the wall clock at least. 0. */
  readonly delayMs?: number;
}

export interface TrainChoices extends RunChoices {
  /** A shipped task's name, or the path or file: URL of a module of your own. */
  readonly task: string | URL;
  /** A shipped robot's name or the path of a URDF; default: the task's first robot. */
  readonly robot?: string;
  /** What of the robot touches; see `loadRobot`. */
  readonly colliders?: LoadOptions['colliders'];
  /** 0 */
  readonly seed?: number;
  /** The random one counts; default: what the task says, else 10. */
  readonly trials?: number;
  /** Environment steps instead of trials, rounded up to whole episodes. */
  readonly steps?: number;
  readonly planner?: string;
  readonly model?: 'learned' | 'true';
  readonly engine?: 'wasm' | 'tfjs';
  /** Folder of runs; default `runs`. */
  readonly out?: string;
}

export interface Prepared<R> {
  readonly request: R;
  readonly robot: RobotModel;
  readonly world: WorldSpec | undefined;
  /** Something a person should know before it begins. */
  readonly note?: string;
}

/** Reads and checks everything a new run needs, and touches nothing on disk. @param configFrom names `config` in errors. */
export async function prepareTraining(
  choices: TrainChoices,
  view: boolean,
  configFrom = 'config',
): Promise<Prepared<TrainRequest>> {
  const { seed = 0, out = 'runs', model = 'learned', engine = 'wasm', numerics = 'fast' } = choices;
  const { clock = 'sim' } = choices;
  const delayMs = delayOf(choices);
  const hurried = view || clock === 'wall';
  const loaded = await loadTask(String(choices.task));
  const { task } = loaded;
  const robot = await robotFor(loaded, choices.robot, { colliders: choices.colliders });
  const set = [...(choices.set ?? []), ...(choices.planner ? [`planner.name=${choices.planner}`] : [])];
  const { config, params } = mergeSettings(task, { config: choices.config, configFrom, set });
  const manifest: Omit<Manifest, 'builds'> = {
    format: runFormat,
    created: new Date().toISOString(),
    task: {
      name: task.name,
      file: loaded.file,
      sha256: loaded.code === null ? null : sha256(loaded.code),
      params,
    },
    ...{ robot, agent: 'pets', model, engine, numerics, seed, config, clock, delayMs },
    trials: trialsOf(task, choices),
    budget: budgetOf(choices.budget ?? (hurried ? 'realtime' : 'quality'), config),
  };
  return {
    robot,
    world: worldOf(task, params, robot),
    request: {
      kind: 'train',
      ...{ manifest, module: loaded.module, taskLabel: taskLabel(loaded), view },
      threads: choices.threads ?? defaultThreads(hurried),
      place: { out, name: `${task.name}-seed${seed}-${stamp(new Date())}`, taskCode: loaded.code },
    },
  };
}

export interface ResumeChoices {
  /** May grow beyond what the run began with. */
  readonly trials?: number;
  readonly threads?: number;
  readonly numerics?: 'fast' | 'portable';
  readonly acceptNumerics?: boolean;
  /** The caller puts a real robot in the simulator's place. */
  readonly hardware?: boolean;
}

/** What decides a run's bits comes from its manifest. */
export async function prepareResume(
  directory: string,
  choices: ResumeChoices,
  view: boolean,
): Promise<Prepared<TrainRequest>> {
  const { manifest, loaded, world } = await openRun(directory);
  if (manifest.hardware && !choices.hardware) {
    throw new InputError(
      `${directory} was learned on a real robot: premotor run --resume ${directory} --port … goes on with it`,
    );
  }
  const { trials = manifest.trials, numerics = manifest.numerics, acceptNumerics = false } = choices;
  if (trials < manifest.trials) {
    throw new InputError(
      `--trials ${trials}: ${manifest.trials} is what was last asked of this run, and it may only grow`,
    );
  }
  if (numerics !== manifest.numerics && !acceptNumerics) {
    throw new InputError(
      `--numerics ${numerics}: the run was begun with ${manifest.numerics}; add --accept-numerics to go on with other bits`,
    );
  }
  const { builds: _, ...rest } = manifest;
  return {
    robot: manifest.robot,
    world,
    request: {
      kind: 'train',
      manifest: { ...rest, trials, numerics },
      ...{ module: loaded.module, taskLabel: taskLabel(loaded), view },
      threads: choices.threads ?? defaultThreads(view || manifest.clock === 'wall'),
      place: { resume: directory, acceptNumerics },
    },
  };
}

export interface EvaluateChoices extends RunChoices {
  /** 10 */
  readonly episodes?: number;
  /** Keys the starts, which are none that training met; 0. */
  readonly seed?: number;
}

export async function prepareEvaluation(
  directory: string,
  choices: EvaluateChoices,
  view: boolean,
  configFrom = 'config',
): Promise<Prepared<EvaluateRequest>> {
  const { manifest, loaded, world } = await openRun(directory);
  const { config, params } = mergeSettings(loaded.task, {
    ...{ config: choices.config, configFrom, set: choices.set },
    base: { config: manifest.config, params: manifest.task.params },
  });
  if (JSON.stringify(config.model) !== JSON.stringify(manifest.config.model)) {
    throw new InputError(
      'the model was fitted with its settings; only planner, budgets and params may change',
    );
  }
  const { builds: _, ...rest } = manifest;
  const { clock = 'sim' } = choices;
  const delayMs = delayOf(choices);
  // What was learned with time for every plan has none on the wall clock.
  const usual = clock === 'wall' && manifest.clock === 'sim' ? 'realtime' : undefined;
  const asked = choices.budget ?? usual;
  const budget = asked === undefined ? manifest.budget : budgetOf(asked, config);
  return {
    robot: manifest.robot,
    world,
    request: {
      kind: 'evaluate',
      manifest: {
        ...rest,
        ...{ config, budget, clock, delayMs, numerics: choices.numerics ?? manifest.numerics },
        task: { ...manifest.task, params },
      },
      ...{ module: loaded.module, taskLabel: taskLabel(loaded), view, run: directory },
      threads: choices.threads ?? defaultThreads(view || clock === 'wall'),
      episodes: choices.episodes ?? 10,
      seed: choices.seed ?? 0,
    },
  };
}

export async function openRun(directory: string) {
  const { manifest, taskCode } = await readRun(directory);
  const loaded =
    taskCode === null
      ? await loadTask(manifest.task.name)
      : await loadTaskCode(taskCode, join(directory, 'task.mjs'));
  return { manifest, loaded, world: worldOf(loaded.task, manifest.task.params, manifest.robot) };
}

/** The robot a task is for: the one asked for when the task knows it, else the task's first. */
export async function robotFor(
  { task }: LoadedTask,
  wanted: string | undefined,
  options: LoadOptions = {},
): Promise<RobotModel> {
  if (wanted === undefined) {
    const usual = usualRobot(task);
    if (usual !== undefined) return loadRobot(usual, options);
    throw new InputError(
      `task ${task.name} is for any robot: name one with --robot (${shippedRobots().join(', ')} or a .urdf file)`,
    );
  }
  const robot = await loadRobot(wanted, options);
  if (task.robots !== 'any' && !task.robots.includes(robot.name)) {
    throw new InputError(
      `task ${task.name} is for ${task.robots.join(', ')}, not for ${robot.name} (${basename(wanted)})`,
    );
  }
  return robot;
}

export function worldOf(task: Task, params: unknown, robot: RobotModel): WorldSpec | undefined {
  try {
    return task.world?.(params as never, robot);
  } catch (error) {
    throw new InputError(`task ${task.name}: its world threw: ${oneLine(error)}`, { cause: error });
  }
}

function trialsOf(task: Task, { trials, steps }: TrainChoices): number {
  if (steps === undefined) return trials ?? task.defaults?.trials ?? 10;
  if (trials !== undefined) throw new InputError('--steps and --trials say the same thing: give one of them');
  return Math.ceil(steps / task.episodeSteps);
}

function budgetOf(budget: string | Budget, config: Manifest['config']): NamedBudget {
  if (typeof budget === 'string') return parseBudget(budget, config);
  const { candidates, iterations, milliseconds } = budget;
  const time = milliseconds === undefined ? {} : { milliseconds };
  const text = `${candidates}x${iterations}${milliseconds === undefined ? '' : ` in ${milliseconds} ms`}`;
  return { name: 'custom', ...checkedBudget(text, { candidates, iterations, ...time }) };
}

function delayOf({ delayMs = 0 }: RunChoices): number {
  if (!(delayMs >= 0 && delayMs <= 60_000)) throw new InputError(`delayMs ${delayMs}: must be in 0 … 60000`);
  return delayMs;
}

/** Local time as 20261122-150405. */
function stamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
