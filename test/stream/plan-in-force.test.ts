import { expect, test } from 'vitest';
import type { Rung } from '#src/core/telemetry';
import { Kinematics } from '#src/robot/index';
import { act, arm, cartpole, stream } from './broadcast-stream.ts';
import { description, planEvent, timedEvents, wallDescription } from './fixture.ts';

test('plans come at most 25 times a second with at most 24 lines each, of which the first point is the tip', () => {
  const parts = stream(arm);
  parts.listen();
  act(parts, arm, 100);
  const imagined = parts.of('/imagined').filter(({ message }) => message.entities.length > 0);
  expect(imagined.length).toBeGreaterThan(40);
  expect(imagined.length).toBeLessThanOrEqual(51);
  parts.clock.advance(100);
  parts.broadcast.emit(planEvent(arm, 1, 2, 2, 200));
  parts.clock.advance(100);
  const [fan] = parts.newest('/imagined').entities;
  expect(fan.lines).toHaveLength(24);
  const tip = new Kinematics(arm.robot).tip(arm.pose(2, 2));
  const [first] = fan.lines[0].points;
  expect([first.x, first.y, first.z]).toEqual([...tip].map((value) => expect.closeTo(value, 4)));
  for (const line of fan.lines) expect(line.colors).toHaveLength(line.points.length);
  const [plan] = parts.newest('/plan').entities;
  expect(plan.lines).toHaveLength(1);
  expect(plan.spheres.length).toBeGreaterThan(3);
});

test('the colour of the fan tells how much the ensemble disagrees', () => {
  const parts = stream(cartpole);
  parts.listen();
  const colorAt = (trial: number) => {
    parts.broadcast.emit(planEvent(cartpole, trial, trial, 0));
    parts.clock.advance(100);
    return parts.newest('/imagined').entities[0].lines[0].colors.at(-1);
  };
  const unsure = colorAt(1);
  const sure = colorAt(50);
  // Viridis: doubt is yellow, certainty is blue.
  expect(unsure.r).toBeGreaterThan(sure.r);
  expect(unsure.b).toBeLessThan(sure.b);
});

test('a plan is drawn from its beginning on, and holds up neither poses nor steps until then', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'start', run: wallDescription(cartpole) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: [] });
  const tipOf = (trial: number, time: number) => {
    const [x, y, z] = new Kinematics(cartpole.robot).tip(cartpole.pose(trial, time));
    return { x: expect.closeTo(x, 4), y: expect.closeTo(y, 4), z: expect.closeTo(z, 4) };
  };
  const drawn = () => parts.newest('/plan').entities[0]?.lines[0].points[0];
  const motion = (time: number) =>
    ({ type: 'pose', epoch: 1, time, position: cartpole.pose(2, time) }) as const;
  const bodies = new Float64Array();
  parts.broadcast.emit({ ...motion(0), bodies });
  parts.broadcast.emit(planEvent(cartpole, 1, 2, 0));
  parts.broadcast.emit(planEvent(cartpole, 1, 2, 0.2));
  for (let i = 1; i <= 12; i++) parts.broadcast.emit({ ...motion(i / 60), bodies });
  parts.clock.advance(180);
  expect(drawn()).toEqual(tipOf(2, 0));
  expect(parts.of('/tf').length).toBeGreaterThan(9);
  // A newer plan that begins no later takes the place of one that waits.
  parts.broadcast.emit(planEvent(cartpole, 1, 9, 0.19));
  parts.clock.advance(100);
  expect(drawn()).toEqual(tipOf(9, 0.19));
  expect(parts.newest('/plan').entities[0].metadata).toEqual([{ key: 'time', value: '0.19' }]);
  expect(parts.of('/plan').filter(({ message }) => message.entities.length > 0)).toHaveLength(2);
});

test('a plan that has ended is taken away, and the next is drawn when ticks act on it', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'start', run: wallDescription(cartpole) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: [] });
  const shown = () => parts.newest('/plan').entities.length;
  const step = (number: number, rung: Rung) => {
    const timing = { rung, planAge: 50, lateness: 0, delay: 30 };
    for (const event of timedEvents(cartpole, 1, 2, number, timing))
      if (event.type !== 'plan') parts.broadcast.emit(event);
    parts.clock.advance(60);
  };
  parts.broadcast.emit(planEvent(cartpole, 1, 2, 0));
  step(1, 'plan');
  step(2, 'old-plan');
  expect(shown()).toBe(1);
  step(3, 'hold');
  expect(shown()).toBe(0);
  expect(parts.newest('/imagined').entities).toHaveLength(0);
  parts.broadcast.emit(planEvent(cartpole, 1, 2, 0.1));
  step(4, 'decay');
  expect(shown()).toBe(0);
  step(5, 'plan');
  expect(shown()).toBe(1);
});

test('the belief is where the plan in force says the robot is now, and ends with it', () => {
  const parts = stream(arm);
  parts.listen();
  parts.broadcast.emit({ type: 'start', run: description(arm) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: arm.markers });
  parts.broadcast.emit({ type: 'activity', activity: 'acting' });
  const plan = planEvent(arm, 1, 2, 0);
  parts.broadcast.emit(plan);
  const size = arm.robot.movable.length;
  const at = (time: number) => {
    const position = arm.pose(2, time).map((q, d) => q + (d === 1 ? 0.1 : 0));
    parts.broadcast.emit({ type: 'pose', epoch: 1, time, position, bodies: new Float64Array() });
    parts.clock.advance(600);
    return position;
  };
  at(0);
  // A quarter of the way from the third to the fourth step.
  const truth = at(2.25 * arm.controlPeriod);
  const belief = parts.newest('/belief');
  expect(belief).toMatchObject({ epoch: 1, time: 2.25 * arm.controlPeriod, planTime: 0 });
  const believed = Array.from(
    { length: size },
    (_, d) => 0.75 * plan.path[2 * size + d] + 0.25 * plan.path[3 * size + d],
  );
  for (const [d, q] of believed.entries()) expect(belief.position[d]).toBeCloseTo(q, 5);
  const kinematics = new Kinematics(arm.robot);
  const [p, q] = [kinematics.tip(believed), kinematics.tip(truth)];
  expect(belief.tipError).toBeCloseTo(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]), 6);
  expect(belief.tipError).toBeGreaterThan(0.005);
  const told = parts.of('/belief').length;
  at((arm.horizon + 2) * arm.controlPeriod);
  expect(parts.newest('/belief')).toMatchObject({ planTime: null, position: null, tipError: null });
  at((arm.horizon + 3) * arm.controlPeriod);
  expect(parts.of('/belief').length).toBe(told + 1);
});
