import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { type Calibration, calibrationJson } from './calibration.ts';
import { configFolder } from './config-folder.ts';

/** `<config>/calibration/<robot>.json`, or `<robot>-<serial>.json` where something tells one robot from its like. */
export function calibrationPath(
  robot: string,
  serial: string | null = null,
  folder = configFolder(),
): string {
  const name = [robot, ...(serial === null ? [] : [serial])].join('-').replace(/[^\w.-]+/g, '_');
  return join(folder, 'calibration', `${name}.json`);
}

/** @throws InputError when there is no such file, or it is none of ours: key by key. */
export async function loadCalibration(path: string): Promise<Calibration> {
  const calibration = await readIfThere(path);
  if (calibration === undefined) throw new InputError(`calibration ${path}: there is no such file`);
  return calibration;
}

/**
 * The calibration of this robot: that of its serial number first, then the one without. Undefined where there is none.
 * @throws InputError when a file is there but cannot be used.
 */
export async function findCalibration(
  robot: string,
  serial: string | null = null,
  folder = configFolder(),
): Promise<{ readonly path: string; readonly calibration: Calibration } | undefined> {
  const paths = [...new Set([calibrationPath(robot, serial, folder), calibrationPath(robot, null, folder)])];
  for (const path of paths) {
    const calibration = await readIfThere(path);
    if (calibration) return { path, calibration };
  }
  return undefined;
}

/** Writes it where `findCalibration` looks; whole or not at all. Returns the path. */
export async function saveCalibration(
  calibration: Calibration,
  path = calibrationPath(calibration.robot, calibration.serial),
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(`${JSON.stringify(calibration, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (cause) {
    throw new InputError(`calibration ${path} cannot be written: ${(cause as Error).message}`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

async function readIfThere(path: string): Promise<Calibration | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InputError(`calibration ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`calibration ${path} is no JSON; calibrate again`, { cause });
  }
  const { data, error } = calibrationJson.safeParse(json);
  if (data) return data;
  const [issue] = error.issues;
  const key = issue.path.join('.');
  throw new InputError(`calibration ${path}: ${key ? `${key}: ` : ''}${issue.message}; calibrate again`);
}
