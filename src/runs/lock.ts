import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../core/index.ts';
import { diskError } from './files.ts';

/**
 * Keeps two processes from writing one run. The lock is a file that names its owner; that of a dead process counts
 * for nothing. Returns the function that releases it.
 */
export function lockRun(directory: string): () => void {
  const path = join(directory, 'lock');
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname() });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, mine);
    for (let attempt = 0; attempt < 5; attempt++) {
      if (createFrom(draft, path)) {
        return () => {
          if (readOrUndefined(path) === mine) rmSync(path, { force: true });
        };
      }
      const held = readOrUndefined(path);
      if (held === undefined) continue;
      const owner = parseOwner(held);
      if (owner && isAlive(owner)) {
        throw new InputError(
          owner.host === hostname()
            ? `${directory} is in use by process ${owner.pid}: wait for it or stop it first`
            : `${directory} is in use by process ${owner.pid} on ${owner.host}: stop it, or delete ${path} if it is gone`,
        );
      }
      // Moved aside rather than removed: should another process have replaced the stale lock meanwhile, it shows.
      const aside = `${path}.${process.pid}.stale`;
      renameSync(path, aside);
      if (readOrUndefined(aside) !== held) createFrom(aside, path);
      rmSync(aside, { force: true });
    }
  } catch (error) {
    throw diskError(error, path);
  } finally {
    rmSync(draft, { force: true });
  }
  throw new InputError(`${directory} is being opened by another process: try again`);
}

/** False when `path` is already there. */
function createFrom(source: string, path: string): boolean {
  try {
    try {
      linkSync(source, path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      copyFileSync(source, path, constants.COPYFILE_EXCL);
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

interface Owner {
  readonly pid: number;
  readonly started: string | null;
  readonly host: string;
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, started, host } = JSON.parse(text) as Partial<Owner>;
    if (!Number.isSafeInteger(pid) || pid === undefined || pid <= 0 || typeof host !== 'string')
      return undefined;
    return { pid, started: typeof started === 'string' ? started : null, host };
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  // Another machine's processes cannot be seen from here; a shared disk is no place to guess.
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return owner.started === startOf(owner.pid);
}

/** Tells a process from a later one of the same number; null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the command's name, which may hold spaces; the start time is field 22.
    return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return null;
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
