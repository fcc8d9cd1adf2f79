import { expect, test } from 'vitest';
import { hashName, philox4x32, Random } from '#src/core/random';

// Random123 1.14, tests/kat_vectors: philox4x32 with 10 rounds: counter, key, result.
test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])('Philox4x32-10 gives the published words for counter %j', (counter, key, expected) => {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  expect(Array.from(out)).toEqual(expected);
});

test('stream names are hashed with FNV-1a', () => {
  // Published vectors of the 32-bit FNV-1a.
  expect(hashName('')).toBe(0x811c9dc5);
  expect(hashName('a')).toBe(0xe40c292c);
  expect(hashName('foobar')).toBe(0xbf9cf968);
});

test('a key always yields the same numbers, and any other key others', () => {
  const words = (random: Random) => Array.from({ length: 9 }, () => random.word()).join();
  const keys: [number, string, number][] = [
    [1, 'a', 0],
    [2, 'a', 0],
    [1 + 2 ** 32, 'a', 0],
    [1, 'b', 0],
    [1, 'a', 1],
    [1, 'a', 2 ** 32],
  ];
  expect(words(new Random(...keys[0]))).toBe(words(new Random(...keys[0])));
  expect(new Set(keys.map((key) => words(new Random(...key)))).size).toBe(keys.length);
});

const COUNT = 200_000;

test('uniform numbers have the moments of the uniform distribution', () => {
  const random = new Random(3, 'moments');
  const values = Float64Array.from({ length: COUNT }, () => random.uniform(-1, 3));
  const mean = values.reduce((a, b) => a + b, 0) / COUNT;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / COUNT;
  // Five standard errors.
  expect(Math.abs(mean - 1)).toBeLessThan((5 * Math.sqrt(16 / 12)) / Math.sqrt(COUNT));
  expect(Math.abs(variance - 16 / 12)).toBeLessThan(0.015);
  expect(Math.min(...values.subarray(0, 1000))).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...values.subarray(0, 1000))).toBeLessThan(3);
});

test('normal numbers have the moments of the normal distribution and are uncorrelated', () => {
  const values = new Random(4, 'moments').fillNormal(new Float64Array(COUNT));
  const moment = (power: number) => values.reduce((a, b) => a + b ** power, 0) / COUNT;
  const bound = 5 / Math.sqrt(COUNT);
  expect(Math.abs(moment(1))).toBeLessThan(bound);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(bound * Math.sqrt(2));
  expect(Math.abs(moment(3))).toBeLessThan(bound * Math.sqrt(15));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(bound * Math.sqrt(96));
  for (const lag of [1, 2, 3, 4]) {
    let sum = 0;
    for (let i = lag; i < COUNT; i++) sum += values[i] * values[i - lag];
    expect(Math.abs(sum / COUNT)).toBeLessThan(bound);
  }
  // Tails: P(|z| > 2) = 0.0455.
  const beyond = values.filter((value) => Math.abs(value) > 2).length / COUNT;
  expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.0025);
  expect(new Random(4, 'moments').normal(10, 2)).toBeCloseTo(10 + 2 * values[0], 12);
});

test('integers are even over their range', () => {
  const random = new Random(5, 'integers');
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.integer(7)]++;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  // 99.9 % of chi-square with 6 degrees of freedom.
  expect(chiSquare).toBeLessThan(22.5);
});

test('a shuffle is a permutation, and every order is as likely', () => {
  const random = new Random(6, 'shuffle');
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = random.shuffle([0, 1, 2, 3]).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  let chiSquare = 0;
  for (const count of counts.values()) chiSquare += (count - 1000) ** 2 / 1000;
  // 99.9 % of chi-square with 23 degrees of freedom.
  expect(chiSquare).toBeLessThan(49.7);
});

test('a stream entered at a block goes on as if it had been drawn up to there', () => {
  const drawn = new Random(5, 'a', 2);
  for (let i = 0; i < 12; i++) drawn.word();
  const entered = new Random(5, 'a', 2);
  entered.normal();
  entered.seek(3);
  for (let i = 0; i < 5; i++) expect(entered.normal()).toBe(drawn.normal());
});
