import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this user's own settings of robots lie: `$PREMOTOR_HOME`, else the system's place for settings. */
export function configFolder(): string {
  const { PREMOTOR_HOME, XDG_CONFIG_HOME, APPDATA } = process.env;
  if (PREMOTOR_HOME) return PREMOTOR_HOME;
  if (process.platform === 'win32' && APPDATA) return join(APPDATA, 'premotor');
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'premotor');
}
