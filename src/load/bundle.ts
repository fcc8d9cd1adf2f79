import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type BuildFailure, build, type Plugin } from 'esbuild';
import { InputError } from '../core/index.ts';
import { cacheFolders } from './cache.ts';

/**
 * A user's task becomes one file in two steps. Bundling folds everything but this package (and zod, which comes with
 * it) into one module that names no path of this machine: it is what a run keeps. Installing writes that module to a
 * cache, with imports of this package led to this very installation, so that a file anywhere on the disk finds it.
 */
const own = /^premotor(\/.*)?$/;

export async function bundleTask(path: string, where: string): Promise<string> {
  const portable: Plugin = {
    name: 'premotor',
    setup(builder) {
      builder.onResolve({ filter: own }, (args) => ({ path: checkedName(args.path), external: true }));
      builder.onResolve({ filter: /^zod$/ }, () => ({ path: 'zod', external: true }));
    },
  };
  try {
    const { outputFiles } = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'es2023',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
      // Where the user's file lies must not show in the code: the same task has the same bytes anywhere.
      absWorkingDir: dirname(path),
      plugins: [portable],
    });
    return outputFiles[0].text;
  } catch (error) {
    throw buildError(error, where, dirname(path));
  }
}

/** Writes a bundled task where any thread can import it, and returns the path. */
export async function installTask(code: string, where: string): Promise<string> {
  const installed: Plugin = {
    name: 'premotor',
    setup(builder) {
      builder.onResolve({ filter: /^(premotor(\/.*)?|zod)$/ }, (args) => ({
        path: args.path === 'zod' ? import.meta.resolve('zod') : checkedName(args.path, true),
        external: true,
      }));
    },
  };
  let text: string;
  try {
    const { outputFiles } = await build({
      stdin: { contents: code, sourcefile: 'task.mjs', resolveDir: tmpdir() },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'es2023',
      charset: 'utf8',
      logLevel: 'silent',
      plugins: [installed],
    });
    text = outputFiles[0].text;
  } catch (error) {
    throw buildError(error, where, tmpdir());
  }
  const name = `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.mjs`;
  let failure: unknown;
  for (const folder of cacheFolders('tasks')) {
    try {
      return await writeOnce(join(folder, name), text);
    } catch (error) {
      failure = error;
    }
  }
  throw new InputError(
    `${where}: no folder for the bundled task can be written; set PREMOTOR_CACHE to one of your own`,
    { cause: failure },
  );
}

/** The URL of one of this package's entry points, or its bare name. */
function checkedName(name: string, asUrl = false): string {
  let url: string;
  try {
    url = import.meta.resolve(name);
  } catch {
    throw new Error(`${name} is not a part of premotor`);
  }
  return asUrl ? url : name;
}

/** A file of the right name counts only when its content is right: it is about to be executed. */
async function writeOnce(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return path;
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

function buildError(error: unknown, where: string, folder: string): InputError {
  const first = (error as Partial<BuildFailure>).errors?.[0];
  if (!first) throw error;
  const place = first.location
    ? `${first.location.file === '' ? where : relative(process.cwd(), join(folder, first.location.file))}:${first.location.line}`
    : where;
  return new InputError(`${place}: ${first.text.split('\n')[0]}`, { cause: error });
}
