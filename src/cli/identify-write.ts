import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { type Overlay, withOverlay } from '../identify/index.ts';
import { isFileName, shippedFolder } from '../load/robot.ts';
import { readRobotJson } from '../robot/index.ts';
import { replaceFile } from '../runs/files.ts';

/**
 * Writes what was identified: into a robot.json, whose other keys stay (a new one begins with those of the robot that was
 * identified); or, for a shipped robot, into a new folder that holds the robot whole. Returns what `--robot` takes
 * then, where it is known.
 * @param robot name or URDF file
 */
export async function writeIdentified(
  target: string,
  robot: string,
  overlay: Overlay,
): Promise<string | undefined> {
  const own = isFileName(robot);
  const folder = own ? dirname(robot) : shippedFolder(robot);
  const described = await readJson(join(folder, 'robot.json'));
  if (/\.json$/i.test(target)) {
    await put(target, withOverlay((await readJson(target)) ?? described ?? {}, overlay));
    return own && target === join(folder, 'robot.json') ? robot : undefined;
  }
  if (own)
    throw new InputError(
      `--write ${target}: ${robot} is a robot of your own; name its robot.json (or another .json file)`,
    );
  if (await readJson(join(target, 'robot.json')))
    throw new InputError(`--write ${target}: holds a robot already; name a new folder, or its robot.json`);
  await writable(target, async () => {
    await mkdir(target, { recursive: true });
    await copyFile(join(folder, 'robot.urdf'), join(target, 'robot.urdf'));
  });
  await put(join(target, 'robot.json'), withOverlay(described ?? {}, overlay));
  return join(target, 'robot.urdf');
}

async function readJson(file: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`${file}: cannot be read (${code}); check the path and its permissions`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: not valid JSON; repair it, or name another file`);
  }
  readRobotJson(json, file);
  return json as Record<string, unknown>;
}

function put(file: string, json: Readonly<Record<string, unknown>>): Promise<void> {
  return writable(file, () => replaceFile(file, `${JSON.stringify(json, null, 2)}\n`));
}

async function writable(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    throw new InputError(`${path}: cannot be written (${code})`);
  }
}
