import { describe, expect, test } from 'vitest';
import { mergeSettings } from '#src/cli/settings';
import { InputError } from '#src/core/errors';
import { Random } from '#src/core/random';
import type { Task } from '#src/core/task';
import { Circuit } from '#src/tasks/circuit';
import lapTask from '#src/tasks/lap';
import { instanceOf } from './instance.ts';

const lap = lapTask as unknown as Task;
const { instance } = await instanceOf(lap, 'car');
const at = (x: number, y: number, yaw = 0) => Float64Array.of(x, y, yaw, 0, 0, 0, 0);

/** A circle of radius 2, as near as its spline comes. */
const ring = new Circuit(
  Array.from({ length: 60 }, (_, i) => [
    2 * Math.cos((2 * Math.PI * i) / 60),
    2 * Math.sin((2 * Math.PI * i) / 60),
  ]),
);

/** The borders and the start line that the page draws. */
function drawn(goal: readonly number[]): number[][] {
  return (instance.markers?.(goal) ?? []).map((marker) => (marker.kind === 'path' ? [...marker.points] : []));
}

/** Middle of the track: between the points of the borders. */
function middleLine(): [number, number][] {
  const [left, right] = drawn([0]);
  return Array.from({ length: left.length / 3 }, (_, i) => [
    (left[3 * i] + right[3 * i]) / 2,
    (left[3 * i + 1] + right[3 * i + 1]) / 2,
  ]);
}

describe('a circuit', () => {
  test('measures a circle: length, progress, distance to the left, heading', () => {
    expect(Math.abs(ring.length / (4 * Math.PI) - 1)).toBeLessThan(3e-3);
    expect(ring.turning).toBeCloseTo(2 * Math.PI, 9);
    const out = new Float64Array(2);
    for (let i = 0; i < 50; i++) {
      const angle = 0.1 + i * 0.12;
      for (const radius of [1.5, 2, 2.6]) {
        ring.locate(radius * Math.cos(angle), radius * Math.sin(angle), out);
        expect(Math.abs(out[0] / ring.length - angle / (2 * Math.PI))).toBeLessThan(2e-3);
        // Inside is left of a counter-clockwise line.
        expect(Math.abs(out[1] - (2 - radius))).toBeLessThan(0.01);
      }
      expect(
        Math.abs(ring.heading((angle / (2 * Math.PI)) * ring.length) - angle - Math.PI / 2),
      ).toBeLessThan(0.02);
    }
  });

  test('finds the nearest point that a search over the whole line finds', () => {
    const line = middleLine();
    const circuit = new Circuit(line, 0.1);
    const random = new Random(3, 'points');
    const out = new Float64Array(2);
    let near = 0;
    for (let i = 0; i < 5000; i++) {
      const [x, y] = [random.uniform(-6, 6), random.uniform(-3.5, 3.2)];
      let best = Infinity;
      for (let k = 0; k < circuit.count; k++) {
        const j = (k + 1) % circuit.count;
        const [ax, ay] = [circuit.points[2 * k], circuit.points[2 * k + 1]];
        const [ux, uy] = [circuit.points[2 * j] - ax, circuit.points[2 * j + 1] - ay];
        const t = Math.max(0, Math.min(1, ((x - ax) * ux + (y - ay) * uy) / (ux * ux + uy * uy)));
        best = Math.min(best, Math.hypot(x - ax - t * ux, y - ay - t * uy));
      }
      circuit.locate(x, y, out);
      // Exact wherever it is unambiguous; elsewhere never nearer than the truth.
      expect(Math.abs(out[1])).toBeGreaterThan(best - 1e-9);
      if (best > 0.9) continue;
      near++;
      expect(Math.abs(out[1])).toBeCloseTo(best, 9);
    }
    expect(near).toBeGreaterThan(2000);
  });
});

describe('lap', () => {
  test('rewards the way made along the middle, over the start of the line too, less steering', () => {
    const line = middleLine();
    let way = 0;
    let length = 0;
    for (const [i, [x, y]] of line.entries()) {
      const [u, v] = line[(i + 1) % line.length];
      const step = instance.reward(at(x, y), [0, 0], at(u, v), [0]);
      expect(Math.abs(step - Math.hypot(u - x, v - y))).toBeLessThan(1e-3);
      way += step;
      length += Math.hypot(u - x, v - y);
    }
    expect(way).toBeCloseTo(length, 3);
    expect(length).toBeGreaterThan(28);
    expect(length).toBeLessThan(29.5);
    const [x, y] = line[40];
    const [u, v] = line[50];
    expect(instance.reward(at(u, v), [0, 0], at(x, y), [0])).toBeLessThan(-0.9);
    expect(instance.reward(at(x, y), [-0.8, 0], at(x, y), [0])).toBeCloseTo(-0.005 * 0.64, 9);
  });

  test('ends where the car’s side leaves the track', () => {
    const [left, right] = drawn([0]);
    for (let i = 0; i < left.length; i += 30) {
      const [lx, ly, rx, ry] = [left[i], left[i + 1], right[i], right[i + 1]];
      expect(Math.hypot(lx - rx, ly - ry)).toBeCloseTo(1.4, 9);
      const across = (share: number) => at(lx + share * (rx - lx), ly + share * (ry - ly));
      // 0.155 m of the car to either side of its middle.
      for (const share of [0.13, 0.5, 0.87]) expect(instance.terminated?.(across(share), [0])).toBe(false);
      for (const share of [0, 0.09, 0.91, 1]) expect(instance.terminated?.(across(share), [0])).toBe(true);
    }
    expect(instance.terminalReward).toBe(-10);
  });

  test('a lap is one turn of the unwrapped yaw and past the start', () => {
    const { state, goal = [] } = instance.reset(new Random(1, 'reset', 7));
    const [x, y, yaw] = [state.position[0], state.position[1], state.position[3]];
    const succeeded = (dx: number, dy: number, turns: number) =>
      instance.success?.(at(x + dx, y + dy, yaw + turns * 2 * Math.PI), goal);
    const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
    expect(succeeded(0.2 * c, 0.2 * s, 0)).toBe(false);
    expect(succeeded(0.2 * c, 0.2 * s, 1)).toBe(true);
    expect(succeeded(-0.2 * c, -0.2 * s, 1)).toBe(false);
    expect(succeeded(-0.2 * c, -0.2 * s, 2)).toBe(true);
    expect(succeeded(0.2 * c, 0.2 * s, -1)).toBe(false);
    expect(succeeded(-s, c, 1)).toBe(false);
  });

  test('driven along its middle a lap succeeds from its end on, never before', () => {
    for (let e = 0; e < 5; e++) {
      const { state, goal = [] } = instance.reset(new Random(2, 'reset', e));
      const line = middleLine();
      let yaw = state.position[3];
      let done = -1;
      let way = 0;
      let before: [number, number] = [state.position[0], state.position[1]];
      const distances = line.map(([x, y]) => Math.hypot(x - before[0], y - before[1]));
      const nearest = distances.indexOf(Math.min(...distances));
      for (let i = 0; i < 1.1 * line.length; i++) {
        const point = line[(nearest + i) % line.length];
        const heading = Math.atan2(point[1] - before[1], point[0] - before[0]);
        if (i > 0) {
          const turn = heading - yaw;
          yaw += turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
        }
        way += instance.reward(at(...before), [0, 0], at(...point), goal);
        before = point;
        const succeeded = instance.success?.(at(point[0], point[1], yaw), goal);
        if (succeeded && done < 0) done = way;
        if (done >= 0) expect(succeeded).toBe(true);
      }
      expect(Math.abs(done - 28.7)).toBeLessThan(0.4);
    }
  });

  test.each([
    ['as wide as it may be', { width: 1.8 }, null],
    ['as narrow', { width: 0.6 }, null],
    [
      'too narrow for its starts',
      { width: 0.6, startOffset: 0.5 },
      /^task lap: params\.width: near \[.*\] it is 0\.60 m wide; the car and its starts need 1\.31 m$/,
    ],
  ])('the usual track %s', async (_, params, problem) => {
    const error = await instanceOf(lap, 'car', params).then(
      () => null,
      (reason: Error) => reason,
    );
    if (problem === null) expect(error).toBe(null);
    else expect(error?.message).toMatch(problem);
  });

  test('starts are on the track, near its middle, along it', () => {
    for (let i = 0; i < 200; i++) {
      const { state, goal = [] } = instance.reset(new Random(6, 'reset', i));
      const [x, y, yaw] = [state.position[0], state.position[1], state.position[3]];
      expect(instance.terminated?.(at(x, y, yaw), goal)).toBe(false);
      const forward = at(x + 0.1 * Math.cos(yaw), y + 0.1 * Math.sin(yaw));
      expect(instance.reward(at(x, y), [0, 0], forward, goal)).toBeGreaterThan(0.09);
    }
  });
});

describe("a track of one's own", () => {
  /** An oval of 12 × 6 m, clockwise or not, 2 m wide but for its right end. */
  const oval = (narrow: number, sign = 1): [number, number, number][] =>
    Array.from({ length: 24 }, (_, i) => {
      const angle = (2 * Math.PI * i) / 24;
      return [6 * Math.cos(angle), sign * 3 * Math.sin(angle), Math.cos(angle) > 0.7 ? narrow : 2];
    });
  const built = async (track: unknown, rest = {}) =>
    (await instanceOf(lap, 'car', { track, ...rest })).instance;

  test('is as wide as it says everywhere: leaving it where it is narrow ends the episode', async () => {
    for (const sign of [1, -1]) {
      const own = await built(oval(0.8, sign));
      // The line is a spline: it cuts the corners of its polygon a little.
      const out = (y: number) => own.terminated?.(at(0, sign * y), [0]);
      const right = (x: number) => own.terminated?.(at(x, 0), [0]);
      const middleY = 3 * 0.9887;
      const middleX = 6 * 0.9887;
      // 0.155 m of the car to either side of its middle.
      for (const d of [-0.8, 0, 0.8]) expect(out(middleY + d)).toBe(false);
      for (const d of [-0.9, 0.9]) expect(out(middleY + d)).toBe(true);
      for (const d of [-0.2, 0, 0.2]) expect(right(middleX + d)).toBe(false);
      for (const d of [-0.3, 0.3]) expect(right(middleX + d)).toBe(true);
      expect(own.success?.(at(0, sign * (middleY + 0.9), 0), [0])).toBe(false);
    }
  });

  test('is drawn as wide as it is', async () => {
    const own = await built(oval(0.8));
    const [left, right, start] = (own.markers?.([0]) ?? []).map((marker) =>
      marker.kind === 'path' ? [...marker.points] : [],
    );
    const widths = Array.from({ length: left.length / 3 }, (_, i) => [
      left[3 * i],
      Math.hypot(left[3 * i] - right[3 * i], left[3 * i + 1] - right[3 * i + 1]),
    ]);
    for (const [x, wide] of widths) {
      if (x < 0) expect(wide).toBeCloseTo(2, 6);
      if (x > 5.6) expect(wide).toBeCloseTo(0.8, 6);
      expect(wide).toBeGreaterThan(0.8 - 1e-6);
      expect(wide).toBeLessThan(2 + 1e-6);
    }
    expect(Math.hypot(start[0] - start[3], start[1] - start[4])).toBeCloseTo(0.8, 6);
  });

  test('is driven either way round: starts are on it, a lap of it is one turn', async () => {
    for (const sign of [1, -1]) {
      const own = await built(oval(0.8, sign));
      for (let i = 0; i < 50; i++) {
        const { state, goal = [] } = own.reset(new Random(6, 'reset', i));
        const [x, y, yaw] = [state.position[0], state.position[1], state.position[3]];
        expect(own.terminated?.(at(x, y, yaw), goal)).toBe(false);
        const [u, v] = [x + 0.1 * Math.cos(yaw), y + 0.1 * Math.sin(yaw)];
        expect(own.reward(at(x, y), [0, 0], at(u, v), goal)).toBeGreaterThan(0.08);
        expect(own.success?.(at(u, v, yaw), goal)).toBe(false);
        expect(own.success?.(at(u, v, yaw + sign * 2 * Math.PI), goal)).toBe(true);
      }
    }
  });

  test('with the points of the usual one is the usual one', async () => {
    const [left, right] = drawn([0]);
    // Any points do, as long as they are many: here those of its middle.
    const own = await built(middleLine().flatMap(([x, y], i) => (i % 2 === 0 ? [[x, y, 1.4]] : [])));
    for (let i = 0; i < left.length; i += 3)
      for (const share of [0.05, 0.13, 0.5, 0.87, 0.95]) {
        const [x, y] = [0, 1].map((k) => left[i + k] + share * (right[i + k] - left[i + k]));
        expect(own.terminated?.(at(x, y), [0])).toBe(instance.terminated?.(at(x, y), [0]));
      }
  });

  test('comes with --set or a --config file, and is checked by either', () => {
    const track = oval(0.8);
    const text = `params.track=${JSON.stringify(track)}`;
    expect(mergeSettings(lap, { set: [text] }).params.track).toEqual(track);
    expect(mergeSettings(lap, { config: { params: { track } } }).params.track).toEqual(track);
    expect(mergeSettings(lap).params.track).toEqual([]);
    expect(() => mergeSettings(lap, { set: ['params.track=[[0,0],[1,0,1]]'] })).toThrow(
      '--set: params.track must be list of [number -50 … 50, number -50 … 50, number 0.4 … 10], not [[0,0],[1,0,1]]',
    );
  });

  test.each<[string, unknown, RegExp]>([
    ['too few points', oval(2).slice(0, 3), /a track needs at least 4 points \[x, y, width\], not 3/],
    ['a point twice', [...oval(2), oval(2)[0]], /points 25 and 1 are in one place, \[6, 0\]; leave one out/],
    [
      'a figure of eight',
      Array.from({ length: 24 }, (_, i) => [
        6 * Math.cos((Math.PI * i) / 12),
        3 * Math.sin((Math.PI * i) / 6),
        0.8,
      ]),
      /is no loop that turns once/,
    ],
    ['a gap for the car', oval(0.45), /near \[\d.*it is 0\.45 m wide; the car and its starts need 0\.51 m/],
    ['wider than its bends', oval(6), /wider than its bend or reaches over itself/],
    [
      'endless',
      oval(2).map(([x, y, w], i) => [(i % 2 ? 8 : 2) * x, 10 * y, w]),
      /it is \d+ m around; at most 400 m/,
    ],
  ])('that is none ends in one line: %s', async (_, track, message) => {
    const error = await built(track).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^task lap: params\.track: [^\n]*$/);
    expect((error as Error).message).toMatch(message);
  });
});
