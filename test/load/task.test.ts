import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { loadTask, loadTaskCode, shippedTaskNames } from '#src/load/task';
import { temporaryFolder } from '../runs/fixtures.ts';

// Outside of any node_modules, as a user's folder may be.
const folder = temporaryFolder();
const cache = join(folder.path, 'cache');
let before: string | undefined;
beforeAll(() => {
  before = process.env.PREMOTOR_CACHE;
  process.env.PREMOTOR_CACHE = cache;
});
afterEach(() => {
  process.env.PREMOTOR_CACHE = cache;
});
afterAll(() => {
  if (before === undefined) delete process.env.PREMOTOR_CACHE;
  else process.env.PREMOTOR_CACHE = before;
  folder.remove();
});

function write(name: string, text: string): string {
  const path = join(folder.path, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const task = (summary: string) => `
  import { z } from 'zod';
  import { defineTask } from 'premotor';
  import { reward } from './reward.ts';
  import numbers from './numbers.json';
  const name: string = 'own';
  export default defineTask({
    name, summary: '${summary}', robots: 'any', controlPeriod: numbers.period, episodeSteps: 3, planHorizon: 1,
    params: z.object({}),
    build: () => ({ observation: [], reset: () => ({ state: { position: [], velocity: [] } }), reward }),
  });`;

function writeTask(where: string, summary = 'first'): string {
  write(`${where}/reward.ts`, 'export const reward = (s: ArrayLike<number>): number => 2 * s[0];');
  write(`${where}/numbers.json`, '{ "period": 0.25 }');
  return write(`${where}/own.ts`, task(summary));
}

describe('loadTask', () => {
  it('finds every shipped task by its name', async () => {
    const names = await shippedTaskNames();
    expect(names).toEqual(expect.arrayContaining(['cartpole-swingup', 'reacher']));
    for (const name of names) {
      const { task, module, file, code } = await loadTask(name);
      expect({ name: task.name, file, code }).toEqual({ name, file: null, code: null });
      expect((await import(module)).default).toBe(task);
    }
  });

  it('bundles a file with what it imports, and leads premotor and zod here', async () => {
    const { task, file, module } = await loadTask(writeTask('plain'));
    expect(task).toMatchObject({ name: 'own', controlPeriod: 0.25, episodeSteps: 3 });
    expect(task.build({} as never, {}).reward([21], [], [], [])).toBe(42);
    expect(file).toBe(join(folder.path, 'plain', 'own.ts'));
    expect(module.startsWith(pathToFileURL(cache).href)).toBe(true);
  });

  it('takes a file: URL', async () => {
    expect((await loadTask(pathToFileURL(writeTask('plain')).href)).task.name).toBe('own');
  });

  it('takes the compiled form beside a program that was compiled', async () => {
    write(
      'compiled/own.js',
      "import { z } from 'premotor'; export default { name: 'js', summary: '', robots: 'any', controlPeriod: 1, episodeSteps: 1, planHorizon: 1, params: z.object({}), build() {} };",
    );
    expect((await loadTask(join(folder.path, 'compiled', 'own.ts'))).task.name).toBe('js');
  });

  it('gives a module that another thread can import', async () => {
    const { module } = await loadTask(writeTask('plain'));
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       import(workerData).then(({ default: task }) => parentPort.postMessage(task.build().reward([4])));`,
      { eval: true, workerData: module },
    );
    const answer = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    await worker.terminate();
    expect(answer).toBe(8);
  });

  it('gives the same module for the same code anywhere, another one after an edit', async () => {
    const first = await loadTask(writeTask('here'));
    const moved = await loadTask(writeTask('there/deeper'));
    expect(moved.code).toBe(first.code);
    expect(moved.module).toBe(first.module);
    expect(first.code).not.toContain(folder.path);
    const edited = await loadTask(writeTask('here', 'second'));
    expect(edited.module).not.toBe(first.module);
    expect(edited.task.summary).toBe('second');
  });

  it('gives a code that loads again without its sources', async () => {
    const { code, module } = await loadTask(writeTask('plain'));
    process.env.PREMOTOR_CACHE = join(folder.path, 'another');
    const again = await loadTaskCode(code ?? '', 'run/task.mjs');
    expect(again.task.name).toBe('own');
    expect(again.code).toBe(code);
    expect(again.module).not.toBe(module);
  });

  it('does not run what somebody else put into the cache', async () => {
    const { module } = await loadTask(writeTask('guarded', 'guarded'));
    const [name] = readdirSync(join(cache, 'tasks')).filter((file) => module.endsWith(file));
    const path = join(cache, 'tasks', name);
    const right = readFileSync(path, 'utf8');
    writeFileSync(path, 'globalThis.intruder = true; export default {};');
    await loadTask(writeTask('guarded', 'guarded'));
    expect(readFileSync(path, 'utf8')).toBe(right);
    expect(globalThis).not.toHaveProperty('intruder');
  });

  it('says when the cache cannot be written', async () => {
    process.env.PREMOTOR_CACHE = write('occupied', '');
    await expect(loadTask(writeTask('plain', 'no cache'))).rejects.toThrow(/set PREMOTOR_CACHE/);
    await expect(loadTask(writeTask('plain', 'no cache'))).rejects.toBeInstanceOf(InputError);
  });
});
