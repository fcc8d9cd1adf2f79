import { describe, expect, it } from 'vitest';
import { FirstOrderMotors } from '#src/hardware/emulator/motors';

describe('motors of first order', () => {
  const position = (goal: number, maxVelocity = Infinity) =>
    ({ kind: 'position', goal, maxVelocity, effort: 1 }) as const;

  it('approach a near goal exponentially', () => {
    const motors = new FirstOrderMotors([0], { timeConstant: 0.1, maxVelocity: 100 });
    motors.advance(10);
    motors.drive(0, position(1));
    motors.advance(10.25);
    expect(motors.position(0)).toBeCloseTo(1 - Math.exp(-2.5), 12);
    expect(motors.velocity(0)).toBeCloseTo(Math.exp(-2.5) / 0.1, 10);
  });

  it('turn no faster than they may, then slow down', () => {
    const motors = new FirstOrderMotors([0], { timeConstant: 0.1, maxVelocity: 2 });
    motors.advance(0);
    motors.drive(0, position(-5, 1));
    motors.advance(3);
    expect(motors.position(0)).toBeCloseTo(-3, 12);
    motors.advance(4.9);
    expect(motors.position(0)).toBeCloseTo(-4.9, 12);
    motors.advance(5.1);
    expect(motors.position(0)).toBeCloseTo(-5 + 0.1 * Math.exp(-2), 12);
  });

  it('move the same however often they are looked at, and never back in time', () => {
    const [once, often] = [0, 1].map(() => new FirstOrderMotors([0.3]));
    for (const motors of [once, often]) {
      motors.advance(0);
      motors.drive(0, position(2));
    }
    once.advance(0.7);
    for (let i = 1; i <= 700; i++) often.advance(i / 1000);
    expect(often.position(0)).toBeCloseTo(once.position(0), 10);
    often.advance(0.1);
    expect(often.position(0)).toBeCloseTo(once.position(0), 10);
  });

  it('stay where they are without torque, and can be turned by hand', () => {
    const motors = new FirstOrderMotors([0.3, 0]);
    motors.advance(0);
    motors.drive(1, { kind: 'velocity', velocity: -1, effort: 1 });
    motors.advance(2);
    expect([motors.position(0), motors.velocity(0), motors.load(0)]).toEqual([0.3, 0, 0]);
    expect(motors.position(1)).toBeCloseTo(-2, 12);
    motors.place(0, 1);
    motors.advance(3);
    expect(motors.position(0)).toBe(1);
  });
});
