import { describe, expect, test } from 'vitest';
import { Random } from '#src/core/random';
import type { Task } from '#src/core/task';
import waypointsTask, { locateOnLine } from '#src/tasks/waypoints';
import { instanceOf } from './instance.ts';

const waypoints = waypointsTask as unknown as Task;
const { instance } = await instanceOf(waypoints, 'car');
/** Two metres east, two north, then east again: 10 m. */
const goal = [0, 0, 2, 0, 2, 2, 4, 2, 6, 2, 8, 2];
const at = (x: number, y: number, speed = 0) => Float64Array.of(x, y, 0, speed, 0, 0, 0);

describe('waypoints', () => {
  test('progress and distance are those of the nearest part of the line', () => {
    const out = new Float64Array(2);
    for (const [x, y, progress, distance] of [
      [0.5, 0.3, 0.5, 0.3],
      [-1, 0, 0, 1],
      [2.2, 1, 3, 0.2],
      [2.3, -0.4, 2, 0.5],
      [5, 1.5, 7, 0.5],
      [9, 2, 10, 1],
    ]) {
      locateOnLine(x, y, goal, out);
      expect(out[0]).toBeCloseTo(progress, 12);
      expect(out[1]).toBeCloseTo(distance, 12);
    }
  });

  test('rewards the way made, less the squared distance from the line', () => {
    expect(instance.reward(at(0.5, 0.3), [0, 0], at(0.9, 0.2), goal)).toBeCloseTo(0.4 - 0.2 * 0.04, 12);
    expect(instance.reward(at(1.9, 0), [0, 0], at(2, 0.3), goal)).toBeCloseTo(0.4, 12);
    expect(instance.reward(at(3, 2), [0, 0], at(2.5, 2), goal)).toBeCloseTo(-0.5, 12);
    const terms = instance.terms?.(at(0.5, 0.3), [0, 0], at(0.9, 0.2), goal) ?? {};
    expect(terms.progress + terms.offset).toBeCloseTo(0.4 - 0.2 * 0.04, 12);
  });

  test('ends who strays farther than the corridor', () => {
    expect(instance.terminated?.(at(1, 0.49), goal)).toBe(false);
    expect(instance.terminated?.(at(1, -0.51), goal)).toBe(true);
    expect(instance.terminated?.(at(8.51, 2), goal)).toBe(true);
    expect(instance.terminalReward).toBe(-10);
  });

  test('success is to stand within 0.2 m of the last point', () => {
    expect(instance.success?.(at(8.1, 2.1, 0.1), goal)).toBe(true);
    expect(instance.success?.(at(8.1, 2.1, 0.3), goal)).toBe(false);
    expect(instance.success?.(at(7.7, 2, 0), goal)).toBe(false);
    expect(instance.success?.(at(0, 0, 0), goal)).toBe(false);
  });

  test('goals keep to their ranges and clear of themselves, the car starts along the first part', () => {
    for (let i = 0; i < 200; i++) {
      const { state, goal: line = [] } = instance.reset(new Random(3, 'reset', i));
      expect(line).toHaveLength(12);
      let heading = Number.NaN;
      for (let k = 0; k < 10; k += 2) {
        const [dx, dy] = [line[k + 2] - line[k], line[k + 3] - line[k + 1]];
        expect(Math.hypot(dx, dy)).toBeGreaterThan(1.5 - 1e-9);
        expect(Math.hypot(dx, dy)).toBeLessThan(2.5 + 1e-9);
        const next = Math.atan2(dy, dx);
        if (k > 0) expect(Math.cos(next - heading)).toBeGreaterThan(Math.cos(0.9) - 1e-9);
        heading = next;
        // Halfway along, no other part but neighbours is within two corridors.
        for (let j = 0; j < 10; j += 2) {
          if (Math.abs(j - k) <= 2) continue;
          const out = new Float64Array(2);
          locateOnLine(line[k] + dx / 2, line[k + 1] + dy / 2, line.slice(j, j + 4), out);
          expect(out[1]).toBeGreaterThan(1);
        }
      }
      expect(state.position[3]).toBeCloseTo(Math.atan2(line[3], line[2]), 12);
    }
  });
});
