import { resolve } from 'node:path';
import { InputError, nearestName, type RunConfig } from '../core/index.ts';
import type { LoadOptions } from '../load/robot.ts';
import { type LoadedTask, loadTask } from '../load/task.ts';
import { readRun, sha256 } from '../runs/index.ts';
import {
  defaultSpace,
  draw,
  endsOf,
  type Rung,
  type Space,
  type TuneManifest,
  type Values,
  type What,
} from '../tune/index.ts';
import { robotFor } from './prepare.ts';
import { knownKeys, mergeSettings } from './settings.ts';

/** What may be said about a new search. */
export interface TuneChoices {
  readonly task: string;
  readonly robot?: string;
  readonly colliders?: LoadOptions['colliders'];
  readonly what?: What;
  readonly model?: 'learned' | 'true';
  /** Folders of learned runs, to plan with. */
  readonly runs: readonly string[];
  readonly budget?: 'quality' | 'realtime';
  readonly numerics?: 'fast' | 'portable';
  /** In place of the table. */
  readonly space?: Space;
  readonly config?: unknown;
  readonly set: readonly string[];
  readonly seed?: number;
  readonly seeds?: number;
  readonly trials?: number;
  readonly candidates?: number;
  readonly rounds?: number;
  readonly check?: number;
  readonly minutes?: number;
}

/** Reads and checks everything a new search needs, and touches nothing on disk. */
export async function planTune(choices: TuneChoices): Promise<TuneManifest> {
  const { what = 'planner', model = 'learned', budget = 'quality', set } = choices;
  const loaded = await loadTask(choices.task);
  const { task } = loaded;
  const robot = await robotFor(loaded, choices.robot, { colliders: choices.colliders });
  if (what === 'planner' && model === 'learned' && choices.runs.length === 0) {
    throw new InputError(
      'tuning a planner needs a model to plan in: --run <a learned run>, or --model true; --what all learns one per trial',
    );
  }
  if (what !== 'planner' && (choices.runs.length > 0 || model === 'true')) {
    throw new InputError(
      `--what ${what} learns from nothing: leave out ${model === 'true' ? '--model true' : '--run'}`,
    );
  }
  if (model === 'true' && choices.runs.length > 0) {
    throw new InputError('--run and --model true are two models to plan in: give one of them');
  }
  if (what === 'planner' && choices.trials !== undefined) {
    throw new InputError('--trials goes with --what model or all: a planner is tuned without learning');
  }
  const config = plainObject(choices.config);
  const settings = mergeSettings(task, { config, configFrom: '--config', set }).config;
  const pinned = set.map((text) => text.slice(0, text.indexOf('=')).trim());
  const space =
    choices.space ?? defaultSpace(what, { budget, planner: settings.planner.name, model, pinned });
  checkSpace(space, { loaded, what, pinned });
  return {
    format: 1,
    created: new Date().toISOString(),
    task: {
      name: task.name,
      file: loaded.file,
      sha256: loaded.code === null ? null : sha256(loaded.code),
    },
    robot: {
      asked: choices.robot ?? null,
      colliders: choices.colliders,
      sha256: sha256(JSON.stringify(robot)),
    },
    ...{ what, model, budget, numerics: choices.numerics ?? 'fast', space },
    runs: await Promise.all(choices.runs.map((run) => learnedRun(run, task.name, robot.name))),
    present: Object.fromEntries(Object.keys(space).map((key) => [key, valueAt(settings, key)])),
    ...{ config, set: [...set] },
    seed: choices.seed ?? 0,
    seeds: choices.seeds ?? (what === 'planner' ? 8 : 4),
    trials: what === 'planner' ? null : (choices.trials ?? task.defaults?.trials ?? 10),
    candidates: choices.candidates ?? (what === 'planner' ? 16 : 8),
    rounds: choices.rounds ?? null,
    check: choices.check ?? 5,
    minutes: choices.minutes ?? 20,
  };
}

/** Makes sure that a search goes on with what it began with. */
export async function recheckTune(manifest: TuneManifest, directory: string): Promise<LoadedTask> {
  const { task, robot, runs } = manifest;
  const loaded = await loadTask(task.file ?? task.name);
  const changed = (what: string) =>
    new InputError(`${what} was changed after the search in ${directory} began: begin a new one`);
  if ((loaded.code === null ? null : sha256(loaded.code)) !== task.sha256) {
    throw changed(`task ${task.file ?? task.name}`);
  }
  const model = await robotFor(loaded, robot.asked ?? undefined, { colliders: robot.colliders });
  if (sha256(JSON.stringify(model)) !== robot.sha256) throw changed(`robot ${model.name}`);
  for (const { directory: run, trial } of runs) {
    const now = await learnedRun(run, loaded.task.name, model.name);
    if (now.trial !== trial) throw changed(`run ${run}`);
  }
  return loaded;
}

/** Settings of one candidate, as a configuration: nested from a file, dotted keys from the search. */
export function configOf(manifest: TuneManifest, values: Values): Record<string, unknown> {
  return { ...manifest.config, ...values };
}

export function settingsOf({ task }: LoadedTask, manifest: TuneManifest, values: Values): RunConfig {
  return mergeSettings(task, { config: configOf(manifest, values), set: manifest.set }).config;
}

/** Settings may be allowed one by one and not together; such a draw is replaced by the next one of its own. */
export function drawAllowed(loaded: LoadedTask, manifest: TuneManifest, index: number): Values {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const values = draw(manifest.space, manifest.seed, index + attempt * 1_000_000);
    try {
      settingsOf(loaded, manifest, values);
      return values;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (attempt === 999)
        throw new InputError(`the space holds no settings that go together: ${error.message}`);
    }
  }
  throw new Error('unreachable');
}

/** Seeds doubled from rung to rung up to the last; where something is learned, first in half of the trials. */
export function rungsOf({ seeds, trials }: TuneManifest): Rung[] {
  const rungs: Rung[] = [];
  for (let count = seeds; count >= 1; count = Math.floor(count / 2)) rungs.unshift({ seeds: count, trials });
  if (trials !== null && trials >= 4) rungs.unshift({ seeds: 1, trials: Math.ceil(trials / 2) });
  return rungs;
}

function checkSpace(
  space: Space,
  { loaded, what, pinned }: { loaded: LoadedTask; what: What; pinned: readonly string[] },
): void {
  const known = new Map(knownKeys(loaded.task).map((key) => [key.path, key]));
  if (Object.keys(space).length === 0) {
    throw new InputError('every setting of the table is pinned by --set: nothing is left to search');
  }
  for (const [key, choice] of Object.entries(space)) {
    const setting = known.get(key);
    if (!setting) {
      const near = nearestName(key, [...known.keys()]);
      throw new InputError(
        `--space: unknown key "${key}": ${near ? `did you mean ${near}?` : 'premotor config lists all'}`,
      );
    }
    if (key.startsWith('params.')) {
      throw new InputError(`--space: ${key} is what is to be achieved, not how; pin it with --set`);
    }
    if (what === 'planner' && key.startsWith('model.')) {
      throw new InputError(`--space: ${key} belongs to the model: search it with --what model or all`);
    }
    if (pinned.includes(key)) throw new InputError(`${key} is both searched by --space and pinned by --set`);
    const wrong = endsOf(choice).find((value) => !setting.schema.safeParse(value).success);
    if (wrong !== undefined) {
      throw new InputError(`--space: ${key} must be ${setting.type}, not ${JSON.stringify(wrong)}`);
    }
  }
}

async function learnedRun(run: string, task: string, robot: string) {
  const { manifest, progress } = await readRun(run);
  if (manifest.task.name !== task) {
    throw new InputError(`--run ${run} learned ${manifest.task.name}, not ${task}`);
  }
  if (manifest.robot.name !== robot) {
    throw new InputError(`--run ${run} is of robot ${manifest.robot.name}, not of ${robot}`);
  }
  if (!progress || manifest.model !== 'learned') throw new InputError(`--run ${run} has learned nothing yet`);
  return { directory: resolve(run), trial: progress.trials.length };
}

function plainObject(config: unknown): Record<string, unknown> {
  if (config === undefined) return {};
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new InputError('--config: must hold an object of settings');
  }
  return config as Record<string, unknown>;
}

export function valueAt(settings: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce((part, name) => (part as Record<string, unknown> | undefined)?.[name], settings);
}
