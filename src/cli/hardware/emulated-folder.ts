import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { HardwareSpec } from '../../core/hardware.ts';
import { isFileName, loadRobot, shippedFolder } from '../../load/robot.ts';

/** Where an emulator keeps what others need to use it; gone when it ends. */
export async function emulatedFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'premotor-emulated-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Writes a robot whose motors are of another family than its own: the URDF and a robot.json with `hardware` to that
 * effect, one motor an actuator. Returns the file to load it by. @throws InputError
 */
export async function writeRobotOfFamily(
  nameOrFile: string,
  family: string,
  model: string,
  folder: string,
): Promise<string> {
  const own = await loadRobot(nameOrFile);
  const urdf = isFileName(nameOrFile) ? resolve(nameOrFile) : join(shippedFolder(nameOrFile), 'robot.urdf');
  const target = join(folder, own.name);
  await mkdir(target, { recursive: true });
  const file = join(target, 'robot.urdf');
  await writeFile(file, withAbsoluteMeshes(await readFile(urdf, 'utf8'), dirname(urdf)));
  const settings = await settingsBeside(urdf);
  const before: Partial<HardwareSpec> = settings.hardware ?? {};
  const motors = own.actuators.map(({ joint }, i) => {
    const spec = before.motors?.find((motor) => motor.joint === joint);
    return { joint, id: spec?.id ?? i + 1, model, sign: spec?.sign ?? 1 };
  });
  const hardware = { ...before, driver: family, motors, baud: 1_000_000, options: {} };
  await writeFile(join(target, 'robot.json'), JSON.stringify({ ...settings, hardware }, null, 2));
  return file;
}

async function settingsBeside(urdf: string): Promise<{ hardware?: Partial<HardwareSpec> }> {
  try {
    return JSON.parse(await readFile(join(dirname(urdf), 'robot.json'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function withAbsoluteMeshes(urdf: string, folder: string): string {
  return urdf.replace(/filename="([^"]+)"/g, (whole, name: string) =>
    /^[a-z]+:\/\//i.test(name) || isAbsolute(name) ? whole : `filename="${join(folder, name)}"`,
  );
}
