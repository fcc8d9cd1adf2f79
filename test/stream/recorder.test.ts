import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McapIndexedReader, McapStreamReader, type McapTypes } from '@mcap/core';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { TelemetryEvent } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { Recorder } from '#src/stream/recorder';
import { jsonOf, Recording } from '#src/stream/recording';
import { clockTopic, topicSpecs } from '#src/stream/schemas';
import { FakeClock } from './fake-clock.ts';
import {
  cartpoleScript,
  description,
  exchange,
  fitProgress,
  hardwareReport,
  stepEvents,
  timedEvents,
  trialReport,
  wallDescription,
} from './fixture.ts';
import { mismatch } from './schema-check.ts';
import { cubeFiles } from './shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'premotor-recorder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = cartpoleScript(await loadRobot('cartpole'));
const { robot } = script;
let runs = 0;

/** The bridge's clock, whose zero is some time ago. */
const BRIDGE = 987_654.25;

async function recorder(metadata = {}) {
  const clock = new FakeClock();
  const own = await Recorder.create({
    ...{ robot, version: '0.1.0', folder: join(folder, String(runs++)), metadata, clock },
    monotonic: () => clock.now() - 1_799_999_000_000,
  });
  return { clock, recorder: own, began: clock.now(), path: () => own.path as string };
}

/** Two seconds of a robot on the wall clock, its bridge at 100 Hz. */
async function robotRecording() {
  const parts = await recorder({ manifest: { task: 'reach', seed: 3 } });
  const { recorder: sink, clock } = parts;
  const began = clock.now();
  sink.emit({ type: 'start', run: wallDescription(script) });
  sink.emit({ type: 'hardware', report: report() });
  sink.emit({ type: 'reset', epoch: 1, trial: 2, markers: script.markers });
  sink.emit({ type: 'activity', activity: 'acting' });
  for (let cycle = 0; cycle < 200; cycle++) {
    // The cycle is told 3 ms after its reading.
    sink.emit({
      type: 'exchange',
      epoch: 1,
      exchange: exchange(robot, cycle, BRIDGE + clock.now() - began - 4.0625),
    });
    if (cycle % 4 === 0) {
      const timing = { rung: 'plan', planAge: 34, lateness: 0.2, delay: 30 } as const;
      for (const event of timedEvents(script, 1, 2, cycle / 4 + 1, timing)) sink.emit(event);
    }
    if (cycle % 20 === 0) sink.emit({ type: 'hardware', report: report() });
    clock.advance(10);
  }
  sink.emit({ type: 'trial', report: trialReport(script, 2) });
  sink.emit({ type: 'log', level: 'warning', message: 'elbow_flex is warm' });
  sink.emit({ type: 'end', reason: 'done' });
  await sink.close();
  return { ...parts, began };

  function report() {
    return hardwareReport(robot, { clock: { unixOffset: began - BRIDGE, robotOffset: null } });
  }
}

async function readAll(file: string, topics?: string[]) {
  const recording = await Recording.open(file);
  const messages: { topic: string; time: number; message: unknown }[] = [];
  for await (const found of recording.messages(topics ? { topics } : {}))
    messages.push({ topic: found.topic, time: found.time, message: jsonOf(file, found) });
  await recording.close();
  return { recording, messages, of: (topic: string) => messages.filter((item) => item.topic === topic) };
}

/** A reader that is not ours, over bytes. */
async function theirs(bytes: Uint8Array) {
  const readable: McapTypes.IReadable = {
    size: async () => BigInt(bytes.length),
    read: async (offset, size) => bytes.slice(Number(offset), Number(offset + size)),
  };
  const reader = await McapIndexedReader.Initialize({ readable });
  const indexed: McapTypes.TypedMcapRecords['Message'][] = [];
  for await (const message of reader.readMessages({ validateCrcs: true })) indexed.push(message);
  const stream = new McapStreamReader({ validateCrcs: true });
  stream.append(bytes);
  const types: Record<string, number> = {};
  for (let next = stream.nextRecord(); next; next = stream.nextRecord())
    types[next.type] = (types[next.type] ?? 0) + 1;
  return { reader, indexed, types, done: stream.done() };
}

test('other readers of MCAP, by index and in one go, find every channel, schema and message, with right CRCs', async () => {
  const { path } = await robotRecording();
  const { reader, indexed, types, done } = await theirs(readFileSync(path()));
  expect(done).toBe(true);
  expect([...reader.channelsById.values()].map(({ topic }) => topic)).toEqual(
    [...topicSpecs, clockTopic].map(({ topic }) => topic),
  );
  for (const { schemaId, messageEncoding } of reader.channelsById.values()) {
    expect(messageEncoding).toBe('json');
    const schema = reader.schemasById.get(schemaId);
    expect(schema?.encoding).toBe('jsonschema');
    expect(JSON.parse(new TextDecoder().decode(schema?.data)).title).toBe(schema?.name);
  }
  expect(reader.statistics?.messageCount).toBe(BigInt(indexed.length));
  expect(types.Message).toBe(indexed.length);
  expect(reader.header.library).toBe('premotor 0.1.0');
  const metadata = new Map<string, ReadonlyMap<string, string>>();
  for await (const record of reader.readMetadata()) metadata.set(record.name, record.metadata);
  expect(metadata.get('premotor')?.get('version')).toBe('0.1.0');
  expect(JSON.parse(metadata.get('manifest')?.get('json') ?? '')).toEqual({ task: 'reach', seed: 3 });
  expect(JSON.parse(metadata.get('robot')?.get('json') ?? '').name).toBe('cartpole');
  expect(metadata.get('recording')?.get('dropped')).toBe('0');
  const times = indexed.map(({ logTime }) => logTime);
  expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
});

test('every cycle of the bridge comes back bit for bit, NaN as null, at the time of its reading', async () => {
  const { path, began } = await robotRecording();
  const { of } = await readAll(path());
  const cycles = of('/hardware/exchange');
  expect(cycles).toHaveLength(200);
  for (const [cycle, { time, message }] of cycles.entries()) {
    const read = cycle * 10 - 3;
    const truth = exchange(robot, cycle, BRIDGE + cycle * 10 - 4.0625);
    expect(time).toBeCloseTo(began + read, 2);
    expect(message).toEqual(JSON.parse(JSON.stringify({ epoch: 1, ...plain(truth) })));
    expect((message as { position: number[] }).position).toEqual([...truth.position]);
    expect((message as { effort: unknown[] }).effort).toEqual([null]);
  }

  function plain(truth: object) {
    return Object.fromEntries(
      Object.entries(truth).map(([key, value]) => [
        key,
        ArrayBuffer.isView(value) ? [...(value as never)] : value,
      ]),
    );
  }
});

test('a recording holds what the wire says, each message as its schema has it, and how the clocks stood', async () => {
  const { path, began } = await robotRecording();
  const { messages, of } = await readAll(path());
  for (const { topic, schema } of [...topicSpecs, clockTopic])
    for (const { message } of topic.startsWith('/tf') ? [] : of(topic))
      expect(mismatch(schema, message, topic)).toBeUndefined();
  for (const topic of [
    '/run',
    '/scene',
    '/tf',
    '/joint_states',
    '/plan',
    '/imagined',
    '/belief',
    '/step',
    '/timing',
    '/trial',
    '/log',
    '/status',
    '/hardware/report',
  ])
    expect(of(topic).length, topic).toBeGreaterThan(0);
  expect(of('/step')).toHaveLength(50);
  // All poses, and five drawings of plans a second.
  expect(of('/joint_states').length).toBeGreaterThan(110);
  expect(of('/plan').length).toBeLessThanOrEqual(13);
  expect(of('/clock').length).toBeGreaterThanOrEqual(3);
  expect(of('/clock').at(-1)?.message).toMatchObject({
    recordingOffset: 1_799_999_000_000,
    bridgeOffset: expect.closeTo(began - BRIDGE, 3),
    robotOffset: null,
  });
  expect(messages.at(-1)?.time).toBeLessThanOrEqual(began + 2000);
});

test('of a simulator that hurries, a second of the plant is a second of the recording; fits take the time they took', async () => {
  const { recorder: sink, clock, path, began } = await recorder();
  sink.emit({ type: 'start', run: description(script) });
  const episode = (epoch: number) => {
    sink.emit({ type: 'reset', epoch, trial: epoch, markers: script.markers });
    sink.emit({ type: 'activity', activity: 'acting' });
    for (let step = 1; step <= 100; step++) {
      for (const event of stepEvents(script, epoch, epoch, step)) sink.emit(event);
      clock.advance(1);
    }
  };
  episode(1);
  sink.emit({ type: 'activity', activity: 'fitting' });
  for (let epoch = 1; epoch <= 10; epoch++) {
    clock.advance(250);
    sink.emit(fitProgress(1, epoch));
  }
  episode(2);
  sink.emit({ type: 'end', reason: 'done' });
  await sink.close();
  const { of } = await readAll(path());
  const steps = of('/step').map(({ time }) => (time - began) / 1000);
  for (const [i, time] of steps.entries())
    expect(time).toBeCloseTo(i < 100 ? 0.04 * (i + 1) : 4 + 2.5 + 0.04 * (i - 99), 3);
  const poses = of('/joint_states').map(({ time }) => time);
  const gaps = poses.slice(3, 200).map((time, i) => time - poses[i + 2]);
  for (const gap of gaps) expect(gap).toBeCloseTo(1000 / 60, 1);
});

test('cut anywhere, all up to the last whole chunk is there, in order, and nothing crashes', async () => {
  const { path } = await robotRecording();
  const whole = readFileSync(path());
  const all: McapTypes.TypedMcapRecords['Message'][] = [];
  const ends: { end: number; count: number }[] = [];
  // What is whole by the file's own account: chunk after chunk.
  let at = 8;
  const reader = new McapStreamReader({ includeChunks: true, noMagicPrefix: true });
  while (at + 9 <= whole.length - 8) {
    const end = at + 9 + Number(whole.readBigUInt64LE(at + 1));
    const opcode = whole[at];
    if (opcode === 0x0f) break;
    reader.append(whole.subarray(at, end));
    for (let next = reader.nextRecord(); next; next = reader.nextRecord())
      if (next.type === 'Message') all.push(next);
    if (opcode === 6) ends.push({ end, count: all.length });
    at = end;
  }
  expect(ends.length).toBeGreaterThanOrEqual(3);
  const file = join(folder, 'cut.mcap');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
      writeFileSync(file, whole.subarray(0, length));
      const expected = ends.filter(({ end }) => end <= length).at(-1)?.count ?? 0;
      const opened = await Recording.open(file).catch((error) => error as Error);
      if (opened instanceof Error) {
        expect(expected).toBe(0);
        expect(opened.name).toBe('InputError');
        expect(opened.message).not.toMatch(/\n/);
        return;
      }
      expect(opened.cut).toBe(true);
      expect(opened.notes[0]).toMatch(/cut off: everything up to .* is here, \d+ bytes after it are lost/);
      let count = 0;
      for await (const _ of opened.messages()) count++;
      expect(count).toBe(expected);
      await opened.close();
    }),
    { numRuns: 120, examples: [[whole.length - 1], [ends[1].end], [ends[1].end + 5], [7], [0]] },
  );
});

test('hostile bytes are an error of one line', async () => {
  const { path } = await robotRecording();
  const whole = readFileSync(path());
  const file = join(folder, 'hostile.mcap');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.boolean(),
      async (changes, atEnd) => {
        const bytes = Buffer.from(whole);
        for (const [place, value] of changes)
          bytes[atEnd ? bytes.length - 1 - (place % 4000) : place] = value;
        writeFileSync(file, bytes);
        try {
          const recording = await Recording.open(file);
          try {
            for await (const _ of recording.messages());
          } finally {
            await recording.close();
          }
        } catch (error) {
          expect((error as Error).name).toBe('InputError');
          expect((error as Error).message).toMatch(/^[^\n]+$/);
        }
      },
    ),
    { numRuns: 100 },
  );
  writeFileSync(file, 'no recording at all');
  await expect(Recording.open(file)).rejects.toThrow(/hostile\.mcap: not an MCAP file/);
  await expect(Recording.open(join(folder, 'nowhere.mcap'))).rejects.toThrow(/no such file/);
});

test('a disk that is behind costs what is only drawn, counted, and never a cycle of the bridge', async () => {
  const { recorder: sink, path } = await recorder();
  sink.emit({ type: 'start', run: wallDescription(script) });
  const fan = stepEvents(script, 1, 2, 1).filter(({ type }) => type === 'pose');
  // Nothing is written while this goes on: the file is opened when it ends.
  for (let cycle = 0; cycle < 12_000; cycle++) {
    sink.emit({ type: 'exchange', epoch: 1, exchange: exchange(robot, cycle) });
    for (const event of fan) sink.emit(event);
  }
  const { dropped, bytes } = sink.state ?? { dropped: 0, bytes: 0 };
  expect(dropped).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(16 * 1024 * 1024);
  await sink.close();
  const { of } = await readAll(path(), ['/hardware/exchange', '/tf']);
  expect(of('/hardware/exchange').map(({ message }) => (message as { cycle: number }).cycle)).toEqual(
    Array.from({ length: 12_000 }, (_, cycle) => cycle),
  );
  expect(of('/tf').length).toBeGreaterThan(0);
});

test('where nothing can be written, that is told once and the run goes on', async () => {
  const clock = new FakeClock();
  const said: string[] = [];
  writeFileSync(join(folder, 'a-file'), '');
  const sink = await Recorder.create({
    ...{ robot, version: '0.1.0', folder: join(folder, 'a-file'), clock },
    onFailure: (reason) => said.push(reason),
  });
  sink.emit({ type: 'start', run: wallDescription(script) });
  await expect
    .poll(() => {
      clock.advance(1000);
      return sink.state?.failed;
    })
    .toMatch(/ENOTDIR/);
  sink.emit({ type: 'reset', epoch: 1, trial: 1, markers: [] } satisfies TelemetryEvent);
  await sink.close();
  expect(said).toEqual([expect.stringMatching(/recordings.*\.mcap: recording has stopped: ENOTDIR/)]);
});

test('what a recording begins with is read before the run; meshes are in one that ends at once', async () => {
  const mesh = join(folder, 'cube.stl');
  writeFileSync(mesh, cubeFiles['cube.stl']);
  const geometry = { kind: 'mesh', uri: 'cube.stl', file: mesh, scale: [1, 1, 1] } as const;
  const shape = { geometry, pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] } } as const;
  const [rail, ...links] = robot.links;
  const meshed = { ...robot, links: [{ ...rail, visuals: [shape] }, ...links] };
  const options = { robot: meshed, version: '0.1.0', folder: join(folder, 'meshed'), clock: new FakeClock() };
  const sink = await Recorder.create(options);
  const unused = await Recorder.create({ ...options, folder: join(folder, 'unused') });
  rmSync(mesh);
  sink.emit({ type: 'start', run: description(script) });
  await sink.close();
  const recording = await Recording.open(sink.path as string);
  const kept = JSON.parse((await recording.metadata('robot'))?.get('json') ?? '');
  const { data } = (await recording.attachment(kept.links[0].visuals[0].geometry.file)) ?? {};
  await recording.close();
  expect(data && [...data]).toEqual([...cubeFiles['cube.stl']]);
  await unused.close();
  expect(unused.state).toBeNull();
  expect(existsSync(join(folder, 'unused'))).toBe(false);
});
