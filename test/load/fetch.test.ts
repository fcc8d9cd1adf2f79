import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { type FetchProgress, fetchMeshes } from '#src/load/fetch';
import { temporaryFolder } from '../runs/fixtures.ts';
import { content, meshServer, serve } from './mesh-server.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

const files: Record<string, Buffer> = { 'a.stl': content(200_000, 1), 'meshes/b.stl': content(5_000, 2) };

let server: Awaited<ReturnType<typeof meshServer>>;
let folder: string;
let count = 0;

beforeAll(async () => {
  server = await meshServer(files);
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  server.reset();
  folder = join(temporary.path, `cache-${count++}`);
});
afterEach(() => {
  // Nothing under a file's own name is ever wrong.
  for (const { path, sha256 } of server.list.files) {
    const file = join(folder, path);
    if (existsSync(file)) expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(sha256);
  }
});

let pauses: number[] = [];
const run = async (options = {}) => {
  pauses = [];
  return fetchMeshes('robot', server.list, folder, {
    pause: async (attempt) => {
      pauses.push(attempt);
    },
    ...options,
  });
};
const failure = async (options = {}) => {
  const error = await run(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
};

describe('fetchMeshes', () => {
  it('brings every file, tells how far it is, and leaves no half files', async () => {
    const seen: FetchProgress[] = [];
    expect(await run({ onProgress: (progress: FetchProgress) => seen.push(progress) })).toBe(205_000);
    for (const [path, body] of Object.entries(files))
      expect(readFileSync(join(folder, path)).equals(body)).toBe(true);
    expect(existsSync(join(folder, 'a.stl.part'))).toBe(false);
    expect(seen.every(({ total, files }) => total === 205_000 && files === 2)).toBe(true);
    expect(seen.every(({ received }, i) => i === 0 || received >= seen[i - 1].received)).toBe(true);
    expect(seen.filter(({ whole }) => whole).map(({ file }) => file)).toEqual(Object.keys(files));
    expect(seen.at(-1)).toEqual({
      file: 'meshes/b.stl',
      number: 2,
      files: 2,
      whole: true,
      received: 205_000,
      total: 205_000,
    });
  });

  it('asks for nothing that is there', async () => {
    await run();
    server.requests = [];
    const seen: FetchProgress[] = [];
    expect(await run({ onProgress: (progress: FetchProgress) => seen.push(progress) })).toBe(0);
    expect(server.requests).toEqual([]);
    expect(seen.map(({ whole }) => whole)).toEqual([true, true]);
  });

  it('fetches anew what has been changed on the disk', async () => {
    await run();
    writeFileSync(join(folder, 'meshes/b.stl'), Buffer.alloc(5_000));
    server.requests = [];
    expect(await run()).toBe(5_000);
    expect(server.requests.map(({ path }) => path)).toEqual(['meshes/b.stl']);
  });

  it('goes on where an earlier run ended', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'a.stl.part'), files['a.stl'].subarray(0, 150_000));
    expect(await run()).toBe(55_000);
    expect(server.requests[0]).toEqual({ path: 'a.stl', range: 'bytes=150000-' });
  });

  it('goes on within one run when the connection is cut', async () => {
    let cuts = 2;
    server.handle = (request, response, body) => {
      if (cuts-- <= 0) return serve(request, response, body);
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      const head = start > 0 ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {};
      response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length - start, ...head });
      response.write(body.subarray(start, start + 60_000));
      const part = join(folder, 'a.stl.part');
      const cutWhenWritten = () => {
        if (existsSync(part) && statSync(part).size === start + 60_000) response.destroy();
        else setTimeout(cutWhenWritten, 5);
      };
      cutWhenWritten();
    };
    await run();
    expect(readFileSync(join(folder, 'a.stl')).equals(files['a.stl'])).toBe(true);
    expect(pauses).toEqual([2, 3]);
    expect(server.requests.slice(0, 3).map(({ range }) => range)).toEqual([
      undefined,
      'bytes=60000-',
      'bytes=120000-',
    ]);
  });

  it('begins anew with a server that does not know ranges, or answers with another one', async () => {
    for (const answer of [undefined, 'bytes 7-199999/200000']) {
      folder = join(temporary.path, `cache-${count++}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'a.stl.part'), content(1000, 9));
      server.handle = (_, response, body) =>
        response.writeHead(answer ? 206 : 200, answer ? { 'content-range': answer } : {}).end(body);
      await run();
      expect(readFileSync(join(folder, 'a.stl')).equals(files['a.stl'])).toBe(true);
    }
  });

  it('throws away a rest that does not fit, and what is too long', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'a.stl.part'), content(100_000, 5));
    await run();
    expect(pauses).toEqual([2]);
    folder = join(temporary.path, `cache-${count++}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'a.stl.part'), content(300_000, 5));
    await run();
    expect(server.requests.at(-2)?.range).toBeUndefined();
  });

  it('never keeps bytes with another hash, and says so', async () => {
    server.handle = (_, response, body) => response.end(Buffer.alloc(body.length, 1));
    expect(await failure()).toMatch(/^robot: a\.stl could not be fetched .*SHA-256 is not the expected one/);
    expect(server.requests.length).toBe(4);
    expect(existsSync(join(folder, 'a.stl'))).toBe(false);
    expect(existsSync(join(folder, 'a.stl.part'))).toBe(false);
  });

  it('takes no more bytes than announced from a server that never ends', async () => {
    server.handle = (_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65536))) {}
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    };
    expect(await failure()).toContain('sends more than 200000 bytes');
    expect(existsSync(join(folder, 'a.stl.part'))).toBe(false);
  });

  it('gives up a server that falls silent, and keeps what it sent', async () => {
    server.handle = (_, response, body) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 1000));
    };
    expect(await failure({ patience: 0.6 })).toContain('the server sends nothing');
    expect(statSync(join(folder, 'a.stl.part')).size).toBe(1000);
  });

  it('does not insist when a file is not there, but does when the server is in trouble', async () => {
    server.handle = (_, response) => response.writeHead(404).end('no');
    expect(await failure()).toContain('the server answers 404');
    expect(server.requests.length).toBe(1);
    let troubles = 2;
    server.handle = (request, response, body) =>
      troubles-- > 0 ? response.writeHead(503).end() : serve(request, response, body);
    await run();
    expect(pauses).toEqual([2, 3]);
  });

  it('names PREMOTOR_ASSETS when there is no net', async () => {
    const dead = await meshServer(files);
    await dead.close();
    const online = server.list;
    server.list = dead.list;
    try {
      const message = await failure();
      expect(message).toContain('could not be fetched from 127.0.0.1');
      expect(message).toContain('ECONNREFUSED');
      expect(message).toContain('set PREMOTOR_ASSETS');
    } finally {
      server.list = online;
    }
  });

  it('says when the cache cannot be written', async () => {
    mkdirSync(dirname(folder), { recursive: true });
    writeFileSync(folder, 'a file where the folder should be');
    expect(await failure()).toMatch(/cannot be written \((EEXIST|ENOTDIR)\); set PREMOTOR_CACHE/);
  });
});
