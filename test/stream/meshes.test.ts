import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FoxgloveClient } from '@foxglove/ws-protocol';
import { afterAll, afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { Geometry, RobotModel } from '#src/core/robot';
import { loadRobot } from '#src/load/robot';
import { type LiveServer, startLiveServer } from '#src/stream/index';
import { Meshes } from '#src/stream/meshes';
import { cubeFiles } from './shapes.ts';

const folder = await mkdtemp(join(tmpdir(), 'premotor-meshes-'));
for (const [name, body] of Object.entries(cubeFiles)) await writeFile(join(folder, name), body);
await writeFile(join(folder, 'secret.stl'), 'nobody names this one');
await writeFile(join(folder, 'notes.txt'), 'no mesh');
await writeFile(join(folder, 'huge.stl'), '');
await truncate(join(folder, 'huge.stl'), 65 * 1024 * 1024);

const cartpole = await loadRobot('cartpole');
const pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;

function withMeshes(...files: string[]): RobotModel {
  const visuals = files.map((name) => {
    const geometry: Geometry = { kind: 'mesh', uri: name, file: join(folder, name), scale: [1, 1, 1] };
    return { geometry, pose };
  });
  return { ...cartpole, links: [{ ...cartpole.links[0], visuals }, ...cartpole.links.slice(1)] };
}

/** Where the first link's meshes are served. */
function paths(robot: RobotModel): (string | undefined)[] {
  return robot.links[0].visuals.map(({ geometry }) => (geometry.kind === 'mesh' ? geometry.file : undefined));
}

const servers: LiveServer[] = [];
const token = 'a-token-for-tests';
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function start(robot: RobotModel): Promise<LiveServer> {
  const options = { host: '127.0.0.1', port: 0, robot, version: '0.1.0', token };
  const server = await startLiveServer({ ...options, onCommand() {} });
  servers.push(server);
  return server;
}

test('meshes are named by their content, and no path of this machine leaves', async () => {
  const { robot, notes } = await Meshes.open(withMeshes('cube.stl', 'cube.obj'), undefined);
  const sha = (name: string) => createHash('sha256').update(cubeFiles[name]).digest('hex');
  expect(paths(robot)).toEqual([`meshes/${sha('cube.stl')}.stl`, `meshes/${sha('cube.obj')}.obj`]);
  expect(JSON.stringify(robot)).not.toContain(folder);
  expect(notes).toEqual([]);
});

test('what cannot be served is left out and said: too large, not there, no mesh', async () => {
  const meshes = await Meshes.open(withMeshes('huge.stl', 'none.stl', 'notes.txt', 'cube.stl'), undefined);
  const served = paths(meshes.robot);
  expect(served.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(served[3]).toMatch(/^meshes\//);
  expect(meshes.notes.map((note) => note.replace(/.*: not shown: /, ''))).toEqual([
    'larger than 64 MiB',
    'no such file',
    '.txt is none of .stl, .obj, .dae, .glb, .gltf',
  ]);
});

test('meshes of the world are served too', async () => {
  const geometry: Geometry = { kind: 'mesh', uri: 'x', file: join(folder, 'cube.dae'), scale: [1, 1, 1] };
  const body = { name: 'thing', kind: 'fixed', shapes: [{ geometry, pose }], pose } as const;
  const meshes = await Meshes.open(cartpole, { bodies: [body], scenery: [{ geometry, pose }] });
  const [{ shapes }] = meshes.world?.bodies ?? [];
  const file = shapes[0].geometry.kind === 'mesh' ? shapes[0].geometry.file : undefined;
  expect((await meshes.read(file ?? ''))?.body.equals(cubeFiles['cube.dae'])).toBe(true);
});

test('a file that changed since it was named is not given away', async () => {
  const file = join(folder, 'changing.stl');
  await writeFile(file, cubeFiles['cube.stl']);
  const meshes = await Meshes.open(withMeshes('changing.stl'), undefined);
  const [path] = paths(meshes.robot);
  expect((await meshes.read(path ?? ''))?.type).toBe('model/stl');
  await writeFile(file, 'something else');
  expect(await meshes.read(path ?? '')).toBeUndefined();
});

test('over HTTP only named meshes come, to those with token or cookie, to be kept for ever', async () => {
  const robot = withMeshes('cube.stl');
  const server = await start(robot);
  const [path] = paths((await Meshes.open(robot, undefined)).robot);
  const get = (what: string) => fetch(`http://127.0.0.1:${server.port}/${what}`);
  const found = await get(`${path}?token=${token}`);
  expect(found.status).toBe(200);
  expect(new Uint8Array(await found.arrayBuffer())).toEqual(cubeFiles['cube.stl']);
  expect(found.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  expect(found.headers.get('content-type')).toBe('model/stl');
  expect((await get(`${path}`)).status).toBe(401);
  expect((await get(`${path}?token=wrong`)).status).toBe(401);
  const sha = createHash('sha256').update('nobody names this one').digest('hex');
  for (const other of [
    `meshes/${sha}.stl`,
    'meshes/secret.stl',
    `meshes/..%2f${path}`,
    `meshes//${join(folder, 'secret.stl')}`,
    'meshes/%2e%2e/%2e%2e/etc/passwd',
    'meshes/__proto__',
  ])
    expect((await get(`${other}?token=${token}`)).status).toBe(404);
});

test('a Foxglove client fetches the model that the scene names, and hears why it gets no other', async () => {
  const server = await start(withMeshes('cube.dae', 'cube.stl'));
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?token=${token}`, [
    FoxgloveClient.SUPPORTED_SUBPROTOCOL,
  ]);
  const client = new FoxgloveClient({ ws: socket });
  const urls = await new Promise<string[]>((resolve) => {
    client.on('advertise', (channels) => {
      for (const { id, topic } of channels) if (topic === '/scene') client.subscribe(id);
    });
    client.on('message', ({ data }) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      resolve(JSON.parse(bytes.toString()).entities[0].models.map(({ url }: { url: string }) => url));
    });
  });
  const answers = new Map<number, Uint8Array | string>();
  await new Promise<void>((resolve) => {
    client.on('fetchAssetResponse', (response) => {
      const { requestId, status } = response;
      if (status === 0) {
        const { buffer, byteOffset, byteLength } = response.data;
        answers.set(requestId, new Uint8Array(buffer, byteOffset, byteLength));
      } else answers.set(requestId, response.error);
      if (answers.size === 3) resolve();
    });
    for (const [i, url] of [...urls, 'file:///etc/passwd'].entries()) client.fetchAsset(url, i + 7);
  });
  expect(answers.get(7)).toEqual(cubeFiles['cube.dae']);
  expect(answers.get(8)).toEqual(cubeFiles['cube.stl']);
  expect(answers.get(9)).toBe('no such asset: file:///etc/passwd');
  socket.terminate();
});
