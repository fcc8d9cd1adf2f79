import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, nearestName } from '../core/errors.ts';
import type { RobotModel } from '../core/robot.ts';
import { robotFromUrdf } from '../robot/robot-model.ts';

const shippedDirectory = fileURLToPath(new URL('../../../robots/', import.meta.url));

/** Names of the robots that come with the package. */
export function shippedRobots(): string[] {
  return readdirSync(shippedDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * A shipped robot by name, or a URDF file by path, with the `robot.json` beside it if there is one.
 * Throws InputError for an unknown name, an unreadable file or a malformed robot.
 */
export async function loadRobot(nameOrFile: string): Promise<RobotModel> {
  const isFile = /[\\/]/.test(nameOrFile) || /\.(urdf|xml|xacro)$/i.test(nameOrFile);
  if (!isFile && !shippedRobots().includes(nameOrFile)) {
    const near = nearestName(nameOrFile, shippedRobots());
    throw new InputError(
      `unknown robot "${nameOrFile}"; ${near ? `did you mean "${near}"?` : `there are ${shippedRobots().join(', ')}, or give the path of a .urdf`}`,
    );
  }
  const urdfFile = isFile ? nameOrFile : join(shippedDirectory, nameOrFile, 'robot.urdf');
  const jsonFile = join(dirname(urdfFile), 'robot.json');
  const urdf = await readText(urdfFile);
  if (urdf === undefined) throw new InputError(`${urdfFile}: no such file; give the path of a URDF`);
  const json = await readText(jsonFile);
  return robotFromUrdf(urdf, json === undefined ? undefined : parseJson(json, jsonFile), {
    urdfFile,
    jsonFile,
  });
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`${file}: cannot be read (${code}); check the path and its permissions`, {
      cause: error,
    });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${file}: not valid JSON: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 160)}`,
      {
        cause: error,
      },
    );
  }
}
