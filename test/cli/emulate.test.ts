import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadCalibration } from '#src/hardware/calibration-file';
import { loadRobot } from '#src/load/robot';
import { emulate } from './emulate.ts';
import { premotor } from './premotor.ts';

describe('premotor emulate', { timeout: 30_000 }, () => {
  it('tells its port, its calibration and how to use them, obeys what is typed, and leaves nothing', async () => {
    const { start, type, kill, ended } = await emulate('so101', '--tcp', '0');
    expect(start).toMatchObject({ robot: 'so101', driver: 'feetech', state: 'calibrated' });
    expect(start.command).toBe(
      `premotor run reach --robot so101 --port ${start.port} --calibration ${start.calibration}`,
    );
    expect(Object.keys((await loadCalibration(start.calibration)).motors)).toHaveLength(6);
    expect((await type('pose')).text).toContain('wrist_flex');
    expect(await type('overheet')).toEqual({ event: 'wrong', text: '"overheet"? did you mean overheat?' });
    kill('SIGINT');
    expect(await ended).toBe(0);
    expect(existsSync(start.calibration)).toBe(false);
  });

  it('gives a robot motors of another family, with a robot file that says so', async () => {
    const { start, quit, ended } = await emulate('so101', '--tcp', '0', '--driver', 'dynamixel');
    const { hardware } = await loadRobot(start.reference);
    expect(hardware).toMatchObject({ driver: 'dynamixel', rate: 100 });
    expect(hardware!.motors.map(({ model, id }) => `${model} ${id}`)).toEqual(
      [1, 2, 3, 4, 5, 6].map((id) => `xl430-w250 ${id}`),
    );
    const { code, stdout } = await premotor(['hardware', 'scan', '--port', start.port]);
    expect([code, stdout.match(/xl430-w250 +dynamixel/g)]).toEqual([0, expect.any(Array)]);
    quit();
    expect(await ended).toBe(0);
    expect(existsSync(start.reference)).toBe(false);
  });
});
