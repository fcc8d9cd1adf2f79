import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../core/errors.ts';
import type { MeshList } from './mesh-list.ts';
import { isWhole } from './mesh-store.ts';

type MeshFile = MeshList['files'][number];

export interface FetchProgress {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly files: number;
  /** Is this file here and right? One that was here before says only this. */
  readonly whole: boolean;
  /** Bytes of all files that are here, and of all files. */
  readonly received: number;
  readonly total: number;
}

export interface FetchOptions {
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Waits before attempt 2, 3, …; default 0.5 s, doubled each time. */
  readonly pause?: (attempt: number) => Promise<void>;
  /** A connection that brings nothing for so long is given up, s. */
  readonly patience?: number;
}

const attempts = 4;

/** Trouble that another attempt may not have. */
class Passing extends Error {}

/**
 * Brings the files of a list into `folder`. What is there and right is kept; a file that was cut off goes on where it
 * ended; a file gets its name only when its SHA-256 is right. Throws InputError, in one line, when that cannot be done.
 * @returns bytes that came over the net
 */
export async function fetchMeshes(
  name: string,
  list: MeshList,
  folder: string,
  options: FetchOptions = {},
): Promise<number> {
  const total = list.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  let transferred = 0;
  for (const [i, file] of list.files.entries()) {
    const report = (here: number, whole = false) =>
      options.onProgress?.({
        file: file.path,
        number: i + 1,
        files: list.files.length,
        whole,
        received: done + here,
        total,
      });
    const target = join(folder, file.path);
    if (!(await isWhole(target, file))) {
      report(0);
      try {
        await mkdir(dirname(target), { recursive: true });
        transferred += await fetchFile(new URL(file.path, list.base), file, target, report, options);
      } catch (error) {
        throw failure(name, file, new URL(list.base).host, folder, error);
      }
    }
    done += file.bytes;
    report(0, true);
  }
  return transferred;
}

async function fetchFile(
  url: URL,
  file: MeshFile,
  target: string,
  report: (here: number) => void,
  { pause = pauseLonger, patience = 30 }: FetchOptions,
): Promise<number> {
  const part = `${target}.part`;
  let transferred = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      transferred += await receive(url, file, part, report, patience);
      if (await isWhole(part, file)) {
        await rename(part, target);
        return transferred;
      }
      // What is whole but wrong cannot be mended by its end.
      await rm(part, { force: true });
      throw new Passing('its SHA-256 is not the expected one');
    } catch (error) {
      if (!(error instanceof Passing) || attempt === attempts) throw error;
      await pause(attempt + 1);
    }
  }
}

/** Appends to `part` until it has the file's size. @returns bytes received */
async function receive(
  url: URL,
  file: MeshFile,
  part: string,
  report: (here: number) => void,
  patience: number,
): Promise<number> {
  let start = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (start > file.bytes) start = 0;
  if (start === file.bytes) return 0;
  const abort = new AbortController();
  const watch = setTimeout(() => abort.abort(new Passing('the server sends nothing')), 1000 * patience);
  let received = 0;
  try {
    const response = await request(url, start, abort.signal);
    if (response.status === 416) {
      await rm(part, { force: true });
      throw new Passing('the server refuses to go on where it ended');
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const what = `the server answers ${response.status}`;
      throw response.status >= 500 || response.status === 429 ? new Passing(what) : new Error(what);
    }
    // A server that does not know ranges, or another one, begins anew.
    const goesOn =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${start}-`);
    const handle = await open(part, goesOn ? 'a' : 'w');
    let here = goesOn ? start : 0;
    try {
      for await (const chunk of chunks(response.body)) {
        watch.refresh();
        here += chunk.length;
        received += chunk.length;
        if (here > file.bytes) break;
        await handle.write(chunk);
        report(here);
      }
    } finally {
      await handle.close();
    }
    if (here > file.bytes) {
      await rm(part, { force: true });
      throw new Passing(`the server sends more than ${file.bytes} bytes`);
    }
    if (here < file.bytes) throw new Passing('the connection was cut');
    return received;
  } finally {
    clearTimeout(watch);
    abort.abort();
  }
}

async function request(url: URL, start: number, signal: AbortSignal): Promise<Response> {
  try {
    // Compressed, a range would count other bytes than ours.
    const headers = { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) };
    return await fetch(url, { headers, signal });
  } catch (error) {
    throw passing(error);
  }
}

async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw passing(error);
  }
}

/** What the net does is passing, whatever it is. */
function passing(error: unknown): Passing {
  if (error instanceof Passing) return error;
  const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
  return new Passing(cause?.code ?? cause?.message ?? (error as Error).message, { cause: error });
}

function pauseLonger(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250 * 2 ** (attempt - 1)));
}

function failure(name: string, file: MeshFile, host: string, folder: string, error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined)
    return new InputError(
      `${folder} cannot be written (${code}); set PREMOTOR_CACHE to a folder of your own`,
      { cause: error },
    );
  return new InputError(
    `${name}: ${file.path} could not be fetched from ${host}: ${message}; try again when online, or set PREMOTOR_ASSETS to a folder that has the files`,
    { cause: error },
  );
}
