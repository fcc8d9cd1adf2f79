import { constants } from 'node:fs';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { type Calibration, farthestShift } from '../../hardware/calibration.ts';
import { loadCalibration, saveCalibration } from '../../hardware/calibration-file.ts';
import { servoFamilies } from '../../hardware/servo-families.ts';

/** A joint that lies so far from where the former calibration has it, rad, is perhaps another arm's. */
const ANOTHER_ARM = (10 * Math.PI) / 180;

/** Where the former file is, where there was one; what a person should know, where the new one differs much. */
export interface Replaced {
  readonly former?: string;
  readonly note?: string;
}

/** Keeps a calibration; the file that was there stays beside it, as every one before it does. @throws InputError */
export async function replaceCalibration(calibration: Calibration, path: string): Promise<Replaced> {
  const before = await loadCalibration(path).catch(() => undefined);
  const former = await setAside(path);
  await saveCalibration(calibration, path);
  const note = before && differs(before, calibration);
  return { ...(former !== undefined && { former }), ...(note !== undefined && { note }) };
}

/** A copy that is named after the time the file was written; undefined where there is none. */
async function setAside(path: string): Promise<string | undefined> {
  const written = await stat(path).catch(() => undefined);
  if (written === undefined) return undefined;
  const stamp = written.mtime.toISOString().slice(0, 19).replaceAll(':', '-');
  const bytes = await readFile(path);
  for (let i = 1; ; i++) {
    const name = `${path}.${stamp}${i === 1 ? '' : `-${i}`}.old`;
    const there = await readFile(name).catch(() => undefined);
    if (there?.equals(bytes)) return name;
    if (there !== undefined) continue;
    await copyFile(path, name, constants.COPYFILE_EXCL);
    return name;
  }
}

function differs(before: Calibration, now: Calibration): string | undefined {
  const sign = servoFamilies.find(({ name }) => name === now.driver)?.offsetSign;
  if (sign === undefined || before.driver !== now.driver) return undefined;
  const farthest = farthestShift(before, now, sign);
  if (farthest === undefined || farthest.angle < ANOTHER_ARM) return undefined;
  const degrees = ((farthest.angle * 180) / Math.PI).toFixed(0);
  const blind = now.serial === null ? 'no serial number tells two arms apart here: ' : '';
  return `${farthest.joint} lies ${degrees}° from where the former calibration has it: perhaps that was another arm; ${blind}keep each in a file of its own, by --out FILE here and --calibration FILE everywhere else`;
}
