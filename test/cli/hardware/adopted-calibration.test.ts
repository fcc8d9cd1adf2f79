import { expect, it } from 'vitest';
import { adopted } from '#src/cli/hardware/adopted-calibration';
import { InputError } from '#src/core/errors';
import type { Calibration } from '#src/hardware/calibration';

const calibration: Calibration = {
  ...{ format: 1, robot: 'so101', driver: 'feetech', serial: 'A1', date: '2026-01-02T03:04:05.000Z' },
  motors: {},
};
const never = () => Promise.reject(new Error('nobody was to be asked'));

it('a calibration is taken as it is where nothing tells that it is of another adapter', async () => {
  expect(await adopted(calibration, 'A1', 'old.json', never)).toBe(calibration);
  expect(await adopted(calibration, null, 'old.json', never)).toBe(calibration);
  const unknown = { ...calibration, serial: null };
  expect(await adopted(unknown, 'B2', 'old.json', never)).toBe(unknown);
});

it('one of another adapter becomes this one’s when a person says so, and nothing is written when they do not', async () => {
  const asked: string[] = [];
  const says = (answer: boolean) => (question: string) => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  expect(await adopted(calibration, 'B2', 'old.json', says(true))).toEqual({ ...calibration, serial: 'B2' });
  await expect(adopted(calibration, 'B2', 'old.json', says(false))).rejects.toThrow(InputError);
  const question =
    'old.json was made with adapter A1, and this is B2: perhaps of another robot. Write it to these motors?';
  expect(asked).toEqual([question, question]);
});
