import { describe, expect, test } from 'vitest';
import { Random } from '#src/core/random';
import type { Task } from '#src/core/task';
import parkTask from '#src/tasks/park';
import { reedsSheppLength } from '#src/tasks/reeds-shepp';
import { instanceOf } from './instance.ts';

const park = parkTask as unknown as Task;
const { instance, robot } = await instanceOf(park, 'car');
const rear = -0.17145;
const none = new Float64Array(7);
/** A spot at (1, 1.5) with the nose up, the default lot, one car beside it and two far away. */
const goal = [1, 1.5, Math.PI / 2, 2.1, 2, 0.3, 1.5, Math.PI / 2, -1.4, -1.55, 0, -1.4, 1.55, 0];
const at = (x: number, y: number, yaw: number, speed = 0) => Float64Array.of(x, y, yaw, speed, 0, 0, 0);
const reward = (next: ArrayLike<number>) => instance.reward(none, [0, 0], next, goal);

describe('park', () => {
  test('costs nothing to stand in the spot, and straight ways cost their length', () => {
    expect(reward(at(1, 1.5, Math.PI / 2))).toBeCloseTo(0, 9);
    expect(reward(at(1, 0.7, Math.PI / 2))).toBeCloseTo(-0.8, 9);
    expect(reward(at(1, 1.6, Math.PI / 2))).toBeCloseTo(-0.1, 9);
  });

  test('a quarter turn costs its arc', () => {
    // The rear axle comes along +x and must turn left into +y: radius 0.9, from a quarter circle before.
    const [x, y] = [1 - 0.9, 1.5 + rear - 0.9];
    expect(reward(at(x - rear, y, 0))).toBeCloseTo((-0.9 * Math.PI) / 2, 9);
  });

  test('speed costs at the goal, and half of it a `near` away', () => {
    expect(reward(at(1, 1.5, Math.PI / 2, 0.5))).toBeCloseTo(-2 * 0.25, 9);
    expect(reward(at(1, 1.2, Math.PI / 2, -0.5))).toBeCloseTo(-0.3 - 0.25, 9);
    const next = at(0.2, 0.1, 1, 0.7);
    const terms = instance.terms?.(none, [0, 0], next, goal) ?? {};
    expect(Object.values(terms).reduce((sum, value) => sum + value, 0)).toBeCloseTo(reward(next), 12);
  });

  test('the yaw counts modulo a turn', () => {
    const [x, y, yaw] = [0.3, -0.2, 0.4];
    expect(reward(at(x, y, yaw + 4 * Math.PI))).toBeCloseTo(reward(at(x, y, yaw)), 9);
    expect(instance.success?.(at(1, 1.5, Math.PI / 2 - 6 * Math.PI), goal)).toBe(true);
  });

  test('success is 0.3 m, 10° and 0.15 m/s', () => {
    const succeeded = (next: Float64Array) => instance.success?.(next, goal);
    const degree = Math.PI / 180;
    expect(succeeded(at(1, 1.21, Math.PI / 2))).toBe(true);
    expect(succeeded(at(1, 1.19, Math.PI / 2))).toBe(false);
    expect(succeeded(at(1, 1.5, Math.PI / 2 + 9.9 * degree))).toBe(true);
    expect(succeeded(at(1, 1.5, Math.PI / 2 - 10.1 * degree))).toBe(false);
    expect(succeeded(at(1, 1.5, Math.PI / 2, -0.14))).toBe(true);
    expect(succeeded(at(1, 1.5, Math.PI / 2, 0.16))).toBe(false);
    expect(succeeded(at(1, 1.5, -Math.PI / 2))).toBe(false);
  });

  test('a crash is 2 cm from a wall or a car', () => {
    const crashed = (next: Float64Array) => instance.terminated?.(next, goal);
    // Half a length is 0.29 m, the wall at y = 2, the other car's side at x = 0.455.
    expect(crashed(at(1, 1.685, Math.PI / 2))).toBe(false);
    expect(crashed(at(1, 1.695, Math.PI / 2))).toBe(true);
    expect(crashed(at(0.635, 1.5, Math.PI / 2))).toBe(false);
    expect(crashed(at(0.625, 1.5, Math.PI / 2))).toBe(true);
    expect(crashed(at(0, 0, 0.3))).toBe(false);
    expect(instance.terminalReward).toBe(-100);
  });

  test('crashes are those of brute force', () => {
    const random = new Random(2, 'crash');
    const inside = (x: number, y: number, car: readonly number[], halfLength: number, halfWidth: number) => {
      const [dx, dy] = [x - car[0], y - car[1]];
      const [c, s] = [Math.cos(car[2]), Math.sin(car[2])];
      return Math.abs(c * dx + s * dy) <= halfLength && Math.abs(c * dy - s * dx) <= halfWidth;
    };
    /** Do two rectangles share one of many points of either? */
    const meet = (a: readonly number[], b: readonly number[], length: number, width: number) => {
      for (let i = -20; i <= 20; i++)
        for (let j = -20; j <= 20; j++) {
          const [u, v] = [(i / 20) * 0.29, (j / 20) * 0.155];
          const [c, s] = [Math.cos(a[2]), Math.sin(a[2])];
          if (inside(a[0] + c * u - s * v, a[1] + s * u + c * v, b, length, width)) return true;
        }
      return false;
    };
    let hits = 0;
    for (let i = 0; i < 400; i++) {
      const own = [random.uniform(-0.6, 0.6), random.uniform(-0.6, 0.6), random.uniform(-3, 3)];
      const other = [0, 0, random.uniform(-3, 3)];
      const alone = [5, 5, 0, 100, 100, ...other];
      const hit = instance.terminated?.(at(own[0], own[1], own[2]), alone);
      hits += hit ? 1 : 0;
      // The margin lies between a grid of points without it and rectangles grown by twice as much.
      if (meet(own, other, 0.29, 0.155) || meet(other, own, 0.29, 0.155)) expect(hit).toBe(true);
      if (!meet(own, other, 0.335, 0.2) && !meet(other, own, 0.335, 0.2)) expect(hit).toBe(false);
    }
    expect(hits).toBeGreaterThan(80);
    expect(hits).toBeLessThan(320);
  });

  test('starts stand free in the aisle, other cars in other spots, where the goal says', () => {
    const world = park.world?.(park.params.parse({}) as never, robot);
    const names = world?.bodies?.map(({ name }) => name) ?? [];
    for (let i = 0; i < 300; i++) {
      const { state, goal: chosen = [] } = instance.reset(new Random(4, 'reset', i));
      expect(chosen).toHaveLength(14);
      const q = state.position;
      expect(instance.terminated?.(at(q[0], q[1], q[3]), chosen)).toBe(false);
      expect(instance.terminated?.(at(chosen[0], chosen[1], chosen[2]), chosen)).toBe(false);
      for (const [k, name] of ['car-1', 'car-2', 'car-3'].entries()) {
        expect(names).toContain(name);
        expect(state.bodies?.[name].position.slice(0, 2)).toEqual(chosen.slice(5 + 3 * k, 7 + 3 * k));
      }
    }
  });

  test('actions are shares of the steering angle and a speed that is reached within acceleration', () => {
    const command = new Float32Array(2);
    const s = at(0, 0, 0, 0.3);
    instance.action?.toCommand([0.5, 0.4], command, s);
    expect(command[0]).toBeCloseTo(0.5 * 0.4189, 6);
    expect(command[1]).toBeCloseTo(0.1 / 0.2, 6);
    instance.action?.toCommand([0, -1], command, s);
    expect(command[1]).toBe(-3);
  });
});

describe('the Reeds–Shepp length', () => {
  test('of known ways', () => {
    expect(reedsSheppLength(3, 0, 0)).toBeCloseTo(3, 12);
    expect(reedsSheppLength(-3, 0, 0)).toBeCloseTo(3, 12);
    expect(reedsSheppLength(1, 1, Math.PI / 2)).toBeCloseTo(Math.PI / 2, 12);
    expect(reedsSheppLength(0, 2, Math.PI)).toBeCloseTo(Math.PI, 12);
    // Turning on the spot in three arcs that all turn the same way.
    expect(reedsSheppLength(0, 0, Math.PI)).toBeCloseTo(Math.PI, 12);
    expect(reedsSheppLength(0, 0, 0)).toBeCloseTo(0, 12);
  });

  test('is what a shortest way must be: no move gains more than its own length, and the best gains all of it', () => {
    const random = new Random(1, 'ways');
    const ds = 1e-4;
    for (let i = 0; i < 3000; i++) {
      const [x, y, yaw] = [random.uniform(-4, 4), random.uniform(-4, 4), random.uniform(-3.1, 3.1)];
      // A pose of the car in the goal's frame, and back: the length is that of the reversed way.
      const length = reedsSheppLength(x, y, yaw);
      let best = Infinity;
      for (const direction of [1, -1])
        for (const curvature of [-1, 0, 1]) {
          const turn = direction * ds * curvature;
          const moved = reedsSheppLength(
            x + direction * ds * Math.cos(yaw + turn / 2),
            y + direction * ds * Math.sin(yaw + turn / 2),
            yaw + turn,
          );
          const slope = (moved - length) / ds;
          expect(Math.abs(slope)).toBeLessThan(1 + 1e-3);
          best = Math.min(best, slope);
        }
      expect(best).toBeLessThan(-1 + 1e-2);
    }
  });
});
