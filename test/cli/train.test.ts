import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../runs/fixtures.ts';
import { type Ended, eventsOf, fixture, launch, premotor, start } from './premotor.ts';

const out = temporaryFolder();
const tiny = fixture('tiny.ts');
afterAll(() => out.remove());

let json: Ended;
let directory: string;
beforeAll(async () => {
  // 13 steps are more than one episode, so two.
  const args = ['--steps', '13', '--seed', '7', '--json', '--out', join(out.path, 'a')];
  json = await launch(['train', tiny, ...args]);
  directory = String(eventsOf(json)[0].directory);
});

describe('train', () => {
  it('with --json tells one object a line: start, steps, fit, trial, …, end', () => {
    expect(json.code).toBe(0);
    expect(json.stderr).toBe('');
    const trial = [...new Array(12).fill('step'), 'fit', 'trial'];
    expect(eventsOf(json).map(({ event }) => event)).toEqual(['start', ...trial, ...trial, 'end']);
  });

  it('with --json gives a trial exactly the members of docs/design.md', () => {
    const trials = eventsOf(json).filter(({ event }) => event === 'trial');
    for (const trial of trials) {
      expect(Object.keys(trial)).toEqual([
        ...[
          'event',
          'trial',
          'return',
          'score',
          'envSteps',
          'wallSeconds',
          'fitSeconds',
          'planMs',
          'late',
          'seed',
        ],
      ]);
    }
    expect(trials.map(({ trial, envSteps, seed, score }) => [trial, envSteps, seed, score])).toEqual([
      [1, 12, 7, null],
      [2, 24, 7, null],
    ]);
    expect(trials[0].planMs).toBeNull();
    expect(Object.keys(trials[1].planMs as object)).toEqual(['p50', 'p99', 'max']);
  });

  it('with --json tells returns that are the sums of the rewards of its steps', () => {
    const events = eventsOf(json);
    for (const { trial, return: total } of events.filter(({ event }) => event === 'trial')) {
      const rewards = events.filter((event) => event.event === 'step' && event.trial === trial);
      expect(rewards.reduce((sum, { reward }) => sum + Number(reward), 0)).toBeCloseTo(Number(total), 10);
    }
  });

  it('tells people the build, threads, budgets, seed, folder and what can be done next', async () => {
    const { code, stdout, stderr } = await premotor([
      'train',
      tiny,
      '--trials',
      '1',
      '--out',
      join(out.path, 'b'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const run = join(out.path, 'b', readdirSync(join(out.path, 'b'))[0]);
    expect(stdout).toMatch(/engine +wasm, .*(FMA|SIMD|simd).*threads?/);
    expect(stdout).toMatch(/quality 6 × 2, realtime 4 × 1/);
    expect(stdout).toContain('seed 0');
    expect(stdout).toMatch(/trial +return +score +steps +wall +fit +plan p50 +p99 +max +late/);
    expect(stdout).toContain(`run      ${run}`);
    expect(stdout).toContain(`watch    premotor train --resume ${run} --view`);
    expect(stdout).toContain(`evaluate premotor eval ${run}`);
    // No terminal: nothing is redrawn.
    expect(stdout).not.toContain('\r');
  });

  it('keeps in the manifest what decided its bits', () => {
    const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      ...{ format: 1, seed: 7, trials: 2, model: 'learned', engine: 'wasm', numerics: 'fast', agent: 'pets' },
      task: { name: 'tiny', params: { weight: 1 } },
      robot: { name: 'cartpole' },
      budget: { name: 'quality', candidates: 6, iterations: 2 },
      config: { model: { hidden: [16, 16], maxEpochs: 6, members: 5 }, planner: { elites: 2 } },
      builds: [{ trial: 1, node: process.version }],
    });
  });

  it('keeps the task with the run: edits of the file do not reach it', async () => {
    const copy = readFileSync(join(directory, 'task.mjs'), 'utf8');
    expect(copy).toContain('from "premotor"');
    const { code, stderr } = await premotor(['eval', directory, '--episodes', '1', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('merges settings: schema < task < file < --set', async () => {
    const { writeFileSync } = await import('node:fs');
    const file = join(out.path, 'config.json');
    writeFileSync(file, JSON.stringify({ planner: { elites: 3, particles: 10 }, params: { weight: 0.5 } }));
    const parent = join(out.path, 'c');
    const { code } = await premotor([
      ...['train', tiny, '--trials', '1', '--threads', '1', '--out', parent, '--config', file],
      ...[
        '--set',
        'planner.elites=4',
        '--set',
        'model.hidden=[8, 8]',
        '--set',
        'budgets.quality.candidates=5',
      ],
      ...['--planner', 'cem'],
    ]);
    expect(code).toBe(0);
    const { config, task, budget } = JSON.parse(
      readFileSync(join(parent, readdirSync(parent)[0], 'manifest.json'), 'utf8'),
    );
    expect(config.planner).toMatchObject({ elites: 4, particles: 10, name: 'cem', momentum: 0.1 });
    expect(config.model).toMatchObject({ hidden: [8, 8], batch: 8, members: 5 });
    expect(budget).toEqual({ name: 'quality', candidates: 5, iterations: 2 });
    expect(task.params).toEqual({ weight: 0.5 });
  });

  it('plans against the clock, and keeps how far it came', async () => {
    const parent = join(out.path, 'timed');
    const { code, stdout } = await premotor([
      ...['train', tiny, '--trials', '2', '--threads', '1', '--out', parent, '--budget', '5ms'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('5ms (6 × up to 100, 5 ms at most)');
    const directory = join(parent, readdirSync(parent)[0]);
    const { budget } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'));
    expect(budget).toEqual({ name: '5ms', candidates: 6, iterations: 100, milliseconds: 5 });
    const steps = readFileSync(join(directory, 'steps.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    for (const { trial, evaluations } of steps) {
      if (trial === 1) expect(evaluations).toBeUndefined();
      else expect(evaluations).toBeGreaterThanOrEqual(4);
    }
  });

  it('plans in the simulator itself with --model true', async () => {
    const { code, stdout } = await premotor([
      ...[
        'train',
        tiny,
        '--trials',
        '1',
        '--threads',
        '1',
        '--model',
        'true',
        '--json',
        '--out',
        join(out.path, 'd'),
      ],
    ]);
    expect(code).toBe(0);
    const events = eventsOf({ code, signal: null, stdout, stderr: '' });
    expect(events.filter(({ event }) => event === 'fit')).toEqual([]);
    expect(events.find(({ event }) => event === 'trial')?.planMs).not.toBeNull();
  });

  it('--steps rounds up to whole episodes', () => {
    expect(eventsOf(json)[0].trials).toBe(2);
  });
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends with 130 and keeps the committed trials',
    async (signal) => {
      const parent = join(out.path, signal);
      const running = start(['train', tiny, '--trials', '500', '--json', '--out', parent], {
        onEvent: ({ event, trial }) => {
          if (event === 'trial' && trial === 2) running.kill(signal);
        },
      });
      const ended = await running.ended;
      expect(ended).toMatchObject({ code: 130, stderr: '' });
      const events = eventsOf(ended);
      expect(events.at(-1)).toMatchObject({ event: 'end', reason: 'interrupted' });
      const trials = events.filter(({ event }) => event === 'trial').length;
      expect(trials).toBeLessThan(500);
      const [run] = readdirSync(parent);
      expect(readFileSync(join(parent, run, 'trials.jsonl'), 'utf8').split('\n')).toHaveLength(trials + 1);
      const again = start(['train', '--resume', join(parent, run), '--json'], {
        onEvent: ({ event, trial }) => {
          if (event === 'trial' && trial === trials + 1) again.kill(signal);
        },
      });
      expect((await again.ended).code).toBe(130);
    },
  );
});

describe('eval', () => {
  it('repeats itself, and says so to people and programs', async () => {
    const run = directory;
    const before = readFileSync(join(run, 'latest'), 'utf8');
    const once = await premotor(['eval', run, '--episodes', '2', '--json']);
    const again = await launch(['eval', run, '--episodes', '2', '--json', '--threads', '2']);
    const end = (ended: Ended) => eventsOf(ended).find(({ event }) => event === 'end');
    expect(end(once)?.returns).toHaveLength(2);
    const episodes = eventsOf(once).filter(({ event }) => event === 'trial');
    expect(episodes.map((episode) => episode.return)).toEqual(end(once)?.returns);
    expect(episodes.map(({ trial, envSteps, fitSeconds }) => [trial, envSteps, fitSeconds])).toEqual([
      [1, 12, 0],
      [2, 24, 0],
    ]);
    expect(end(again)?.returns).toEqual(end(once)?.returns);
    expect(end(once)).toMatchObject({ reason: 'done', score: null, successRate: expect.any(Number) });
    const { code, stdout } = await premotor(['eval', run, '--episodes', '2', '--seed', '3']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^task .*: 2 episodes of 12 steps/m);
    expect(stdout).toMatch(/episode +return +score\n +1 .*\n +2 .*\n +mean .*\nsuccess in \d+ %/);
    expect(stdout).not.toMatch(/trial/);
    expect(readFileSync(join(run, 'latest'), 'utf8')).toBe(before);
  });

  it('has nothing to show before the first trial', async () => {
    const { RunFolder } = await import('#src/runs/index');
    const { manifest } = await import('../runs/fixtures.ts');
    const { loadRobot } = await import('#src/load/robot');
    const store = await RunFolder.create(out.path, 'empty', {
      ...manifest,
      robot: await loadRobot('cartpole'),
      task: { ...manifest.task, name: 'cartpole-swingup', params: {} },
    });
    store.close();
    const { code, stderr } = await premotor(['eval', store.directory]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/has no finished trial yet: premotor train --resume/);
    const real = await RunFolder.create(out.path, 'empty-real', {
      ...store.manifest,
      hardware: { driver: 'mock', port: 'mock', calibration: null },
    });
    real.close();
    expect((await premotor(['eval', real.directory])).stderr).toMatch(
      /has no finished trial yet: premotor run --resume .* --port …\n$/,
    );
  });
});
