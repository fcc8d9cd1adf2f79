import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { evaluate, InputError, resume, run, type TelemetryEvent, train } from '#src/index';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());
const tiny = pathToFileURL(fixture('tiny.ts'));

it('trains, goes on and evaluates without blocking its caller', async () => {
  const events: TelemetryEvent['type'][] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const run = await train({
    ...{
      task: tiny,
      out: out.path,
      trials: 2,
      seed: 3,
      threads: 1,
      budget: { candidates: 5, iterations: 1 },
    },
    config: { model: { hidden: [8] }, params: { weight: 0.5 } },
    onEvent: ({ type }) => events.push(type),
  });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(20);
  expect(run.reason).toBe('done');
  expect(run.trials.map(({ trial, seed }) => [trial, seed])).toEqual([
    [1, 3],
    [2, 3],
  ]);
  expect(events.filter((type) => type === 'step')).toHaveLength(24);
  expect([events[0], events.at(-1)]).toEqual(['start', 'end']);
  const manifest = JSON.parse(readFileSync(join(run.directory, 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({
    budget: { candidates: 5, iterations: 1 },
    task: { params: { weight: 0.5 } },
  });

  const longer = await resume({ run: run.directory, trials: 3, threads: 1 });
  expect(longer.trials.map(({ return: total }) => total).slice(0, 2)).toEqual(
    run.trials.map(({ return: total }) => total),
  );
  expect(longer.trials).toHaveLength(3);

  const { returns, scores, successRate } = await evaluate({ run: run.directory, episodes: 2, threads: 1 });
  expect(returns).toHaveLength(2);
  expect(scores).toEqual([null, null]);
  expect(successRate).not.toBeNull();
});

it('rejects with an InputError what cannot be used, and leaves nothing behind', async () => {
  const parent = join(out.path, 'none');
  for (const wrong of [
    { task: 'nosuch' },
    { task: tiny, robot: 'arm7' },
    { task: tiny, config: { planner: { elite: 3 } } },
    { task: tiny, budget: '15 minutes' },
    { task: tiny, budget: { candidates: 4, iterations: 2, milliseconds: -1 } },
  ]) {
    await expect(train({ out: parent, ...wrong })).rejects.toBeInstanceOf(InputError);
  }
  await expect(evaluate({ run: parent })).rejects.toThrow(/no such run folder/);
  expect(existsSync(parent)).toBe(false);
});

it('keeps the kind of an error that comes from the session', async () => {
  const file = join(out.path, 'occupied');
  await import('node:fs').then(({ writeFileSync }) => writeFileSync(file, ''));
  const error = await train({ task: tiny, out: file, trials: 1, threads: 1 }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).exitCode).toBe(2);
});

it('stops when asked, with what was learned saved', async () => {
  const abort = new AbortController();
  const run = await train({
    ...{ task: tiny, out: out.path, trials: 500, seed: 4, threads: 1, signal: abort.signal },
    onEvent: (event) => {
      if (event.type === 'trial') abort.abort();
    },
  });
  expect(run.reason).toBe('interrupted');
  expect(run.trials.length).toBeGreaterThan(0);
  expect(run.trials.length).toBeLessThan(500);
  const saved = readFileSync(join(run.directory, 'trials.jsonl'), 'utf8').split('\n').length - 1;
  expect(saved).toBe(run.trials.length);
});

it('asks its caller before each episode on a robot, and ends with what the caller throws', async () => {
  const task = pathToFileURL(fixture('still.ts'));
  const options = {
    task,
    robot: 'so101',
    port: 'mock',
    trials: 1,
    threads: 1,
    recoveries: 100,
    out: out.path,
  };
  let asked = 0;
  let steps = 0;
  const learned = await run({
    ...options,
    confirm: async () => {
      asked++;
      const before = steps;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(steps).toBe(before);
    },
    onEvent: ({ type }) => {
      if (type === 'step') steps++;
    },
  });
  expect(learned.trials).toHaveLength(1);
  expect(asked).toBeGreaterThan(0);
  const refused = run({ ...options, confirm: () => Promise.reject(new Error('the cube is gone')) });
  await expect(refused).rejects.toThrow('the cube is gone');
});
