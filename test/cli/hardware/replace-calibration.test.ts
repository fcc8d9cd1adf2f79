import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceCalibration } from '#src/cli/hardware/replace-calibration';
import { type Calibration, defaultCalibration } from '#src/hardware/calibration';
import { loadCalibration } from '#src/hardware/calibration-file';
import { loadRobot } from '#src/load/robot';

const calibration = defaultCalibration(await loadRobot('so101'));
/** Its joints' horns turned by so many ticks; `joint` alone where one is named. */
const turned = (ticks: number, joint?: string): Calibration => ({
  ...calibration,
  motors: Object.fromEntries(
    Object.entries(calibration.motors).map(([name, motor]) => [
      name,
      { ...motor, homingOffset: joint === undefined || joint === name ? ticks : 0 },
    ]),
  ),
});

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'premotor-test-'));
  path = join(folder, 'so101.json');
});
afterEach(() => rm(folder, { recursive: true }));

it('every former calibration stays, under the time it was kept', async () => {
  const kept = [1, 2, 3, 4].map((ticks) => turned(ticks));
  expect(await replaceCalibration(kept[0], path)).toEqual({});
  // Two of them in one second.
  const seconds = [10, 20, 20];
  for (const [i, next] of kept.slice(1).entries()) {
    await utimes(path, seconds[i], seconds[i]);
    const { former, note } = await replaceCalibration(next, path);
    expect(note).toBeUndefined();
    expect(await loadCalibration(former!)).toEqual(kept[i]);
  }
  expect((await readdir(folder)).sort()).toEqual([
    'so101.json',
    'so101.json.1970-01-01T00-00-10.old',
    'so101.json.1970-01-01T00-00-20-2.old',
    'so101.json.1970-01-01T00-00-20.old',
  ]);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(kept[3]);
});

it('another arm is noticed, and told how it is kept apart', async () => {
  await replaceCalibration(calibration, path);
  const { note } = await replaceCalibration(turned(-300, 'elbow_flex'), path);
  expect(note).toBe(
    'elbow_flex lies 26° from where the former calibration has it: perhaps that was another arm; no serial number tells two arms apart here: keep each in a file of its own, by --out FILE here and --calibration FILE everywhere else',
  );
});

it('the same arm is none, however its joints were put in the middle', async () => {
  await replaceCalibration(calibration, path);
  // Another middle, and the same ends in the encoder's turn; wrist_roll lies where a hand put it.
  const motors = Object.fromEntries(
    Object.entries(calibration.motors).map(([name, { rangeMin, rangeMax, ...motor }]) => {
      const shift = name === 'wrist_roll' ? 0 : 150;
      return [name, { ...motor, homingOffset: 150, rangeMin: rangeMin - shift, rangeMax: rangeMax - shift }];
    }),
  );
  expect((await replaceCalibration({ ...calibration, motors }, path)).note).toBeUndefined();
});
