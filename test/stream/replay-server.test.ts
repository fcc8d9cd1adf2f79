import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FoxgloveClient } from '@foxglove/ws-protocol';
import { McapWriter } from '@mcap/core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadRobot } from '#src/load/robot';
import { Recorder, Recording, type ReplayServer, recordingFacts, startReplayServer } from '#src/stream/index';
import { FakeClock } from './fake-clock.ts';
import { cartpoleScript, description, exchange, stepEvents } from './fixture.ts';
import { cubeFiles } from './shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'premotor-replay-'));
const cartpole = cartpoleScript(await loadRobot('cartpole'));
const mesh = join(folder, 'cube.stl');
const servers: ReplayServer[] = [];
const json = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  JSON.parse(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString());
let file = '';

beforeAll(async () => {
  writeFileSync(mesh, cubeFiles['cube.stl']);
  const geometry = { kind: 'mesh', uri: 'cube.stl', file: mesh, scale: [1, 1, 1] } as const;
  const shape = { geometry, pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] } } as const;
  const { robot: plain } = cartpole;
  const [rail, ...links] = plain.links;
  const robot = { ...plain, links: [{ ...rail, visuals: [shape] }, ...links] };
  const clock = new FakeClock();
  const sink = await Recorder.create({ robot, version: '0.1.0', folder, clock });
  sink.emit({ type: 'start', run: description(cartpole) });
  sink.emit({ type: 'reset', epoch: 1, trial: 2, markers: [] });
  sink.emit({ type: 'activity', activity: 'acting' });
  for (let step = 1; step <= 50; step++) {
    for (const event of stepEvents(cartpole, 1, 2, step)) sink.emit(event);
    // Of five cycles two were lost on their way, and three did not take place.
    const [cycle, count] = step < 30 ? [step, step] : [step + 5, step + 2];
    const beside = exchange(robot, cycle - 1);
    if (step === 1 || step === 30) sink.emit({ type: 'exchange', epoch: 1, exchange: beside });
    sink.emit({ type: 'exchange', epoch: 1, exchange: { ...exchange(robot, cycle), count } });
    clock.advance(40);
    await new Promise((done) => setImmediate(done));
  }
  await sink.close();
  file = sink.path as string;
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(options = {}) {
  const server = await startReplayServer({
    ...{ file, host: '127.0.0.1', port: 0, version: '0.1.0', token: 'a-token-for-tests' },
    ...options,
  });
  servers.push(server);
  return server;
}

test('the public Foxglove client plays, searches and reads a recording, and gets the meshes it was made with', async () => {
  const server = await start({ speed: 0.05 });
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?token=a-token-for-tests`, [
    FoxgloveClient.SUPPORTED_SUBPROTOCOL,
  ]);
  const client = new FoxgloveClient({ ws: socket as never });
  const topics = new Map<number, string>();
  // biome-ignore lint/suspicious/noExplicitAny: messages of many shapes
  const heard: { topic: string; message: any }[] = [];
  client.on('advertise', (channels) => {
    for (const { id, topic } of channels) topics.set(client.subscribe(id), topic);
  });
  client.on('message', ({ subscriptionId, data }) =>
    heard.push({
      topic: topics.get(subscriptionId) ?? '',
      message: json(data),
    }),
  );
  const services = await new Promise<{ id: number; name: string }[]>((resolve) =>
    client.on('advertiseServices', (all) => resolve([...all])),
  );
  expect(services.map(({ name }) => name)).toContain('/premotor/seek');
  const call = (name: string, request: object) =>
    new Promise((resolve) => {
      client.on('serviceCallResponse', ({ data }) => resolve(json(data)));
      client.on('serviceCallFailure', ({ message }) => resolve(message));
      const serviceId = services.find((service) => service.name === name)?.id ?? 0;
      const data = new TextEncoder().encode(JSON.stringify(request));
      client.sendServiceCallRequest({ serviceId, callId: 1, encoding: 'json', data });
    });
  const of = (topic: string) => heard.filter((item) => item.topic === topic).map(({ message }) => message);
  await expect.poll(() => of('/status').length).toBeGreaterThan(0);
  expect(await call('/premotor/pause', {})).toEqual({ paused: true, speed: 0.05 });
  expect(await call('/premotor/seek', { time: 1.201 })).toEqual({ paused: true, speed: 0.05 });
  await expect.poll(() => of('/step').at(-1)?.step).toBe(30);
  await call('/premotor/seek', { steps: 2 });
  await expect.poll(() => of('/step').at(-1)?.step).toBe(32);
  expect(await call('/premotor/seek', {})).toMatch(/seek needs "time"/);
  expect(await call('/premotor/seek', { steps: 0 })).toMatch(/seek needs/);
  expect(await call('/premotor/speed', { speed: 99 })).toMatch(/speed must be/);
  const { links } = of('/run')[0].robot;
  const path = links[0].visuals[0].geometry.file;
  expect(path).toMatch(/^meshes\/[0-9a-f]{64}\.stl$/);
  const answer = await fetch(`http://127.0.0.1:${server.port}/${path}?token=a-token-for-tests`);
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array(cubeFiles['cube.stl']));
  const other = await fetch(`http://127.0.0.1:${server.port}/meshes/other.stl?token=a-token-for-tests`);
  expect(other.status).toBe(404);
  expect(JSON.stringify(of('/run'))).not.toContain(folder);
  client.close();
});

test('what is in a recording is counted, gaps and lost cycles too', async () => {
  const recording = await Recording.open(file);
  const facts = await recordingFacts(recording);
  await recording.close();
  expect(facts).toMatchObject({ cut: false, dropped: 0, cycles: { recorded: 50, left: 3, lost: 2 } });
  expect(facts.duration).toBeCloseTo(2, 1);
  const steps = facts.topics.find(({ topic }) => topic === '/step');
  expect(steps).toMatchObject({ schema: 'premotor.Step', messages: 50 });
  expect(steps?.rate).toBeCloseTo(25, 6);
  expect(steps?.gap).toBeCloseTo(0.04, 6);
  expect(facts.topics.find(({ topic }) => topic === '/trial')).toBeUndefined();
});

test('of a bridge that did not count its cycles it is not known which were lost', async () => {
  const clock = new FakeClock();
  const { robot } = cartpole;
  const sink = await Recorder.create({ robot, version: '0.1.0', folder, clock });
  sink.emit({ type: 'start', run: description(cartpole) });
  for (const [i, cycle] of [3, 3, 4, 9, 0, 1].entries())
    sink.emit({ type: 'exchange', epoch: 1, exchange: exchange(robot, cycle, 10 * i) });
  await sink.close();
  const recording = await Recording.open(sink.path as string);
  expect((await recordingFacts(recording)).cycles).toEqual({ recorded: 5, left: 4, lost: null });
  await recording.close();
});

test('files of others, of nobody and of nothing are told in a line', async () => {
  const bytes: Uint8Array[] = [];
  let position = 0n;
  const writable = {
    position: () => position,
    async write(data: Uint8Array) {
      bytes.push(data.slice());
      position += BigInt(data.length);
    },
  };
  const writer = new McapWriter({ writable });
  await writer.start({ profile: '', library: 'other' });
  const foreign = join(folder, 'foreign.mcap');
  const channel = async (topic: string, messageEncoding: string) => {
    const channelId = await writer.registerChannel({
      ...{ schemaId: 0, topic, messageEncoding, metadata: new Map() },
    });
    const data = new Uint8Array([1, 2, 3]);
    await writer.addMessage({ channelId, sequence: 0, logTime: 5n, publishTime: 5n, data });
  };
  await channel('/camera', 'cdr');
  const finish = async () => {
    await writer.end();
    writeFileSync(foreign, Buffer.concat(bytes));
  };
  await channel('/tf', 'cdr');
  await channel('/run', 'json');
  await finish();
  await expect(start({ file: foreign })).rejects.toThrow(
    /foreign\.mcap: \/tf is encoded as cdr, not as json$/,
  );
  await expect(start({ file: mesh })).rejects.toThrow(/cube\.stl: not an MCAP file$/);
  await expect(start({ file: folder })).rejects.toThrow(/not a file|cannot be read/);
});
