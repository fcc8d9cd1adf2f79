import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Folders of this user in which things of one kind (`tasks`, `robots`) may be kept, the preferred first. `PREMOTOR_CACHE`
 * alone, where it is set; else the system's own place for caches, then the temporary folder.
 */
export function cacheFolders(kind: string): string[] {
  const { PREMOTOR_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (PREMOTOR_CACHE) return [join(PREMOTOR_CACHE, kind)];
  const home =
    process.platform === 'win32' && LOCALAPPDATA
      ? LOCALAPPDATA
      : XDG_CACHE_HOME ||
        (process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache'));
  return [join(home, 'premotor', kind), join(tmpdir(), `premotor-${userInfo().username}`, kind)];
}
