import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser } from '#src/cli/browser';
import { createWasmEngine } from '#src/kernels/index';

interface Computed {
  readonly description: string;
  readonly bits: string;
}
type Compute = (create: unknown, options: object, task: object) => Promise<Computed>;

const root = new URL('../../', import.meta.url);
const fixtures = 'test/kernels/fixtures';
const { compute } = (await import(new URL(`${fixtures}/compute.mjs`, root).href)) as { compute: Compute };

const taskAt = (base: URL | string) => ({
  module: new URL(`${fixtures}/probe.mjs`, base).href,
  robot: { name: 'any' },
  params: { mode: 'quadratic' },
});

test('portable numerics have the same bits on every machine', async () => {
  const { bits } = await compute(createWasmEngine, { threads: 2, numerics: 'portable' }, taskAt(root));
  // From x86-64 with Node 20, 22 and 24. To be renewed whenever the kernels' arithmetic changes on purpose.
  expect(createHash('sha256').update(bits).digest('hex').slice(0, 16)).toBe('9c70f9b3546befb3');
});

/** The browser that npm brings on Linux, elsewhere an installed Chrome. */
async function browserPath(): Promise<string | undefined> {
  try {
    const { default: bundled } = await import('@sparticuz/chromium');
    return await bundled.executablePath();
  } catch {
    const found = findBrowser();
    return found !== undefined && /chrom|edge/i.test(found) ? found : undefined;
  }
}

const executablePath = await browserPath();
const types: Record<string, string> = { '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** The repository over loopback; what lies under /isolated/ may share memory between threads. */
function serve(): Promise<Server> {
  const page = `<!doctype html><script type="importmap">
    {"imports": {"#kernels/threads": "./dist/src/kernels/threads.browser.js"}}</script>`;
  const server = createServer(async ({ url = '/' }, response) => {
    const [, kind, path] = /^\/(isolated|plain)\/(.*)$/.exec(url) ?? ['', '', 'nothing'];
    if (kind === 'isolated') {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    try {
      const body = path === '' ? page : await readFile(new URL(path, root));
      response.setHeader('Content-Type', types[extname(path)] ?? 'text/html').end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const where = executablePath === undefined ? 'in a browser (skipped: no Chrome here)' : 'in a browser';
describe.skipIf(executablePath === undefined)(where, () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await serve();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each([
    ['on threads where the page may share memory', 'isolated', 'wasm, plain simd, 2 threads'],
    ['on the page’s own thread where it may not', 'plain', 'wasm, plain simd, 1 thread'],
  ])('the kernels compute %s, with the bits of Node', async (_, kind, description) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${kind}/`;
    const page = await browser.newPage();
    await page.goto(base);
    // As text: the test runner rewrites imports inside functions.
    const computed = (await page.evaluate(`(async () => {
      const { compute } = await import('${base}${fixtures}/compute.mjs');
      const { createWasmEngine } = await import('${base}dist/src/kernels/index.js');
      return compute(createWasmEngine, { threads: 2, numerics: 'portable' }, ${JSON.stringify(taskAt(base))});
    })()`)) as Computed;
    expect(computed.description).toBe(description);
    const here = await compute(createWasmEngine, { threads: 1, numerics: 'portable' }, taskAt(root));
    expect(computed.bits).toBe(here.bits);
    await page.close();
  });
});
