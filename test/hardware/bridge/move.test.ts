import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import { findRoute } from '#src/hardware/bridge/route';
import { Trajectory } from '#src/hardware/bridge/trajectory';
import { PathGuard } from '#src/hardware/path-guard';
import { active, model, type Stage } from './stand-in.ts';

const array = (...values: number[]) => Float64Array.from(values);
const pause = async () => {};

/** A guard of a plane in which a box must not be entered. */
function box(low: readonly number[], high: readonly number[]) {
  return {
    check(from: ArrayLike<number>, to: ArrayLike<number>) {
      for (let k = 0; k <= 1000; k++) {
        const at = low.map((_, j) => from[j] + (k / 1000) * (to[j] - from[j]));
        if (at.every((value, j) => value > low[j] && value < high[j])) return 'the box';
      }
      return null;
    },
  };
}

describe('a way from posture to posture', () => {
  const guard = box([-0.5, -0.5], [0.5, 0.5]);
  const [left, right, above] = [array(-1, 0), array(1, 0.2), array(0, 3)];

  it('is the straight line where that is free', async () => {
    expect(await findRoute(guard, left, above, array(0, 9), pause)).toEqual([above]);
  });

  it('goes by way of home where the line is blocked', async () => {
    expect(await findRoute(guard, left, right, above, pause)).toEqual([above, right]);
  });

  it('moves one joint after the other, in an order that is free, where home is of no use', async () => {
    const [from, to] = [array(-1, -1), array(0.2, 1)];
    const route = (await findRoute(guard, from, to, array(0, 0), pause)) as Float64Array[];
    expect(route).toEqual([array(-1, 1), to]);
  });

  it('is refused with what blocks the line where there is none', async () => {
    expect(await findRoute(guard, left, array(0, 0), above, pause)).toBe('the box');
  });

  it('of the SO-101 is found between any two postures that home is free to go to', async () => {
    // A raised floor, so that not every line is free.
    const guard = new PathGuard(model, { ...model.hardware!, floor: 0.04, clearance: 0.01 });
    const random = new Random(3, 'route', 0);
    const home = Float64Array.from(model.home);
    const free = (a: Float64Array, b: Float64Array) => guard.check(a, b) === null;
    const posture = (): Float64Array => {
      const drawn = Float64Array.from(model.movable, (j) =>
        random.uniform(model.joints[j].lower, model.joints[j].upper),
      );
      return free(home, drawn) && free(drawn, home) ? drawn : posture();
    };
    let around = 0;
    for (let trial = 0; trial < 60; trial++) {
      const from = posture();
      const to = posture();
      const route = (await findRoute(guard, from, to, home, pause)) as Float64Array[];
      expect(route[route.length - 1]).toEqual(to);
      if (route.length > 1) around++;
      [from, ...route].reduce((a, b) => {
        expect(free(a, b)).toBe(true);
        return b;
      });
    }
    expect(around).toBeGreaterThan(0);
  });
});

describe('the motion along it', () => {
  it('is at rest at every posture and keeps to the largest rate and acceleration', () => {
    const [velocity, acceleration] = [
      [0.5, 0.8],
      [2, 50],
    ];
    const way = new Trajectory([array(0, 0), array(1, -0.4), array(1, 2)], velocity, acceleration);
    const dt = 1e-4;
    const at = (time: number) => way.at(time, new Float64Array(2));
    const most = { rate: [0, 0], acceleration: [0, 0] };
    for (let time = dt; time < way.duration; time += dt) {
      const [a, b, c] = [at(time - dt), at(time), at(time + dt)];
      for (const j of [0, 1]) {
        most.rate[j] = Math.max(most.rate[j], Math.abs(c[j] - a[j]) / (2 * dt));
        most.acceleration[j] = Math.max(most.acceleration[j], Math.abs(a[j] - 2 * b[j] + c[j]) / (dt * dt));
      }
    }
    for (const j of [0, 1]) {
      expect(most.rate[j]).toBeLessThanOrEqual(velocity[j] * 1.001);
      expect(most.acceleration[j]).toBeLessThanOrEqual(acceleration[j] * 1.01);
    }
    expect(most.rate[1]).toBeCloseTo(0.8, 3);
    expect([...at(way.duration)]).toEqual([1, 2]);
    expect([...at(-1)]).toEqual([0, 0]);
  });

  it('of no length takes no time', () => {
    expect(new Trajectory([array(1), array(1)], [1], [1]).duration).toBe(0);
  });
});

describe('leading a robot', () => {
  const target = () => Float64Array.from(model.home, (q) => (q < 1 ? q + 0.4 : q - 0.4));

  it('brings the joints there, slowly, and holds them', async () => {
    const { bridge, clock, robot } = await active();
    await clock.run(bridge.move(target()));
    robot.settle();
    robot.position.forEach((q, j) => {
      expect(Math.abs(q - target()[j])).toBeLessThan(0.1);
    });
    const { resetVelocity } = model.hardware!;
    for (let i = 1; i < robot.written.length; i++) {
      const dt = robot.written[i].time - robot.written[i - 1].time;
      const step = robot.written[i].command[0] - robot.written[i - 1].command[0];
      expect(Math.abs(step)).toBeLessThanOrEqual(resetVelocity * dt + 1e-9);
    }
    await clock.pass(2);
    expect(bridge.lifecycle).toBe('active');
    robot.written.at(-1)!.command.forEach((value, j) => {
      expect(value).toBeCloseTo(target()[j], 9);
    });
  });

  it('says which joint did not get there', async () => {
    const { bridge, clock, robot } = await active({ hardware: { trips: { loadTime: 1, trackingTime: 1 } } });
    Object.defineProperty(robot, 'timeConstant', { value: 1e6 });
    await expect(clock.run(bridge.move(target()))).rejects.toThrow(
      /^shoulder_pan stands at 0\.0\d\d and should be at 0\.400: is something in its way/,
    );
  });

  it('does not begin where nothing is free', async () => {
    const guard = { check: () => 'the table is in the way' };
    const { bridge, clock, robot } = await active({ safety: { guard } });
    await expect(clock.run(bridge.move(target()))).rejects.toThrow(
      'no free way to the start: the table is in the way; lead it away by hand',
    );
    await clock.pass(0.1);
    for (const { command } of robot.written) expect([...command]).toEqual(model.home);
  });

  it('ends with the reason when the robot is stopped on the way', async () => {
    const { bridge, clock, robot } = await active();
    const moved = clock.run(bridge.move(target())).catch((error: Error) => error.message);
    clock.at(clock.now() + 0.3, () => void bridge.stop());
    expect(await moved).toBe('it was stopped');
    await clock.pass(0.01);
    robot.written.length = 0;
    await clock.pass(0.5);
    expect(robot.written).toEqual([]);
  });

  it('ends with a fault that does not pass when a reading trips on the way, with one that may when its program hangs', async () => {
    for (const [wrong, passing] of [
      [(it: Stage) => Object.assign(it.robot, { temperature: 90 }), false],
      [(it: Stage) => Object.assign(it.bridge, { heartbeat: () => {} }), true],
    ] as const) {
      const it = await active();
      const moved = it.clock.run(it.bridge.move(target())).then(
        () => null,
        (error: unknown) => error,
      );
      it.clock.at(it.clock.now() + 0.3, () => wrong(it));
      expect(await moved).toMatchObject({ name: 'RobotFault', passing });
    }
  });

  it('is no affair of commands, which wait until it is over', async () => {
    const { bridge, clock, robot, control } = await active();
    control(() => Float64Array.from(model.home, (q) => q - 0.15));
    await clock.run(bridge.move(target()));
    expect(Math.min(...robot.written.map(({ command }) => command[0] - model.home[0]))).toBe(0);
  });

  it('keeps targets within the limits of the joints', async () => {
    const { bridge, clock, robot } = await active();
    await clock.run(bridge.move(Float64Array.from(model.home, (q, j) => (j === 0 ? 99 : q))));
    const { name, upper } = model.joints[model.movable[0]];
    const { margin } = model.hardware!.limits[name];
    expect(robot.written.at(-1)!.command[0]).toBeCloseTo(upper - margin, 9);
  });
});
