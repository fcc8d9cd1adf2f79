import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../core/index.ts';

/** Writes a file so that after a crash either the old or the new content is there, whole. */
export async function replaceFile(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await writeSynced(temporary, data);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw diskError(error, path);
  }
}

export async function writeSynced(path: string, data: Uint8Array | string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes `data` at byte `length`, cuts off whatever a failed attempt left behind it, and waits for the disk. Returns
 * the new length.
 */
export async function appendSynced(path: string, length: number, data: Uint8Array): Promise<number> {
  try {
    const file = await open(path, 'r+');
    try {
      let done = 0;
      while (done < data.length) {
        const { bytesWritten } = await file.write(data, done, data.length - done, length + done);
        done += bytesWritten;
      }
      await file.truncate(length + data.length);
      await file.sync();
    } finally {
      await file.close();
    }
    return length + data.length;
  } catch (error) {
    throw diskError(error, path);
  }
}

/** A rename is durable once its directory is. Systems that cannot open directories (Windows) do without. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  await directory?.sync().catch(() => {});
  await directory?.close();
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission; choose a folder of your own with --out',
  EPERM: 'no permission; choose a folder of your own with --out',
  EROFS: 'the file system is read-only; choose another folder with --out',
  ENOSPC: 'the disk is full; free some space, then go on with --resume',
  EDQUOT: 'the disk quota is used up; free some space, then go on with --resume',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an error',
};

/** Turns a failed file operation into one line for people; other errors stay what they are. */
export function diskError(error: unknown, path: string, doing: 'write' | 'read' = 'write'): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (error instanceof InputError) return error;
  return new InputError(`cannot ${doing} ${path}: ${reasons[error.code] ?? error.code}`, { cause: error });
}
