import { channel } from 'node:diagnostics_channel';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { FoxgloveClient } from '@foxglove/ws-protocol';
import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { InputError } from '#src/core/errors';
import type { RunCommand } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { type LiveServer, startLiveServer } from '#src/stream/index';
import type { FakeClock } from './fake-clock.ts';
import {
  cartpoleScript,
  description,
  exchange,
  fitProgress,
  fitReport,
  hardwareReport,
  timedEvents,
  trialReport,
  wallDescription,
} from './fixture.ts';

const script = cartpoleScript(await loadRobot('cartpole'));
const token = 'a-token-for-tests';
const servers: LiveServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close().catch(() => {});
});

async function start(options: { onCommand?(command: RunCommand): void; clock?: FakeClock } = {}) {
  const server = await startLiveServer({
    host: '127.0.0.1',
    port: 0,
    robot: script.robot,
    version: '0.1.0',
    token,
    onCommand: options.onCommand ?? (() => {}),
    clock: options.clock,
  });
  servers.push(server);
  return server;
}

function json(data: ArrayBufferView) {
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
}

/** The public client, connected and subscribed to everything. */
async function listen(server: LiveServer, protocol = FoxgloveClient.SUPPORTED_SUBPROTOCOL) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?token=${token}`, [protocol]);
  const client = new FoxgloveClient({ ws: socket });
  const topics = new Map<number, string>();
  // biome-ignore lint/suspicious/noExplicitAny: messages of many shapes, read by tests
  const messages: { topic: string; message: any; timestamp: bigint }[] = [];
  const waiting: { done(): boolean; resolve(): void }[] = [];
  const check = () => {
    for (const item of [...waiting]) {
      if (!item.done()) continue;
      waiting.splice(waiting.indexOf(item), 1);
      item.resolve();
    }
  };
  /** Resolves when it holds; looked at after every message. */
  const until = (done: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.push({ done, resolve });
      check();
    });
  const info = new Promise<{ sessionId?: string; capabilities: string[] }>((resolve) =>
    client.on('serverInfo', resolve),
  );
  const services = new Promise<{ id: number; name: string }[]>((resolve) =>
    client.on('advertiseServices', resolve),
  );
  const channels = new Promise<{ topic: string; schemaName: string; encoding: string }[]>((resolve) =>
    client.on('advertise', (list) => {
      for (const { id, topic } of list) topics.set(client.subscribe(id), topic);
      resolve(list);
    }),
  );
  client.on('message', ({ subscriptionId, data, timestamp }) => {
    const topic = topics.get(subscriptionId) as string;
    messages.push({ topic, message: json(data), timestamp });
    check();
  });
  const statuses: string[] = [];
  client.on('status', ({ message }) => {
    statuses.push(message);
    check();
  });
  const times: bigint[] = [];
  client.on('time', ({ timestamp }) => {
    times.push(timestamp);
    check();
  });
  const call = async (name: string, body?: unknown, encoding = 'json') => {
    const { id } = (await services).find((service) => service.name === name) ?? { id: 99 };
    return new Promise<{ ok: unknown } | { failed: string }>((resolve) => {
      client.on('serviceCallResponse', ({ data }) => resolve({ ok: json(data) }));
      client.on('serviceCallFailure', ({ message }) => resolve({ failed: message }));
      const data = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body));
      client.sendServiceCallRequest({ serviceId: id, callId: 1, encoding, data });
    });
  };
  const of = (topic: string) => messages.filter((item) => item.topic === topic);
  return { socket, client, info, channels, services, messages, of, until, call, statuses, times };
}

/** Status and headers of a plain request; `path` goes out as it is. */
function get(server: LiveServer, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (part) => {
            body += part;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          );
        },
      );
      asked.on('error', reject);
      asked.end();
    },
  );
}

/** How a handshake ends: `open`, or the HTTP status that refused it. */
function handshake(
  server: LiveServer,
  query: string,
  headers: Record<string, string> = {},
  protocols = ['foxglove.websocket.v1'],
) {
  return new Promise<string>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/${query}`, protocols, { headers });
    socket.on('open', () => {
      resolve('open');
      socket.terminate();
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(String(response.statusCode));
      socket.terminate();
    });
    socket.on('error', () => resolve('error'));
  });
}

test('the public Foxglove client reads every topic', async () => {
  const server = await start();
  const { info, channels, of, until, times } = await listen(server);
  expect((await info).capabilities).toEqual(['time', 'services', 'assets']);
  const advertised = await channels;
  expect(advertised.find(({ topic }) => topic === '/tf')).toMatchObject({
    encoding: 'json',
    schemaName: 'foxglove.FrameTransforms',
  });
  await until(() => of('/status').length > 0);
  server.emit({ type: 'start', run: wallDescription(script) });
  server.emit({ type: 'reset', epoch: 1, trial: 2, markers: script.markers });
  server.emit({ type: 'activity', activity: 'acting' });
  const contacts = Float64Array.of(0, 0, 0, 0, 0, 9);
  for (const event of timedEvents(script, 1, 2, 1, { rung: 'plan', planAge: 31, lateness: 0, delay: 30 }))
    server.emit(event.type === 'pose' ? { ...event, contacts } : event);
  server.emit({ type: 'activity', activity: 'fitting' });
  server.emit(fitProgress(2, 1));
  server.emit({ type: 'fit', report: fitReport(script, 2) });
  server.emit({ type: 'trial', report: trialReport(script, 2) });
  server.emit({ type: 'hardware', report: hardwareReport(script.robot) });
  server.emit({ type: 'exchange', epoch: 1, exchange: exchange(script.robot, 9) });
  server.emit({ type: 'log', level: 'warning', message: 'seven candidates had no finite return' });
  await until(() => advertised.every(({ topic }) => of(topic).length > 0) && of('/step').length > 0);
  expect(of('/step')[0].message).toMatchObject({ trial: 2, step: 1, late: false });
  expect(of('/trial')[0].message).toMatchObject({ trial: 2, score: expect.any(Number) });
  expect(of('/log')[0].message).toMatchObject({ level: 3, name: 'premotor' });
  expect(of('/fit').at(-1)?.message.report.openLoop).toHaveLength(2);
  expect(
    of('/run')
      .at(-1)
      ?.message.robot.links.map(({ name }: { name: string }) => name),
  ).toEqual(['rail', 'cart', 'pole']);
  await until(() => times.length > 1);
});

test('messages of one clock: timestamps and the told time never go back', async () => {
  const server = await start();
  const { messages, times, until } = await listen(server);
  await until(() => times.length > 5 && messages.length > 10);
  for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThanOrEqual(times[i - 1]);
});

test('services command the run and answer what holds', async () => {
  const commands: RunCommand[] = [];
  const server = await start({ onCommand: (command) => commands.push(command) });
  const one = await listen(server);
  expect((await one.services).map(({ name }) => name)).toEqual([
    '/premotor/pause',
    '/premotor/resume',
    '/premotor/step',
    '/premotor/reset',
    '/premotor/speed',
  ]);
  expect(await one.call('/premotor/pause')).toEqual({ ok: { paused: true, speed: 1 } });
  expect(await one.call('/premotor/resume', {})).toEqual({ ok: { paused: false, speed: 1 } });
  expect(await one.call('/premotor/step', null)).toEqual({ ok: { paused: true, speed: 1 } });
  expect(await one.call('/premotor/reset', '')).toEqual({ ok: { paused: true, speed: 1 } });
  expect(await one.call('/premotor/speed', { speed: 2 })).toEqual({ ok: { paused: true, speed: 2 } });
  expect(await one.call('/premotor/speed', { speed: 'max' })).toEqual({ ok: { paused: true, speed: 'max' } });
  expect(commands).toEqual([
    { type: 'pause' },
    { type: 'resume' },
    { type: 'step' },
    { type: 'reset' },
    { type: 'speed', value: 2 },
    { type: 'speed', value: Infinity },
  ]);
});

test('a service call that makes no sense is told why, and commands nothing', async () => {
  const commands: RunCommand[] = [];
  const server = await start({
    onCommand(command) {
      commands.push(command);
      if (command.type === 'reset') throw new InputError('nothing to reset yet');
    },
  });
  const { call } = await listen(server);
  for (const speed of [0, -1, 1e9, 'fast', null, Number.NaN])
    expect(await call('/premotor/speed', { speed })).toEqual({
      failed: expect.stringContaining('speed must be'),
    });
  expect(await call('/premotor/pause', {}, 'cdr')).toEqual({ failed: expect.stringContaining('json') });
  expect(await call('/premotor/explode')).toEqual({ failed: expect.stringContaining('no service') });
  expect(commands).toEqual([]);
  expect(await call('/premotor/reset')).toEqual({ failed: 'nothing to reset yet' });
});

test('both subprotocols are spoken, others are refused', async () => {
  const server = await start();
  const query = `?token=${token}`;
  for (const name of ['foxglove.sdk.v1', 'foxglove.websocket.v1']) {
    const { client, info, socket } = await listen(server, name);
    await info;
    expect(socket.protocol).toBe(name);
    client.close();
  }
  expect(await handshake(server, query, {}, ['foxglove.websocket.v9'])).toBe('400');
  expect(await handshake(server, query, {}, [])).toBe('400');
});

test('every connection needs the token, or the cookie from its own origin', async () => {
  const server = await start();
  const own = `127.0.0.1:${server.port}`;
  const cookie = `premotor_${server.port}=${token}`;
  const page = await get(server, `/?token=${token}`);
  expect(page.status).toBe(200);
  expect(page.headers['set-cookie']).toEqual([`${cookie}; Path=/; HttpOnly; SameSite=Strict`]);
  expect((await get(server, '/')).status).toBe(401);
  expect((await get(server, '/?token=wrong')).status).toBe(401);
  expect((await get(server, `/?token=${token}&token=wrong`)).status).toBe(401);
  expect((await get(server, '/', { cookie })).status).toBe(200);
  expect((await get(server, '/', { cookie: `x=1; ${cookie}`, origin: `http://${own}` })).status).toBe(200);
  expect((await get(server, '/', { cookie, origin: 'http://evil.example' })).status).toBe(403);
  expect((await get(server, '/', { cookie, 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await get(server, '/?token=wrong', { cookie })).status).toBe(401);

  expect(await handshake(server, '')).toBe('401');
  expect(await handshake(server, '?token=wrong')).toBe('401');
  expect(await handshake(server, `?token=${token}`, { origin: 'https://app.example' })).toBe('open');
  expect(await handshake(server, '', { cookie })).toBe('403');
  expect(await handshake(server, '', { cookie, origin: 'http://evil.example' })).toBe('403');
  expect(await handshake(server, '', { cookie, origin: 'null' })).toBe('403');
  expect(await handshake(server, '', { cookie, origin: `http://${own}` })).toBe('open');
});

test('a foreign name that points here is not served', async () => {
  const server = await start();
  for (const host of [
    'evil.example',
    `evil.example:${server.port}`,
    '127.0.0.1.evil.example',
    'user@localhost',
  ]) {
    expect((await get(server, `/?token=${token}`, { host })).status).toBe(403);
    expect(await handshake(server, `?token=${token}`, { host })).toBe('403');
  }
  for (const host of ['localhost', `localhost:${server.port}`, '[::1]:9', '127.0.0.1'])
    expect((await get(server, `/?token=${token}`, { host })).status).toBe(200);
});

test('only files of the page are served, by their exact names', async () => {
  const server = await start();
  const cookie = `premotor_${server.port}=${token}`;
  for (const path of [
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/../../package.json',
    '/assets/..%5c..%5cpackage.json',
    '//etc/passwd',
    '/etc/passwd',
    '/assets/',
    '/assets',
    '/index.html%00.js',
    '/%',
  ]) {
    const { status, body } = await get(server, path, { cookie });
    expect([path, status]).toEqual([path, 404]);
    expect(body).not.toContain('premotor"');
  }
  expect((await get(server, '/', { cookie }, 'POST')).status).toBe(405);
  expect((await get(server, 'http://127.0.0.1/', { cookie })).status).toBe(400);
});

test('the page comes isolated, unframed and with a policy of its own files only', async () => {
  const server = await start();
  const { headers, body } = await get(server, `/?token=${token}`);
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'"),
  });
  expect(body).toContain('<title>Premotor</title>');
  expect(body).not.toMatch(/<script(?![^>]*src=)/);
});

test('hostile frames are answered or the connection ends; the others hear nothing of it', async () => {
  const server = await start();
  const good = await listen(server);
  await good.info;
  const bad = await listen(server);
  await bad.channels;
  for (const data of ['{', '[]', 'null', '{"op":"subscribe","subscriptions":[{"id":0,"channelId":1e9}]}'])
    bad.socket.send(data);
  for (const bytes of [[], [1], [2, 0], [9], [2, ...new Array(12).fill(255)]])
    bad.socket.send(Uint8Array.from(bytes));
  await bad.until(() => bad.statuses.length >= 8);
  const closed = new Promise<number>((resolve) => bad.socket.on('close', resolve));
  bad.socket.send('x'.repeat(1024 * 1024));
  expect(await closed).toBe(1009);
  const raw = connect(server.port, '127.0.0.1');
  const rawClosed = new Promise((resolve) => raw.on('close', resolve));
  raw.on('error', () => {});
  raw.write('\x16\x03\x01nonsense\r\n\r\n');
  raw.resume();
  await rawClosed;
  const heard = good.messages.length;
  await good.until(() => good.messages.length > heard + 3);
  expect(good.statuses).toEqual([]);
});

test('a client that never reads costs the others nothing and the loop no time', async () => {
  const server = await start();
  const good = await listen(server);
  const stuck = await listen(server);
  await Promise.all([good.channels, stuck.channels]);
  stuck.socket.pause();
  server.emit({ type: 'start', run: description(script) });
  server.emit({ type: 'reset', epoch: 1, trial: 2, markers: [] });
  const line = 'x'.repeat(50_000);
  // More than any kernel buffers: 20 MB.
  for (let i = 0; i < 400; i++) {
    server.emit({ type: 'log', level: 'info', message: `${i} ${line}` });
    if (i % 20 === 0) await good.until(() => good.of('/log').length > i);
  }
  await good.until(() => good.of('/log').length === 400);
  expect(good.of('/log').map(({ message }) => Number.parseInt(message.message, 10))).toEqual(
    Array.from({ length: 400 }, (_, i) => i),
  );
  stuck.socket.terminate();
  await good.until(() => good.of('/status').at(-1)?.message.clients === 1);
});

test('an explicit port in use is an error that names it; the default moves on', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const options = { host: '127.0.0.1', robot: script.robot, version: '0.1.0', onCommand: () => {} };
  await expect(startLiveServer({ ...options, port })).rejects.toThrow(
    new InputError(
      `--http-port ${port} is in use; choose another, or leave it out to take the next free one`,
    ),
  );
  taken.close();
  const first = await startLiveServer({ ...options, port: undefined });
  servers.push(first);
  const second = await startLiveServer({ ...options, port: undefined });
  servers.push(second);
  expect(second.port).toBeGreaterThan(first.port);
  expect(first.url).not.toBe(second.url.replace(String(second.port), String(first.port)));
});

test('a host that is not ours is an error that names it', async () => {
  const options = { robot: script.robot, version: '0.1.0', onCommand: () => {}, port: 0 };
  await expect(startLiveServer({ ...options, host: '192.0.2.1' })).rejects.toThrow(/--host 192.0.2.1/);
});

test('close says goodbye, frees the port, and may be called twice; what is emitted later is ignored', async () => {
  const server = await start();
  const { socket, info } = await listen(server);
  await info;
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await server.close();
  await server.close();
  expect(await closed).toBe(1001);
  server.emit({ type: 'log', level: 'info', message: 'late' });
  const again = await startLiveServer({
    host: '127.0.0.1',
    port: server.port,
    robot: script.robot,
    version: '0.1.0',
    onCommand: () => {},
  });
  servers.push(again);
});

test('clients are counted as they come and go', async () => {
  const server = await start();
  expect(server.clients).toBe(0);
  const one = await listen(server);
  await one.info;
  expect(server.clients).toBe(1);
  const two = await listen(server);
  await two.info;
  await one.until(() => one.of('/status').at(-1)?.message.clients === 2);
  two.client.close();
  await one.until(() => one.of('/status').at(-1)?.message.clients === 1);
});

test('a server that died is told at the next emit and at close, with the cause', async () => {
  const server = await start();
  let http: Server | undefined;
  const spy = (message: unknown) => {
    http = (message as { server: Server }).server;
  };
  const requests = channel('http.server.request.start');
  requests.subscribe(spy);
  await get(server, '/');
  requests.unsubscribe(spy);
  const cause = new Error('accept failed: too many open files');
  http?.emit('error', cause);
  const event = { type: 'log', level: 'info', message: 'hello' } as const;
  expect(() => server.emit(event)).toThrow(expect.objectContaining({ cause }));
  await expect(server.close()).rejects.toMatchObject({ cause });
});
