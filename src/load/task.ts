import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { InputError, nearestName, type Task } from '../core/index.ts';
import { bundleTask, installTask } from './bundle.ts';

export interface LoadedTask {
  readonly task: Task;
  /** URL that any thread of this machine can import; its default export is the task. */
  readonly module: string;
  /** The user's file; null for a shipped task. */
  readonly file: string | null;
  /** The bundled module, free of this machine's paths, to be kept with a run; null for a shipped task. */
  readonly code: string | null;
}

const shippedFolder = new URL('../tasks/', import.meta.url);

/** Names of the tasks that come with the package; each lies in the file of its name. */
export async function shippedTaskNames(): Promise<string[]> {
  // By URL, as a user's task is: this room knows tasks as modules on the disk, not by import.
  const { shippedTasks } = (await import(new URL('index.js', shippedFolder).href)) as {
    shippedTasks: Readonly<Record<string, Task>>;
  };
  return Object.keys(shippedTasks).sort();
}

/** A shipped task by name, or a file of the user's own (.ts, .js, .mjs; a path or file: URL). */
export async function loadTask(nameOrFile: string): Promise<LoadedTask> {
  if (nameOrFile.startsWith('file:')) return loadTaskFile(fileURLToPath(nameOrFile));
  if (/\.[mc]?[jt]sx?$/.test(nameOrFile) || /[\\/]/.test(nameOrFile)) return loadTaskFile(nameOrFile);
  const names = await shippedTaskNames();
  if (!names.includes(nameOrFile)) {
    const near = nearestName(nameOrFile, names);
    throw new InputError(
      `unknown task "${nameOrFile}": ${near ? `did you mean ${near}?` : `known are ${names.join(', ')}; a task of your own is named by its file`}`,
    );
  }
  const module = new URL(`${nameOrFile}.js`, shippedFolder).href;
  return { task: await importTask(module, nameOrFile), module, file: null, code: null };
}

async function loadTaskFile(file: string): Promise<LoadedTask> {
  let path = resolve(file);
  let there = await stat(path).catch(() => undefined);
  if (!there && /\.m?ts$/.test(path)) {
    // A program that names `./task.ts` beside itself may have been compiled, and its task with it.
    path = path.replace(/ts$/, 'js');
    there = await stat(path).catch(() => undefined);
  }
  if (!there) throw new InputError(`${file}: no such task file`);
  if (!there.isFile()) throw new InputError(`${file} is a folder; name the task's file in it`);
  const code = await bundleTask(path, file);
  return { ...(await loadTaskCode(code, file)), file: path };
}

/** A bundled task as it is kept with a run. @param where names it in errors. */
export async function loadTaskCode(code: string, where: string): Promise<LoadedTask> {
  const module = pathToFileURL(await installTask(code, where)).href;
  return { task: await importTask(module, where), module, file: null, code };
}

async function importTask(module: string, where: string): Promise<Task> {
  let exported: { default?: unknown };
  try {
    exported = await import(module);
  } catch (error) {
    throw new InputError(`${where} threw while it was loaded: ${oneLine(error)}`, { cause: error });
  }
  if (exported.default === undefined) {
    throw new InputError(`${where} has no default export: write "export default defineTask({ … })"`);
  }
  return checkTask(exported.default, where);
}

const isFunction = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
);

const taskShape = z.object({
  name: z.string().regex(/^[\w.-]+$/, 'must be letters, digits, ".", "_" or "-"'),
  summary: z.string(),
  robots: z.union([z.literal('any'), z.array(z.string()).min(1)], 'must be "any" or a list of robot names'),
  controlPeriod: z.number().min(1e-4).max(10),
  episodeSteps: z.int().min(1).max(1_000_000),
  planHorizon: z.number().min(1e-4).max(100),
  params: z.custom<z.ZodType>(
    (value) => typeof value === 'object' && value !== null && 'safeParse' in value,
    'must be a zod schema, e.g. z.object({})',
  ),
  defaults: z.record(z.string(), z.unknown()).optional(),
  world: isFunction.optional(),
  build: isFunction,
});

function checkTask(value: unknown, where: string): Task {
  const parsed = taskShape.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    if (path.length === 0) throw new InputError(`${where}: the default export is not a task (${message})`);
    const given = (value as Record<string, unknown>)[String(path[0])];
    const said = given === undefined ? 'is missing' : `is wrong: ${message}`;
    throw new InputError(`${where}: the task's "${path.join('.')}" ${said}`);
  }
  return value as Task;
}

/** What was thrown, on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split('\n')[0].trim();
}

/** A short name for a task file in messages. */
export function taskLabel({ task, file }: LoadedTask): string {
  return file === null ? task.name : `${task.name} (${basename(file)})`;
}

/** Reads a text file or says in one line why not. */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'no permission to read it' : code;
    throw new InputError(`${what} ${path}: ${why ?? oneLine(error)}`, { cause: error });
  }
}
