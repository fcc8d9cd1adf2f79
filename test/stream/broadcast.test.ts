import { expect, test } from 'vitest';
import { Kinematics } from '#src/robot/index';
import { topicSpecs } from '#src/stream/schemas';
import { act, arm, cartpole, stream, tick } from './broadcast-stream.ts';
import {
  description,
  exchange,
  fitProgress,
  hardwareReport,
  planEvent,
  stepEvents,
  timingReport,
  trialReport,
  wallDescription,
} from './fixture.ts';
import { mismatch } from './schema-check.ts';

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
