import { describe, expect, it } from 'vitest';
import { ConstraintSolver } from '#sim/contact/solver';
import { axisAngle, cross, quatMultiply, rotate, scale } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Vec3 } from '#src/core/robot';

const ball = Float64Array.of(0.4, 0, 0, 0, 0.4, 0, 0, 0, 0.4);
const unlocked = new Uint8Array(6);

/** One body of 2 kg whose centre touches a floor: rows along z, x, y. */
function onFloor(solver: ConstraintSolver, body: number, target: number, friction: number): number {
  const row = solver.addContact(target, friction);
  for (const [k, axis] of [2, 0, 1].entries()) solver.bodyJacobian[solver.onBody(row + k, body) + axis] = 1;
  return row;
}

function solve(solver: ConstraintSolver, free: number[], guess = free): Float64Array {
  const out = new Float64Array(free.length);
  solver.solve(Float64Array.from(guess), Float64Array.from(free), out, 200);
  return out;
}

describe('the constraint solver', () => {
  it('leaves free velocities alone where nothing touches', () => {
    const solver = new ConstraintSolver(1, 1);
    solver.setRobotMass(Float64Array.of(3));
    solver.setBody(0, 2, ball, unlocked);
    solver.begin();
    const free = [1, 2, 3, 4, 5, 6, 7];
    expect([...solve(solver, free)]).toEqual(free);
    const row = solver.addUnilateral(0);
    solver.robotJacobian[solver.onRobot(row)] = 1;
    expect([...solve(solver, free)]).toEqual(free);
    expect(solver.impulse[row]).toBe(0);
  });

  it('stops what falls on a floor, with the impulse that it takes', () => {
    const solver = new ConstraintSolver(0, 1);
    solver.setBody(0, 2, ball, unlocked);
    solver.begin();
    const row = onFloor(solver, 0, 0, 0.5);
    const v = solve(solver, [0, 0, -3, 0, 0, 0]);
    expect(v[2]).toBeCloseTo(0, 5);
    expect(solver.impulse[row]).toBeCloseTo(6, 5);
  });

  it('slows what slides by the coefficient of friction, without lifting it off', () => {
    const solver = new ConstraintSolver(0, 1);
    solver.setBody(0, 2, ball, unlocked);
    solver.begin();
    const row = onFloor(solver, 0, 0, 0.5);
    const v = solve(solver, [3, 4, -1, 0, 0, 0]);
    expect(v[0]).toBeCloseTo(3 - 0.5 * 0.6, 5);
    expect(v[1]).toBeCloseTo(4 - 0.5 * 0.8, 5);
    expect(v[2]).toBeCloseTo(0, 5);
    expect(solver.impulse[row]).toBeCloseTo(2, 4);
    expect(Math.hypot(solver.impulse[row + 1], solver.impulse[row + 2])).toBeCloseTo(1, 4);
  });

  it('holds what friction can hold', () => {
    const solver = new ConstraintSolver(0, 1);
    solver.setBody(0, 2, ball, unlocked);
    solver.begin();
    onFloor(solver, 0, 0, 0.5);
    const v = solve(solver, [0.3, 0.3, -1, 0, 0, 0]);
    expect(Math.hypot(v[0], v[1], v[2])).toBeLessThan(3e-6);
  });

  it('bounds dry friction and lets a limit push one way only', () => {
    const solver = new ConstraintSolver(2, 0);
    solver.setRobotMass(Float64Array.of(2, 0.5, 0.5, 1));
    solver.begin();
    const friction = solver.addBox(0, 0.1);
    solver.robotJacobian[solver.onRobot(friction)] = 1;
    const limit = solver.addUnilateral(-0.2);
    solver.robotJacobian[solver.onRobot(limit) + 1] = 1;
    // By hand: M (v − v*) = (−0.1, λ) with v₂ = −0.2.
    const v = solve(solver, [3, -2]);
    expect(v[1]).toBeCloseTo(-0.2, 5);
    const lambda = 0.5 * (v[0] - 3) + 1 * 1.8;
    expect(solver.impulse[friction]).toBeCloseTo(-0.1, 9);
    expect(solver.impulse[limit]).toBeCloseTo(lambda, 4);
    expect(2 * (v[0] - 3) + 0.5 * 1.8).toBeCloseTo(-0.1, 4);
  });

  it('squeezes a light body between two heavy fingers and holds it up', () => {
    // Fingers of 5 kg along x press with 20 N; the cube of 15 g hangs between them.
    const solver = new ConstraintSolver(2, 1);
    const h = 0.002;
    solver.setRobotMass(Float64Array.of(5, 0, 0, 5));
    solver.setBody(
      0,
      0.015,
      ball.map((x) => x * 4e-6),
      unlocked,
    );
    solver.begin();
    const rows: number[] = [];
    for (const side of [-1, 1])
      for (const y of [-0.01, 0.01])
        for (const z of [-0.01, 0.01]) {
          const row = solver.addContact(0, 1);
          const point = [side * 0.0125, y, z];
          // Normal towards the cube; a finger's rate is along x.
          const axes = [
            [-side, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ];
          for (const [k, n] of axes.entries()) {
            const at = solver.onBody(row + k, 0);
            solver.bodyJacobian.set(n, at);
            solver.bodyJacobian.set(
              [
                point[1] * n[2] - point[2] * n[1],
                point[2] * n[0] - point[0] * n[2],
                point[0] * n[1] - point[1] * n[0],
              ],
              at + 3,
            );
            solver.robotJacobian[solver.onRobot(row + k) + (side < 0 ? 0 : 1)] = -n[0];
          }
          rows.push(row);
        }
    const free = [(20 * h) / 5, (-20 * h) / 5, 0, 0, -9.81 * h, 0, 0, 0];
    const v = solve(solver, free, new Array<number>(8).fill(0));
    expect(Math.max(...v.map(Math.abs))).toBeLessThan(1e-5);
    expect(rows.slice(0, 4).reduce((sum, row) => sum + solver.impulse[row], 0)).toBeCloseTo(20 * h, 5);
    expect(rows.reduce((sum, row) => sum + solver.impulse[row + 2], 0)).toBeCloseTo(0.015 * 9.81 * h, 8);
    expect(solver.steps).toBeLessThan(15);
  });

  it("meets Coulomb's law on random contacts", () => {
    const random = new Random(1, 'contacts');
    let stuck = 0;
    let slid = 0;
    let steps = 0;
    for (let round = 0; round < 200; round++) {
      const solver = new ConstraintSolver(0, 2);
      for (const body of [0, 1]) solver.setBody(body, random.uniform(0.1, 10), ball, unlocked);
      solver.begin();
      const rows: number[] = [];
      for (let c = 0; c < 6; c++) {
        const row = solver.addContact(random.uniform(-0.1, 0), random.uniform(0.1, 1.2));
        const [a, b] = [random.uniform(0, 7), random.uniform(0, 7)];
        for (let k = 0; k < 3; k++) {
          const axis = rotated(a, b, k);
          // Two contacts between the bodies, two of each with what stands still.
          for (const [body, sign] of c < 2
            ? [
                [0, 1],
                [1, -1],
              ]
            : [[c % 2, 1]]) {
            const point: Vec3 = [Math.sin(c + body), Math.cos(2 * c), Math.sin(3 * c + 2 * body)];
            const at = solver.onBody(row + k, body);
            solver.bodyJacobian.set(scale(axis, sign), at);
            solver.bodyJacobian.set(scale(cross(point, axis), sign), at + 3);
          }
        }
        rows.push(row);
      }
      const free = Array.from({ length: 12 }, () => random.uniform(-1, 1));
      const v = solve(solver, free, new Array<number>(12).fill(0));
      steps = Math.max(steps, solver.steps);
      const rate = (row: number): number =>
        [0, 1].reduce((sum, slot) => {
          const body = solver.bodyOf(row, slot);
          for (let a = 0; a < 6 && body >= 0; a++)
            sum += solver.bodyJacobian[12 * row + 6 * slot + a] * v[6 * body + a];
          return sum;
        }, 0);
      for (const row of rows) {
        const gap = rate(row) - solver.target[row];
        const slip = [rate(row + 1), rate(row + 2)];
        const speed = Math.hypot(...slip);
        const force = solver.impulse.subarray(row, row + 3);
        expect(gap).toBeGreaterThan(-1e-4);
        expect(force[0]).toBeGreaterThanOrEqual(0);
        if (force[0] < 1e-6) continue;
        expect(Math.abs(gap)).toBeLessThan(1e-4);
        if (speed > 1e-4) {
          slid++;
          expect((-force[1] * slip[0] - force[2] * slip[1]) / speed).toBeCloseTo(
            Math.hypot(force[1], force[2]),
            4,
          );
        } else stuck++;
      }
    }
    expect(Math.min(stuck, slid)).toBeGreaterThan(20);
    expect(steps).toBeLessThan(150);
  });
});

/** Axis k of an orthonormal frame. */
function rotated(a: number, b: number, k: number): Vec3 {
  return rotate(
    quatMultiply(axisAngle([0, 0, 1], a), axisAngle([1, 0, 0], b)),
    k === 0 ? [0, 0, 1] : k === 1 ? [1, 0, 0] : [0, 1, 0],
  );
}
