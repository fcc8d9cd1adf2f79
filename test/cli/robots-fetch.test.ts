import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { content, meshServer, serve } from '../load/mesh-server.ts';
import { temporaryFolder } from '../runs/fixtures.ts';
import type { Ended } from './premotor.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporary = temporaryFolder();
/** An installation whose robot panda has its meshes on a server of ours. */
const installed = join(temporary.path, 'installed');

const files: Record<string, Buffer> = {
  'hand.stl': content(300_000, 1),
  'links/link0.stl': content(40_000, 2),
};

let server: Awaited<ReturnType<typeof meshServer>>;
let cache: string;
let count = 0;

beforeAll(async () => {
  server = await meshServer(files);
  mkdirSync(installed);
  for (const name of ['dist', 'node_modules', 'package.json'])
    symlinkSync(join(root, name), join(installed, name));
  cpSync(join(root, 'robots', 'panda'), join(installed, 'robots', 'panda'), { recursive: true });
  writeFileSync(join(installed, 'robots', 'panda', 'meshes.json'), JSON.stringify(server.list));
});
afterAll(() => {
  server.close();
  temporary.remove();
});
beforeEach(() => {
  server.reset();
  cache = join(temporary.path, `cache-${count++}`);
});

const fetched = (path: string) => join(cache, 'robots', 'panda', path);

function start() {
  const { PREMOTOR_ASSETS: _, ...env } = process.env;
  const main = join(installed, 'dist', 'src', 'cli', 'main.js');
  // The installation's files are links: it must find its robots beside them.
  const links = ['--preserve-symlinks', '--preserve-symlinks-main'];
  const child = spawn(process.execPath, [...links, main, 'robots', 'fetch', 'panda'], {
    env: { ...env, PREMOTOR_CACHE: cache, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  return { ended, kill: () => child.kill('SIGKILL') };
}

function expectWhole(): void {
  for (const [path, body] of Object.entries(files))
    expect(readFileSync(fetched(path)).equals(body)).toBe(true);
  expect(readdirSync(join(cache, 'robots', 'panda')).sort()).toEqual(['hand.stl', 'links']);
  expect(readdirSync(fetched('links'))).toEqual(['link0.stl']);
}

describe('premotor robots fetch', () => {
  it('brings the files, tells each in a line of stderr where there is no terminal, and is silent about what is there', async () => {
    const first = await start().ended;
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toBe(
      'panda: 0.30 of 0.34 MB, 1 of 2: hand.stl\npanda: 0.34 of 0.34 MB, 2 of 2: links/link0.stl\n',
    );
    expect(first.stdout).toBe(
      `panda: 2 meshes (Apache-2.0) are in ${join(cache, 'robots', 'panda')}, 0.34 MB fetched\n`,
    );
    expectWhole();
    server.requests = [];
    expect(await start().ended).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: `panda: 2 meshes (Apache-2.0) are in ${join(cache, 'robots', 'panda')} already\n`,
    });
    expect(server.requests).toEqual([]);
  });

  it('killed in the middle of a file, goes on from there', async () => {
    server.handle = (_, response, body) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 100_000));
    };
    const running = start();
    const part = fetched('hand.stl.part');
    await expect.poll(() => existsSync(part) && statSync(part).size, { timeout: 20_000 }).toBe(100_000);
    running.kill();
    expect((await running.ended).signal).toBe('SIGKILL');
    server.handle = serve;
    server.requests = [];
    const { code, stdout } = await start().ended;
    expect(code).toBe(0);
    expect(stdout).toContain('0.24 MB fetched');
    expect(server.requests).toEqual([
      { path: 'hand.stl', range: 'bytes=100000-' },
      { path: 'links/link0.stl', range: undefined },
    ]);
    expectWhole();
  });

  it('says in one line that what came has another SHA-256, and keeps none of it', async () => {
    server.handle = (request, response, body) => {
      if (request.url?.endsWith('link0.stl')) response.end(Buffer.alloc(body.length, 1));
      else serve(request, response, body);
    };
    const { code, stdout, stderr } = await start().ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const [progress, error, ...rest] = stderr.trimEnd().split('\n');
    expect(progress).toBe('panda: 0.30 of 0.34 MB, 1 of 2: hand.stl');
    expect(error).toMatch(
      /panda: links\/link0\.stl could not be fetched from 127\.0\.0\.1:\d+: its SHA-256 is not the expected one/,
    );
    expect(rest).toEqual([]);
    expect(existsSync(fetched('hand.stl'))).toBe(true);
    expect(readdirSync(fetched('links'))).toEqual([]);
    // The first of these two files is not asked for again.
    server.handle = serve;
    server.requests = [];
    expect((await start().ended).stderr).toBe('panda: 0.34 of 0.34 MB, 2 of 2: links/link0.stl\n');
    expect(server.requests.map(({ path }) => path)).toEqual(['links/link0.stl']);
    expectWhole();
  });
});
