import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Calibration,
  calibratedRegisters,
  checkCalibration,
  compareWithMotors,
  defaultCalibration,
} from '#src/hardware/calibration';
import {
  calibrationPath,
  findCalibration,
  loadCalibration,
  saveCalibration,
} from '#src/hardware/calibration-file';
import { JointScale } from '#src/hardware/joint-scale';
import { loadRobot } from '#src/load/robot';
import { chain } from './servo-robot.ts';

const degree = Math.PI / 180;
const robot = chain('feetech');
const hardware = robot.hardware!;
const calibration = defaultCalibration(robot);
const changed = (joint: string, motor: object): Calibration => ({
  ...calibration,
  motors: { ...calibration.motors, [joint]: { ...calibration.motors[joint], ...motor } },
});

describe('ticks and joint angles', () => {
  const [shoulder, elbow, jaw] = robot.joints;

  it('match the middle of the measured range with the middle of the range of the URDF', () => {
    const scale = new JointScale(jaw, 1, {
      id: 3,
      model: '',
      homingOffset: 0,
      rangeMin: 1000,
      rangeMax: 2250,
    });
    expect(scale.position(1625)).toBeCloseTo((1.75 - 0.17) / 2, 12);
    // A quarter of a turn is 1024 ticks.
    expect(scale.position(1625 + 1024)).toBeCloseTo(0.79 + Math.PI / 2, 12);
    expect(scale.tick(0.79 - Math.PI / 2)).toBeCloseTo(1625 - 1024, 9);
  });

  it('turn round where the sign says so', () => {
    const scale = new JointScale(elbow, -1, calibration.motors.elbow);
    expect(scale.position(2048)).toBeCloseTo(-0.25, 12);
    expect(scale.position(2048 + 512)).toBeCloseTo(-0.25 - Math.PI / 4, 12);
    expect(scale.tick(-0.25 + Math.PI / 4)).toBeCloseTo(2048 - 512, 9);
  });

  it('are each other’s inverse, anywhere, for both signs', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 0, max: 4095 }));
    fc.assert(
      fc.property(
        range,
        fc.constantFrom(1 as const, -1 as const),
        fc.integer({ min: -9000, max: 9000 }),
        ([a, b], sign, tick) => {
          const motor = {
            id: 1,
            model: '',
            homingOffset: 0,
            rangeMin: Math.min(a, b),
            rangeMax: Math.max(a, b),
          };
          const scale = new JointScale(shoulder, sign, motor);
          expect(scale.tick(scale.position(tick))).toBeCloseTo(tick, 8);
        },
      ),
    );
  });

  it('count off whole turns about the middle of the range', () => {
    const scale = new JointScale(shoulder, 1, {
      id: 1,
      model: '',
      homingOffset: 0,
      rangeMin: 100,
      rangeMax: 2100,
    });
    for (const [reported, turns] of [
      [1100, 0],
      [1100 + 4096, 4096],
      [1100 - 8192, -8192],
      [100, 0],
      [2100, 0],
      [3147, 0],
      [3149, 4096],
    ]) {
      expect(scale.turns(reported) + 0).toBe(turns);
    }
  });
});

describe('the default calibration', () => {
  it('puts the ends of the URDF’s ranges on the ticks that are as far from 2048', async () => {
    const so101 = await loadRobot('so101');
    const { motors } = defaultCalibration(so101);
    for (const { joint, sign } of so101.hardware!.motors) {
      const { lower, upper } = so101.joints.find(({ name }) => name === joint)!;
      const scale = new JointScale({ lower, upper } as never, sign, motors[joint]);
      expect(scale.position(2048)).toBeCloseTo((lower + upper) / 2, 12);
      expect(Math.abs(scale.position(motors[joint].rangeMax) - (sign > 0 ? upper : lower))).toBeLessThan(
        0.001,
      );
    }
    expect(() => checkCalibration(defaultCalibration(so101), so101, so101.hardware!)).not.toThrow();
  });
});

describe('a calibration that does not fit', () => {
  it.each([
    [{ robot: 'arm' }, 'is not of robot chain'],
    [{ driver: 'dynamixel' }, 'was made with driver dynamixel, and robot.json names feetech'],
    [{ motors: {} }, 'lacks joint shoulder'],
    [changed('elbow', { id: 7 }), 'has elbow on motor 7, and robot.json on motor 2'],
    [changed('elbow', { model: 'sts3250' }), 'has a sts3250 on elbow, and robot.json a sts3215'],
    [
      changed('elbow', { rangeMin: 1400, rangeMax: 2696 }),
      'has a range of 114° for elbow, and the URDF says 166°',
    ],
  ])('%# is refused, and told why', (change, message) => {
    const wrong = { ...calibration, ...change } as Calibration;
    expect(() => checkCalibration(wrong, robot, hardware)).toThrow(message);
    expect(() => checkCalibration(wrong, robot, hardware)).toThrow(
      /calibrate again: premotor hardware calibrate/,
    );
  });

  it('may differ from the URDF by a tenth of the range, and by 5° where that is more', () => {
    const wide = (joint: string, angle: number) => {
      const half = Math.round((angle * 4096) / (4 * Math.PI));
      return changed(joint, { rangeMin: 2048 - half, rangeMax: 2048 + half });
    };
    const width = 3.8; // of the shoulder
    for (const share of [0.905, 1, 1.095]) checkCalibration(wide('shoulder', width * share), robot, hardware);
    for (const share of [0.895, 1.105]) {
      expect(() => checkCalibration(wide('shoulder', width * share), robot, hardware)).toThrow(
        '° for shoulder',
      );
    }
    const narrow = chain('feetech', [{ lower: 0, upper: 20 * degree }]);
    const own = defaultCalibration(narrow);
    const half = Math.round((24.5 * 4096) / 720);
    const motor = { ...own.motors.shoulder, rangeMin: 2048 - half, rangeMax: 2048 + half };
    checkCalibration({ ...own, motors: { shoulder: motor } }, narrow, narrow.hardware!);
  });

  it('names the register that the motor holds otherwise', () => {
    const held = Object.fromEntries(
      Object.entries(calibration.motors).map(([joint, motor]) => [joint, calibratedRegisters(motor)]),
    );
    expect(() => compareWithMotors(calibration, held)).not.toThrow();
    const other = { ...held, elbow: { ...held.elbow, homing_offset: 12 } };
    expect(() => compareWithMotors(calibration, other)).toThrow(
      'the calibration of chain (emulated) does not fit: motor 2 (elbow) holds homing_offset 12, the file says 0; another robot, or calibrated elsewhere since. Calibrate again: premotor hardware calibrate chain --port …',
    );
  });
});

describe('a calibration file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'calibration-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('comes back as it was saved, and nothing else is left in the folder', async () => {
    const path = calibrationPath('chain', null, folder);
    expect(await saveCalibration(calibration, path)).toBe(path);
    await saveCalibration(calibration, path);
    expect(await loadCalibration(path)).toEqual(calibration);
    expect(await readdir(join(folder, 'calibration'))).toEqual(['chain.json']);
  });

  it('of the serial number goes before the one without', async () => {
    expect(await findCalibration('chain', 'A1', folder)).toBeUndefined();
    await saveCalibration(calibration, calibrationPath('chain', null, folder));
    expect((await findCalibration('chain', 'A1', folder))?.calibration.serial).toBeNull();
    const own = { ...calibration, serial: 'A1' };
    await saveCalibration(own, calibrationPath('chain', 'A1', folder));
    expect((await findCalibration('chain', 'A1', folder))?.calibration).toEqual(own);
    expect((await findCalibration('chain', 'B2', folder))?.calibration.serial).toBeNull();
  });

  it('has a name that stays in its folder', () => {
    expect(calibrationPath('arm', '../../x y', '/c')).toBe(join('/c', 'calibration', 'arm-.._.._x_y.json'));
  });

  it.each([
    ['{"format": 1', 'is no JSON; calibrate again'],
    [JSON.stringify({ ...calibration, format: 2 }), 'format: '],
    [
      JSON.stringify(changed('elbow', { rangeMin: 3000, rangeMax: 200 })),
      'motors.elbow: rangeMin must be below rangeMax',
    ],
    [JSON.stringify(changed('elbow', { rangeMax: 4096 })), 'motors.elbow.rangeMax: '],
    [JSON.stringify({ ...calibration, extra: 1 }), 'extra'],
  ])('that is wrong is refused by key (%#)', async (text, message) => {
    const path = join(folder, 'wrong.json');
    await writeFile(path, text);
    await expect(loadCalibration(path)).rejects.toThrow(message);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('that is not there is said to be so', async () => {
    await expect(loadCalibration(join(folder, 'no.json'))).rejects.toThrow('there is no such file');
  });
});
