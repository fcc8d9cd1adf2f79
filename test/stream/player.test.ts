import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadRobot } from '#src/load/robot';
import { Hub } from '#src/stream/hub';
import { Player } from '#src/stream/player';
import { Recorder } from '#src/stream/recorder';
import { Recording } from '#src/stream/recording';
import { replayTopics } from '#src/stream/schemas';
import { FakeClock } from './fake-clock.ts';
import { cartpoleScript, description, exchange, fitProgress, stepEvents, trialReport } from './fixture.ts';
import { type Heard, listen } from './listening.ts';
import { mismatch } from './schema-check.ts';

interface Told extends Omit<Heard, 'time'> {
  /** Wall ms since the player was opened. */
  readonly at: number;
  /** By the server's clock, s since the recording's beginning. */
  readonly stamp: number;
}

const folder = mkdtempSync(join(tmpdir(), 'premotor-player-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = cartpoleScript(await loadRobot('cartpole'));
let file = '';

/** Two trials of 4 s, 2.5 s of fitting between them, then a third that is not over. */
beforeAll(async () => {
  const clock = new FakeClock();
  const sink = await Recorder.create({ robot: script.robot, version: '0.1.0', folder, clock });
  sink.emit({ type: 'start', run: description(script) });
  for (const epoch of [1, 2, 3]) {
    sink.emit({ type: 'reset', epoch, trial: epoch, markers: script.markers });
    sink.emit({ type: 'activity', activity: 'acting' });
    for (let step = 1; step <= 100; step++) {
      for (const event of stepEvents(script, epoch, epoch, step)) sink.emit(event);
      sink.emit({ type: 'exchange', epoch, exchange: exchange(script.robot, 100 * epoch + step) });
      clock.advance(40);
    }
    if (epoch === 3) break;
    sink.emit({ type: 'trial', report: trialReport(script, epoch) });
    sink.emit({ type: 'activity', activity: 'fitting' });
    for (let k = 1; k <= 10; k++) {
      clock.advance(250);
      sink.emit(fitProgress(epoch, k));
    }
  }
  await sink.close();
  file = sink.path as string;
});

async function open() {
  const clock = new FakeClock();
  const began = clock.now();
  const recording = await Recording.open(file);
  const heard: Told[] = [];
  let hub: Hub | undefined;
  const player = await Player.open(
    recording,
    (now) => {
      hub = new Hub({ now, after: (ms, call) => clock.after(ms, call) }, replayTopics);
      listen(hub, replayTopics, ({ time, ...told }) =>
        heard.push({ ...told, at: clock.now() - began, stamp: (time - recording.from) / 1000 }),
      );
      return hub;
    },
    clock,
  );
  const of = (topic: string) => heard.filter((item) => item.topic === topic);
  const newest = (topic: string) => of(topic).at(-1)?.message;
  /** Lets wall time pass, and the disk answer in it. */
  const pass = async (ms: number) => {
    for (let t = 0; t < ms; t += 10) {
      clock.advance(10);
      for (let i = 0; i < 6; i++) await new Promise((done) => setImmediate(done));
      await settle();
    }
  };
  const settle = () => new Promise((done) => setTimeout(done, 0));
  /** Lets time pass until something holds; returns how much, ms. */
  const until = async (holds: () => boolean) => {
    const from = clock.now();
    while (!holds() && clock.now() - from < 60_000) await pass(10);
    return clock.now() - from;
  };
  const end = async () => {
    player.close();
    await recording.close();
  };
  return { player, clock, heard, of, newest, pass, until, end };
}

test('what was recorded is told at its own pace and at others, and never ahead of it', async () => {
  const { player, of, newest, pass, until, heard, end } = await open();
  player.play();
  const begin = of('/joint_states').length;
  expect(await until(() => player.position >= 1)).toBeLessThan(4000);
  const check = (first: Told, speed: number) => {
    for (const { at, stamp } of of('/joint_states').slice(begin))
      expect(stamp - first.stamp).toBeLessThanOrEqual(((at - first.at) / 1000) * speed + 0.02);
  };
  check(of('/joint_states')[begin], 1);
  const { length } = of('/joint_states');
  expect(length - begin).toBeGreaterThan(50);
  heard.length = 0;
  player.speed = 4;
  const from = player.position;
  const took = await until(() => player.position >= from + 3);
  expect(took).toBeGreaterThanOrEqual(740);
  expect(took).toBeLessThan(3000);
  expect(newest('/status')).toMatchObject({ speed: 4, paused: false, realTimeFactor: 4 });
  player.pause();
  const still = player.position;
  await pass(300);
  expect(player.position).toBe(still);
  expect(newest('/status')).toMatchObject({ paused: true, poseAge: null, replay: { at: still } });
  const steps = of('/step').map(({ message }) => `${message.epoch}.${message.step}`);
  expect(new Set(steps).size).toBe(steps.length);
  await end();
});

test('all of it comes exactly once, in order, and at the end it stands', async () => {
  const { player, of, newest, pass, until, end } = await open();
  player.speed = Infinity;
  player.play();
  await until(() => !player.playing);
  expect(player.position).toBeCloseTo(player.duration, 6);
  const steps = of('/step').map(({ message }) => [message.epoch, message.step]);
  expect(steps).toEqual([1, 2, 3].flatMap((epoch) => Array.from({ length: 100 }, (_, i) => [epoch, i + 1])));
  expect(of('/hardware/exchange')).toHaveLength(300);
  expect(of('/trial').map(({ message }) => message.trial)).toEqual([1, 2]);
  expect(newest('/status')).toMatchObject({ paused: true, trial: 3, step: 100 });
  player.speed = 1;
  player.play();
  await until(() => player.position < player.duration);
  await pass(100);
  expect(player.position).toBeLessThan(0.2);
  await end();
});

test('a jump back tells everything anew as it stood then, and nothing of later', async () => {
  const { player, heard, of, newest, until, end } = await open();
  const replay = newest('/replay');
  expect(replay).toMatchObject({ seeks: 1, notes: [] });
  expect(replay.episodes.map(({ trial }: { trial: number }) => trial)).toEqual([1, 2, 3]);
  for (const [i, { from }] of replay.episodes.entries()) expect(from).toBeCloseTo(6.5 * i, 2);
  await player.seek(14);
  expect(newest('/step')).toMatchObject({ epoch: 3, step: 25 });
  heard.length = 0;
  player.play();
  await player.seek(6.5 + 1.001);
  expect(of('/replay')[0].message.seeks).toBe(3);
  expect(heard.filter(({ topic }) => topic !== '/status')[0].topic).toBe('/replay');
  expect(of('/step').map(({ message }) => [message.epoch, message.step])).toEqual(
    Array.from({ length: 25 }, (_, i) => [2, i + 1]),
  );
  expect(of('/trial').map(({ message }) => message.trial)).toEqual([1]);
  expect(of('/fit').at(-1)?.message).toMatchObject({ trial: 1, running: false });
  expect(newest('/joint_states').joints[0].position).toBeCloseTo(script.pose(2, 1)[0], 2);
  expect(newest('/belief')).toMatchObject({ epoch: 2 });
  expect(newest('/status')).toMatchObject({ activity: 'acting', trial: 2, step: 25, replay: { at: 7.501 } });
  await until(() => of('/step').length > 25);
  const [next] = of('/step').slice(25);
  expect(next.message).toMatchObject({ epoch: 2, step: 26 });
  // In the midst of a fit.
  await player.seek(5.6);
  expect(newest('/fit')).toMatchObject({ trial: 1, running: true, epoch: 6 });
  expect(newest('/status')).toMatchObject({ activity: 'fitting' });
  await end();
});

test('of many jumps the last one counts; beyond the ends are the ends', async () => {
  const { player, of, end } = await open();
  const before = of('/replay').length;
  const jumps = [1, 9, 3, 12, 7].map((time) => player.seek(time));
  await Promise.all(jumps);
  expect(player.position).toBeCloseTo(7, 6);
  expect(of('/replay').length - before).toBeLessThanOrEqual(2);
  await player.seek(-5);
  expect(player.position).toBe(0);
  await player.seek(1e6);
  expect(player.position).toBeCloseTo(player.duration, 6);
  await end();
});

test('single steps go from control step to control step, both ways, and the episode can begin anew', async () => {
  const { player, newest, end } = await open();
  await player.seek(2);
  expect(newest('/step').step).toBe(50);
  await player.step(1);
  expect(newest('/step').step).toBe(51);
  await player.step(1);
  expect(newest('/step').step).toBe(52);
  expect(newest('/status')).toMatchObject({ step: 52, paused: true });
  await player.step(-2);
  expect(newest('/step').step).toBe(50);
  await player.seek(8);
  await player.restartEpisode();
  expect(player.position).toBeCloseTo(6.5, 2);
  await player.restartEpisode();
  expect(player.position).toBeCloseTo(0, 2);
  await end();
});

test('every message of a replay is what its schema says', async () => {
  const { player, of, end } = await open();
  await player.seek(10);
  for (const { topic, schema, schemaName } of replayTopics)
    for (const { message } of schemaName.startsWith('premotor.') ? of(topic) : [])
      expect(mismatch(schema, message, topic)).toBeUndefined();
  await end();
});
