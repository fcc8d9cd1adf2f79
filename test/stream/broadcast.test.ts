import { expect, test } from 'vitest';
import type { WorldSpec } from '#src/core/task';
import type { Rung } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { Kinematics } from '#src/robot/index';
import { Broadcast } from '#src/stream/broadcast';
import { Client } from '#src/stream/client';
import { Control } from '#src/stream/control';
import { Hub } from '#src/stream/hub';
import { topicSpecs } from '#src/stream/schemas';
import { FakeClock } from './fake-clock.ts';
import {
  armScript,
  cartpoleScript,
  description,
  exchange,
  fitProgress,
  hardwareReport,
  planEvent,
  type Script,
  stepEvents,
  timedEvents,
  timingReport,
  trialReport,
  wallDescription,
} from './fixture.ts';
import { mismatch } from './schema-check.ts';

interface Received {
  readonly at: number;
  readonly topic: string;
  // biome-ignore lint/suspicious/noExplicitAny: messages of many shapes, read by tests
  readonly message: any;
}

/** A hub with one client that reads everything at once. */
function stream(script: Script, world?: WorldSpec) {
  const clock = new FakeClock();
  const begin = clock.now();
  const hub = new Hub(clock);
  const control = new Control(() => {});
  const broadcast = new Broadcast(hub, clock, script.robot, world, control);
  const received: Received[] = [];
  let frames = 0;
  const listen = () => {
    const client = new Client({
      bufferedAmount: 0,
      send(data) {
        frames++;
        if (typeof data === 'string' || data[0] !== 1) return;
        const view = new DataView(data.buffer, data.byteOffset);
        received.push({
          at: clock.now() - begin,
          topic: topicSpecs[view.getUint32(1, true) - 1].topic,
          message: JSON.parse(new TextDecoder().decode(data.subarray(13))),
        });
      },
      close() {},
      terminate() {},
    });
    hub.join(client);
    for (let id = 1; id <= topicSpecs.length; id++) hub.subscribe(client, id, id);
    return client;
  };
  const of = (topic: string) => received.filter((item) => item.topic === topic);
  const newest = (topic: string) => (of(topic).at(-1) as Received).message;
  return { clock, hub, control, broadcast, received, of, newest, listen, frames: () => frames };
}

/** Runs steps as a paced loop does: burst after burst, each some ms after its tick. */
function act(
  parts: ReturnType<typeof stream>,
  script: Script,
  steps: number,
  delay = (_step: number) => 0,
): void {
  parts.broadcast.emit({ type: 'start', run: description(script) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: script.markers });
  parts.broadcast.emit({ type: 'activity', activity: 'acting' });
  for (let step = 1; step <= steps; step++) {
    const wait = delay(step);
    parts.clock.advance(wait);
    for (const event of stepEvents(script, 1, 2, step)) parts.broadcast.emit(event);
    parts.clock.advance(Math.max(0, script.controlPeriod * 1000 - wait));
  }
}

const cartpole = cartpoleScript(await loadRobot('cartpole'));
const arm = armScript(await loadRobot('arm7'));

test('at speed 1 at least 50 distinct poses a second arrive, also when planning time jitters', () => {
  const parts = stream(cartpole);
  parts.listen();
  act(parts, cartpole, 50, (step) => (step * 7) % 31);
  const poses = parts.of('/tf').filter(({ at }) => at > 0 && at <= 2000);
  const distinct = new Set(
    poses.map(({ message }) =>
      JSON.stringify(message.transforms.map((t: object) => ({ ...t, timestamp: 0 }))),
    ),
  );
  expect(distinct.size).toBeGreaterThanOrEqual(100);
  const gaps = poses.slice(1).map(({ at }, i) => at - poses[i].at);
  expect(Math.max(...gaps)).toBeLessThan(60);
});

test('poses are those of the kinematics, link by link', () => {
  const parts = stream(arm);
  parts.listen();
  const q = arm.pose(1, 0.7);
  parts.broadcast.emit({ type: 'pose', epoch: 0, time: 0, position: q, bodies: new Float64Array() });
  const { transforms } = parts.newest('/tf');
  const truth = new Kinematics(arm.robot).linkPoses(q);
  for (const [index, { name }] of arm.robot.links.entries()) {
    const { translation, rotation, parent_frame_id } = transforms.find(
      (t: { child_frame_id: string }) => t.child_frame_id === name,
    );
    expect(parent_frame_id).toBe('world');
    for (const [k, axis] of ['x', 'y', 'z'].entries())
      expect(translation[axis]).toBeCloseTo(truth[index].position[k], 5);
    for (const [k, axis] of ['x', 'y', 'z', 'w'].entries())
      expect(rotation[axis]).toBeCloseTo(truth[index].rotation[k], 5);
  }
  const joints = parts.newest('/joint_states').joints;
  expect(joints.map(({ name }: { name: string }) => name)).toEqual(
    arm.robot.movable.map((index) => arm.robot.joints[index].name),
  );
  expect(joints[3].position).toBeCloseTo(q[3], 5);
});

test('bodies stand where the world says until a pose moves them, and go with the poses of their epoch', () => {
  const rotation = [0, 0, 0, 1] as const;
  const body = { kind: 'free', shapes: [], mass: 1 } as const;
  const parts = stream(arm, {
    bodies: [
      { ...body, name: 'cube', pose: { position: [1, 2, 3], rotation } },
      { ...body, name: 'wall', kind: 'fixed', pose: { position: [4, 5, 6], rotation } },
    ],
  });
  parts.listen();
  const at = (frame: string) =>
    parts
      .newest('/tf')
      .transforms.find(({ child_frame_id }: { child_frame_id: string }) => child_frame_id === frame);
  expect(at('body/wall').translation).toEqual({ x: 4, y: 5, z: 6 });
  const moved = Float64Array.of(7, 8, 9, 0, 0, 1, 0, -4, -5, -6, 0, 0, 0, 1);
  const pose = { type: 'pose', time: 0, position: arm.pose(1, 0) } as const;
  parts.broadcast.emit({ ...pose, epoch: 1, bodies: moved });
  expect(at('body/cube')).toMatchObject({ translation: { x: 7, y: 8, z: 9 }, rotation: { z: 1, w: 0 } });
  expect(at('body/wall').translation).toEqual({ x: -4, y: -5, z: -6 });
  parts.clock.advance(100);
  parts.broadcast.emit({ ...pose, epoch: 0, bodies: new Float64Array(14) });
  parts.clock.advance(100);
  expect(at('body/cube').translation).toEqual({ x: 7, y: 8, z: 9 });
  // A plant that knows nothing of bodies leaves them alone.
  parts.broadcast.emit({ ...pose, epoch: 2, bodies: new Float64Array() });
  parts.clock.advance(100);
  expect(at('body/cube').translation).toEqual({ x: 7, y: 8, z: 9 });
});

test('forces come while something touches, then once that nothing does', () => {
  const parts = stream(arm);
  parts.listen();
  const pose = { type: 'pose', epoch: 1, position: arm.pose(1, 0), bodies: new Float64Array() } as const;
  const forces = [[], [0, 0, 0, 0, 0, 50], [0, 0, 0, 0, 0, 70], [], []];
  for (const [i, contacts] of forces.entries()) {
    parts.broadcast.emit({ ...pose, time: i, contacts: Float64Array.from(contacts) });
    parts.clock.advance(1000);
  }
  const told = parts.of('/contacts').map(({ message }) => message.entities[0].arrows.length);
  expect(told).toEqual([1, 1, 0]);
});

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

test('what belongs to an old epoch is dropped, the old plan is taken away', () => {
  const parts = stream(cartpole);
  parts.listen();
  act(parts, cartpole, 3);
  for (const event of stepEvents(cartpole, 1, 2, 4)) parts.broadcast.emit(event);
  parts.broadcast.emit({ type: 'reset', epoch: 2, trial: 3, markers: [] });
  const before = parts.of('/tf').length;
  const steps = parts.of('/step').length;
  for (const event of stepEvents(cartpole, 1, 2, 5)) parts.broadcast.emit(event);
  parts.clock.advance(200);
  expect(parts.of('/tf')).toHaveLength(before);
  expect(parts.of('/step')).toHaveLength(steps);
  expect(parts.newest('/plan')).toMatchObject({
    entities: [],
    deletions: [{ type: 0, id: 'plan' }],
  });
});

/** Ticks of a run on the wall clock, each with its rung; plan age and lateness as told. */
function tick(
  parts: ReturnType<typeof stream>,
  steps: readonly (readonly [Rung, number | null, number, number?])[],
  epoch = 1,
): void {
  for (const [index, [rung, planAge, lateness, skipped]] of steps.entries()) {
    const timing = { rung, planAge, lateness, ...(skipped && { skipped }), delay: 30 };
    for (const event of timedEvents(cartpole, epoch, 2, index + 1, timing)) parts.broadcast.emit(event);
    parts.clock.advance(40);
  }
}

test('what a run on the wall clock tells of time adds up over the episode, at most ten times a second', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'start', run: wallDescription(cartpole) });
  expect(parts.newest('/run').run).toMatchObject({ clock: 'wall', delayMs: 30 });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: [] });
  const good = Array.from({ length: 20 }, (_, i) => ['plan', 34, i % 2] as const);
  tick(parts, [...good, ['old-plan', 70, 5], ['hold', 110, 0], ['stop', null, 0]]);
  parts.clock.advance(200);
  const told = parts.of('/timing');
  for (let i = 1; i < told.length; i++) expect(told[i].at - told[i - 1].at).toBeGreaterThanOrEqual(99);
  expect(told.length).toBeGreaterThan(6);
  expect(Math.max(...told.map(({ message }) => message.level))).toBe(4);
  expect(told.find(({ message }) => message.planAge === 110)?.message.lateness).toBeGreaterThanOrEqual(0);
  expect(Math.max(...told.map(({ message }) => message.lateness))).toBe(5);
  const { jitter, ...last } = parts.newest('/timing');
  expect(last).toMatchObject({ epoch: 1, trial: 2, step: 23, ticks: 23, missed: 1, starved: 2, delay: 30 });
  expect(last.rungs).toEqual({ plan: 20, 'old-plan': 1, hold: 1, decay: 0, stop: 1 });
  // |Δ lateness|: 19 times 1, then 4, 5 and 0.
  expect(jitter).toEqual({ mean: expect.closeTo(28 / 22, 9), p99: 5, max: 5 });
  expect(parts.of('/step')[20].message.timing).toEqual({
    rung: 'old-plan',
    planAge: 70,
    lateness: 5,
    delay: 30,
  });
  // A stall of 90 ms leaves out two ticks of 40 ms; the tick after it is off by the 10 ms that are left.
  tick(
    parts,
    [
      ['plan', 34, 90, 2],
      ['plan', 34, 0],
    ],
    3,
  );
  parts.clock.advance(200);
  expect(parts.newest('/timing').jitter).toEqual({ mean: 10, p99: 10, max: 10 });
  expect(parts.newest('/timing').missed).toBe(3);
  // Counts begin anew with the episode; what was told stays for who comes late.
  parts.broadcast.emit({ type: 'reset', epoch: 4, trial: 3, markers: [] });
  tick(parts, [['plan', 34, 0]], 4);
  parts.clock.advance(200);
  expect(parts.newest('/timing')).toMatchObject({ epoch: 4, ticks: 1, missed: 0, starved: 0 });
  const before = parts.of('/timing').length;
  parts.listen();
  expect(parts.of('/timing')).toHaveLength(2 * before);
});

test('a run on the simulator’s clock tells nothing of time', () => {
  const parts = stream(cartpole);
  parts.listen();
  act(parts, cartpole, 10);
  parts.clock.advance(1000);
  expect(parts.of('/timing')).toEqual([]);
  expect(parts.newest('/step').timing).toBeNull();
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

test('poses that are ahead of the reset they belong to are shown, and the reset does not undo them', () => {
  const parts = stream(cartpole);
  parts.listen();
  const pose = (epoch: number, time: number, q: Float64Array) =>
    parts.broadcast.emit({ type: 'pose', epoch, time, position: q, bodies: new Float64Array() });
  parts.broadcast.emit({ type: 'start', run: wallDescription(cartpole) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 1, markers: [] });
  pose(1, 0, cartpole.pose(1, 0));
  parts.clock.advance(100);
  pose(2, 0, cartpole.pose(1, 0.5));
  pose(2, 0.1, cartpole.pose(1, 0.6));
  parts.broadcast.emit(planEvent(cartpole, 2, 2, 0));
  pose(1, 5, cartpole.pose(1, 5));
  parts.broadcast.emit({ type: 'reset', epoch: 2, trial: 2, markers: cartpole.markers });
  parts.clock.advance(200);
  const [slider] = parts.newest('/joint_states').joints;
  expect(slider.position).toBeCloseTo(cartpole.pose(1, 0.6)[0], 5);
  expect(parts.newest('/plan').entities).toHaveLength(1);
  expect(parts.newest('/status')).toMatchObject({ trial: 2, step: null, time: expect.closeTo(0.1, 9) });
});

test('every message is what its schema says', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'start', run: wallDescription(cartpole) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: cartpole.markers });
  tick(parts, [
    ['plan', 34, 0],
    ['decay', null, 3],
  ]);
  parts.broadcast.emit({ type: 'hardware', report: hardwareReport(cartpole.robot) });
  parts.broadcast.emit({ type: 'exchange', epoch: 1, exchange: exchange(cartpole.robot, 9) });
  parts.broadcast.emit({ type: 'trial', report: { ...trialReport(cartpole, 2), timing: timingReport } });
  parts.broadcast.emit({ type: 'activity', activity: 'fitting' });
  parts.broadcast.emit(fitProgress(2, 3));
  parts.clock.advance(500);
  const own = topicSpecs.filter(({ schemaName }) => schemaName.startsWith('premotor.'));
  for (const { topic, schema } of own) {
    expect(parts.of(topic).length, topic).toBeGreaterThan(0);
    for (const { message } of parts.of(topic)) expect(mismatch(schema, message, topic)).toBeUndefined();
  }
  expect(parts.newest('/trial').timing).toEqual(timingReport);
});

test('no client hears silence for 250 ms, whatever the run does', () => {
  const parts = stream(cartpole);
  parts.listen();
  for (let i = 0; i < 40; i++) {
    const before = parts.frames();
    parts.clock.advance(200);
    expect(parts.frames()).toBeGreaterThan(before);
  }
  const gaps = parts.of('/status').map(({ at }) => at);
  for (let i = 1; i < gaps.length; i++) expect(gaps[i] - gaps[i - 1]).toBeLessThanOrEqual(200);
});

test('during a fit its progress is told at least five times a second, with the time that goes by', () => {
  const parts = stream(cartpole);
  parts.listen();
  parts.broadcast.emit({ type: 'activity', activity: 'fitting' });
  parts.clock.advance(1000);
  parts.broadcast.emit(fitProgress(1, 1));
  parts.clock.advance(1000);
  const told = parts.of('/fit').map(({ at, message }) => ({ at, ...message }));
  expect(told.filter(({ at }) => at > 0 && at <= 1000).length).toBeGreaterThanOrEqual(5);
  expect(told.filter(({ at }) => at > 1000).length).toBeGreaterThanOrEqual(5);
  expect(told.at(-1)).toMatchObject({ running: true, epoch: 1, epochs: 60 });
  expect(told.at(-1)?.elapsed).toBeGreaterThan(1.8);
  parts.broadcast.emit({ type: 'activity', activity: 'acting' });
  const after = parts.of('/fit').length;
  expect(parts.newest('/fit').running).toBe(false);
  parts.clock.advance(1000);
  expect(parts.of('/fit')).toHaveLength(after);
});

test('a late joiner hears what it missed: run, scene, trials, the steps so far, the last plan and pose', () => {
  const parts = stream(cartpole);
  parts.broadcast.emit({ type: 'start', run: description(cartpole) });
  for (const trial of [1, 2, 3])
    parts.broadcast.emit({ type: 'trial', report: trialReport(cartpole, trial) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 4, markers: cartpole.markers });
  for (let step = 1; step <= 5; step++) {
    for (const event of stepEvents(cartpole, 1, 4, step)) parts.broadcast.emit(event);
    parts.clock.advance(40);
  }
  parts.listen();
  expect(parts.of('/run')[0].message.run.task).toBe('cartpole-swingup');
  expect(parts.of('/trial').map(({ message }) => message.trial)).toEqual([1, 2, 3]);
  expect(parts.of('/step').map(({ message }) => message.step)).toEqual([1, 2, 3, 4, 5]);
  expect(parts.of('/tf')).toHaveLength(1);
  expect(parts.of('/imagined')[0].message.entities).toHaveLength(1);
  const ids = parts.of('/scene')[0].message.entities.map(({ id }: { id: string }) => id);
  expect(ids).toContain('goal/0');
  expect(ids.filter((id: string) => id.startsWith('link/'))).toHaveLength(3);
});

test('the status follows the run: activity, real-time factor, pause', () => {
  const parts = stream(cartpole);
  parts.listen();
  act(parts, cartpole, 50);
  const acting = parts.newest('/status');
  expect(acting).toMatchObject({ activity: 'acting', trial: 2, step: 50, paused: false, clients: 1 });
  expect(acting.realTimeFactor).toBeCloseTo(1, 1);
  parts.broadcast.emit({ type: 'activity', activity: 'paused' });
  expect(parts.newest('/status')).toMatchObject({ paused: true, realTimeFactor: null });
  parts.broadcast.emit({ type: 'end', reason: 'done' });
  expect(parts.newest('/status')).toMatchObject({ activity: 'ended', ended: 'done' });
});

test('numbers that are not finite arrive as null', () => {
  const parts = stream(cartpole);
  parts.listen();
  const step = stepEvents(cartpole, 1, 2, 1).at(-1);
  if (step?.type === 'step') parts.broadcast.emit({ ...step, reward: Number.NaN });
  expect(parts.newest('/step').reward).toBeNull();
});

test('nothing is built for topics nobody listens to', () => {
  const parts = stream(cartpole);
  let built = 0;
  parts.hub.publish('/plan', () => built++);
  expect(built).toBe(0);
  parts.listen();
  expect(built).toBe(1);
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

test('of the bridge’s cycles at most 20 a second are shown, NaN as null; a fault is told at once, with since when', () => {
  const parts = stream(cartpole);
  parts.listen();
  for (let cycle = 0; cycle < 300; cycle++) {
    parts.broadcast.emit({ type: 'exchange', epoch: 0, exchange: exchange(cartpole.robot, cycle) });
    if (cycle % 5 === 0) parts.broadcast.emit({ type: 'hardware', report: hardwareReport(cartpole.robot) });
    parts.clock.advance(10);
  }
  const cycles = parts.of('/hardware/exchange');
  expect(cycles.length).toBeGreaterThan(50);
  expect(cycles.length).toBeLessThanOrEqual(61);
  const sent = exchange(cartpole.robot, cycles[1].message.cycle);
  expect(cycles[1].message.position).toEqual(Array.from(sent.position));
  expect(cycles[1].message.effort).toEqual([null]);
  const reports = parts.of('/hardware/report');
  expect(reports.length).toBeGreaterThan(10);
  expect(reports.length).toBeLessThanOrEqual(16);
  const began = (parts.clock.now() - 3000) / 1000;
  expect(reports.at(-1)?.message).toMatchObject({ fault: null, since: expect.closeTo(began, 6) });
  const fault = 'motor 3 (elbow_flex): overheated, 71 °C';
  parts.broadcast.emit({
    type: 'hardware',
    report: hardwareReport(cartpole.robot, { lifecycle: 'inactive', fault }),
  });
  const now = parts.clock.now() / 1000;
  expect(parts.newest('/hardware/report')).toMatchObject({ fault, since: expect.closeTo(now, 6) });
});
