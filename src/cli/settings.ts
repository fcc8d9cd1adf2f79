import { InputError, nearestName, type RunConfig, runConfig, type Task } from '../core/index.ts';
import { readText } from '../load/task.ts';
import type { Arguments } from './flags.ts';
import { parseValue, type SettingKey, settingKeys } from './setting-keys.ts';

/** Values by dotted key and where they came from; a later layer wins. */
interface Layer {
  readonly values: readonly (readonly [string, unknown])[];
  /** Names the place of a value in errors. */
  where(key: string): string;
}

export interface Settings {
  readonly config: RunConfig;
  readonly params: Record<string, unknown>;
}

/** Everything `--set` and a configuration file may name for a task. */
export function knownKeys(task: Task | null): SettingKey[] {
  return [...settingKeys(runConfig, ''), ...(task ? settingKeys(task.params, 'params') : [])];
}

/** Schema defaults < the task's own < `config` (nested, from a file or a caller) < `set` (`key=value`). */
export function mergeSettings(
  task: Task,
  given: { config?: unknown; configFrom?: string; set?: readonly string[]; base?: Settings } = {},
): Settings {
  const keys = new Map(knownKeys(task).map((key) => [key.path, key]));
  const { trials: _, ...defaults } = task.defaults ?? {};
  const from = given.configFrom ?? 'config';
  const layers: Layer[] = [
    given.base
      ? flatten({ ...given.base.config, params: given.base.params }, 'the run', keys)
      : flatten(defaults, `task ${task.name}`, keys),
    flatten(given.config ?? {}, from, keys),
    { values: (given.set ?? []).map((text) => parseAssignment(text, keys)), where: () => '--set' },
  ];
  const tree: Record<string, unknown> = {};
  // A default may belong to a whole group, of which a layer changes one member.
  for (const { path, default: value } of settingKeys(runConfig, '')) assign(tree, path.split('.'), value);
  for (const layer of layers) {
    for (const [path, value] of layer.values) {
      const key = keys.get(path);
      if (!key) throw unknownKey(path, layer.where(path), keys.keys());
      if (!key.schema.safeParse(value).success) {
        throw new InputError(`${layer.where(path)}: ${path} must be ${key.type}, not ${shown(value)}`);
      }
      assign(tree, path.split('.'), value);
    }
  }
  const { params: givenParams, ...rest } = tree;
  const params = task.params.safeParse(givenParams ?? {});
  if (!params.success) {
    const { path, message } = params.error.issues[0];
    throw new InputError(`${['params', ...path].join('.')} of task ${task.name}: ${message}`);
  }
  const config = runConfig.parse(rest);
  checkTogether(config);
  return { config, params: params.data as Record<string, unknown> };
}

/** What the flags that runs share say of how they are computed. @throws InputError */
export async function givenSettings(args: Arguments) {
  const configFile = args.text('config');
  return {
    seed: args.integer('seed', 0),
    threads: args.integer('threads', 1, 256),
    numerics: args.choice('numerics', ['fast', 'portable']),
    budget: args.text('budget'),
    config: configFile === undefined ? undefined : await readConfigFile(configFile),
    set: args.all('set'),
  };
}

/** A configuration file, as `mergeSettings` takes it. */
export async function readConfigFile(path: string): Promise<unknown> {
  const text = await readText(path, '--config');
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`;
    throw new InputError(`--config ${path}${line}: not valid JSON`);
  }
}

function flatten(value: unknown, from: string, keys: ReadonlyMap<string, SettingKey>): Layer {
  const values: [string, unknown][] = [];
  const visit = (part: unknown, path: string) => {
    if (keys.has(path) || typeof part !== 'object' || part === null || Array.isArray(part)) {
      if (path === '') throw new InputError(`${from}: must hold an object of settings`);
      values.push([path, part]);
      return;
    }
    for (const [key, inner] of Object.entries(part)) visit(inner, path === '' ? key : `${path}.${key}`);
  };
  visit(value, '');
  return { values, where: () => from };
}

function parseAssignment(text: string, keys: ReadonlyMap<string, SettingKey>): readonly [string, unknown] {
  const split = text.indexOf('=');
  if (split < 1) throw new InputError(`--set ${text}: write key=value, e.g. --set planner.elites=12`);
  const path = text.slice(0, split).trim();
  const key = keys.get(path);
  if (!key) throw unknownKey(path, '--set', keys.keys());
  return [path, parseValue(key, text.slice(split + 1).trim())];
}

function unknownKey(path: string, where: string, known: Iterable<string>): InputError {
  const all = [...known];
  // People remember the last part: `elites` means `planner.elites`.
  const near = all.find((key) => key.endsWith(`.${path}`)) ?? nearestName(path, all);
  const hint = near ? `did you mean ${near}?` : 'premotor config lists all';
  return new InputError(`${where}: unknown key "${path}": ${hint}`);
}

function assign(tree: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  if (!Object.hasOwn(tree, key)) tree[key] = {};
  assign(tree[key] as Record<string, unknown>, rest, value);
}

function checkTogether({ planner, model }: RunConfig): void {
  if (planner.particles % model.members !== 0) {
    throw new InputError(
      `planner.particles (${planner.particles}) must be a multiple of model.members (${model.members})`,
    );
  }
  if (model.minLogVariance >= model.maxLogVariance) {
    throw new InputError(
      `model.minLogVariance (${model.minLogVariance}) must be below model.maxLogVariance (${model.maxLogVariance})`,
    );
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
