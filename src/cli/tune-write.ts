import { access, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, type TaskDefaults, usualRobot } from '../core/index.ts';
import type { LoadedTask } from '../load/task.ts';
import type { TuneManifest, Values } from '../tune/index.ts';
import { mergeSettings } from './settings.ts';
import { valueAt } from './tune-plan.ts';

/** What a person reads and a table keeps in one cell. */
export function formatValue(value: unknown): string {
  return Array.isArray(value) ? value.join('×') : String(value);
}

/** A configuration, nested, of the searched values and of whatever was pinned beside them. */
export function chosenConfig(
  { task }: LoadedTask,
  manifest: TuneManifest,
  values: Values,
): Record<string, unknown> {
  const settings = mergeSettings(task, { config: { ...manifest.config, ...values }, set: manifest.set });
  const all = { ...settings.config, params: settings.params };
  const keys = new Set([...leaves(manifest.config), ...pinnedKeys(manifest), ...Object.keys(values)]);
  const tree: Record<string, unknown> = {};
  for (const key of keys) {
    const path = key.split('.');
    let node = tree;
    for (const part of path.slice(0, -1)) {
      node[part] ??= {};
      node = node[part] as Record<string, unknown>;
    }
    node[path[path.length - 1]] = valueAt(all, key);
  }
  return tree;
}

interface Chosen {
  readonly manifest: TuneManifest;
  readonly config: Record<string, unknown>;
  /** One line that tells where the settings come from. */
  readonly origin: string;
  /** Set when the present settings stay. */
  readonly kept: false | { readonly whole: boolean };
}

/**
 * Keeps settings where they count: a shipped task's in the source tree they are built from; of a task of one's own, or of
 * an installed package, as a file for `--config`. Settings that were kept are there already: what changes is what the
 * source tree says of them, when the search was whole. Returns what was written, null for nothing.
 */
export async function writeChosen(
  loaded: LoadedTask,
  { manifest, config, origin, kept }: Chosen,
): Promise<string | null> {
  const { task, file } = loaded;
  const source = fileURLToPath(new URL(`../../../src/tasks/defaults/${task.name}.ts`, import.meta.url));
  const usual = usualRobot(task);
  // Compared with something else than the defaults, it does not replace them.
  const pinned = mergeSettings(task, { config: manifest.config, set: manifest.set });
  const asItIs =
    (manifest.robot.asked === null || manifest.robot.asked === usual) &&
    manifest.robot.colliders === undefined &&
    JSON.stringify(pinned) === JSON.stringify(mergeSettings(task));
  if (file === null && asItIs && (await exists(source))) {
    if (kept && !kept.whole) return null;
    await write(
      source,
      kept ? withOrigin(await readFile(source, 'utf8'), origin) : defaultsModule(loaded, config, origin),
    );
    return `${relative(process.cwd(), source)} (build to use it)`;
  }
  if (kept) return null;
  const robot =
    manifest.robot.asked === null ? '' : `-${basename(manifest.robot.asked, extname(manifest.robot.asked))}`;
  const path =
    file === null
      ? `${task.name}${robot}.tuned.json`
      : join(dirname(file), `${basename(file, extname(file))}${robot}.tuned.json`);
  await write(path, `${JSON.stringify(config, null, 2)}\n`);
  return `${path} (--config takes it)`;
}

/** A module of defaults as it is, comments of its settings too, but for the one that tells where they come from. */
export function withOrigin(module: string, origin: string): string {
  return module.replace(
    /(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?=export const defaults)/,
    () => `/** ${origin} */\n`,
  );
}

/** The module `src/tasks/defaults/<task>.ts`, with what the search did not touch as it was. */
export function defaultsModule(
  { task }: LoadedTask,
  config: Record<string, unknown>,
  origin: string,
): string {
  const { trials: _, ...before } = task.defaults ?? {};
  const merged = merge(before as Record<string, unknown>, config);
  return [
    `import type { TaskDefaults } from '../../core/task.ts';`,
    '',
    `/** ${origin} */`,
    `export const defaults: TaskDefaults = ${literal(merged as TaskDefaults, '')};`,
    '',
  ].join('\n');
}

function merge(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const result = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const old = result[key];
    result[key] = isGroup(old) && isGroup(value) ? merge(old, value) : value;
  }
  return result;
}

/** A value as TypeScript, a line a setting. */
function literal(value: unknown, indent: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, indent)).join(', ')}]`;
  if (!isGroup(value)) return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(([key, item]) => `${inner}${key}: ${literal(item, inner)},`);
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function leaves(value: unknown, path = ''): string[] {
  if (!isGroup(value)) return [path];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}

const pinnedKeys = ({ set }: TuneManifest) => set.map((text) => text.slice(0, text.indexOf('=')).trim());

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new InputError(`cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
