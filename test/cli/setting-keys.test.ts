import { expect, test } from 'vitest';
import { parseValue, settingKeys } from '#src/cli/setting-keys';
import { runConfig } from '#src/core/config';

const key = (path: string) => {
  const found = settingKeys(runConfig, '').find((item) => item.path === path);
  if (!found) throw new Error(path);
  return found;
};

test('numbers may be written as people write them', () => {
  for (const [text, value] of [
    ['.9', 0.9],
    ['5.', 5],
    ['+0.5', 0.5],
    ['1e-3', 1e-3],
  ] as const)
    expect(parseValue(key('planner.sigma'), text)).toBe(value);
});

test('what is no number stays text, so that the schema can refuse it by name', () => {
  for (const text of ['', ' ', 'much', '0.5 rad']) expect(parseValue(key('planner.sigma'), text)).toBe(text);
  expect(parseValue(key('model.hidden'), '64,64')).toEqual([64, 64]);
});

test('one of several numbers is read as a number', () => {
  const order = key('planner.order');
  expect(order.type).toBe('0 or 1 or 3');
  expect(parseValue(order, '3')).toBe(3);
  expect(order.schema.safeParse(parseValue(order, '2')).success).toBe(false);
});
