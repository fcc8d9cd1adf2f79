import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeSettings } from '#src/cli/settings';
import { planTune } from '#src/cli/tune-plan';
import { defaultsModule, withOrigin, writeChosen } from '#src/cli/tune-write';
import { loadTask } from '#src/load/task';
import { temporaryFolder } from '../runs/fixtures.ts';
import { eventsOf, fixture, launch, premotor, start } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());
const tiny = fixture('tiny.ts');
const space = join(out.path, 'space.json');
writeFileSync(
  space,
  JSON.stringify({ 'planner.sigma': { from: 0.1, to: 1, scale: 'log' }, 'planner.elites': [2, 3] }),
);
let run = '';
const quick = () => [
  ...['tune', tiny, '--run', run, '--space', space, '--candidates', '2', '--rounds', '1'],
  ...['--seeds', '2', '--check', '3', '--minutes', '5', '--json'],
];
/** What must not depend on clock or jobs. */
const bits = (directory: string) =>
  readFileSync(join(directory, 'trials.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ candidate, seed, return: total, values }) => JSON.stringify({ candidate, seed, total, values }))
    .sort();

beforeAll(async () => {
  const parent = join(out.path, 'runs');
  const { code } = await premotor(['train', tiny, '--trials', '2', '--threads', '1', '--out', parent]);
  expect(code).toBe(0);
  run = join(parent, readdirSync(parent)[0]);
});

describe('tune', () => {
  let directory: string;
  let expected: string[];

  it('tries settings on a learned run, and tells the frontier, the comparison and what to use', async () => {
    const { code, stdout, stderr, ...rest } = await premotor([
      ...quick(),
      '--jobs',
      '1',
      '--out',
      join(out.path, 'a'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = eventsOf({ code, stdout, stderr, ...rest });
    const end = events[events.length - 1];
    expect([events[0].event, end.event]).toEqual(['start', 'end']);
    expect(events.filter(({ event }) => event === 'rung')).toHaveLength(2);
    directory = String(end.directory);
    expected = bits(directory);
    expect(events.filter(({ event }) => event === 'trial')).toHaveLength(expected.length);
    // The settings that it says to use are such that --config takes them.
    const { task } = await loadTask(tiny);
    const chosen = JSON.parse(readFileSync(join(directory, 'chosen.json'), 'utf8'));
    expect(chosen).toEqual(end.config);
    expect(mergeSettings(task, { config: chosen }).config.planner.sigma).toBe(chosen.planner.sigma);
    const [header, ...rows] = readFileSync(join(directory, 'table.csv'), 'utf8').trim().split('\n');
    expect(header).toBe('settings,seeds,mean,deviation,planP50,cost,mark,planner.sigma,planner.elites');
    expect(rows).toHaveLength(3);
    expect(readdirSync(directory).sort()).toEqual(['chosen.json', 'table.csv', 'trials.jsonl', 'tune.json']);
  });

  it('finds the same with more trials at a time', async () => {
    const { stdout, ...rest } = await premotor([...quick(), '--jobs', '3', '--out', join(out.path, 'b')]);
    const events = eventsOf({ stdout, ...rest });
    expect(bits(String(events[0].directory))).toEqual(expected);
  });

  it('killed with -9 and resumed, ends as if undisturbed; a second one in its folder is refused', async () => {
    let folder = '';
    let second: Promise<{ code: number | null; stderr: string }> | undefined;
    const child = start([...quick(), '--jobs', '1', '--out', join(out.path, 'c')], {
      onEvent: ({ event, directory: made }, index) => {
        if (event === 'start') {
          folder = String(made);
          second = launch(['tune', '--resume', folder]);
          void second.then(() => child.kill('SIGKILL'));
        } else if (index > 4) child.kill('SIGKILL');
      },
    });
    expect((await child.ended).signal).toBe('SIGKILL');
    const refused = await second;
    expect(refused?.code).toBe(2);
    expect(refused?.stderr).toMatch(/is in use by process \d+/);
    const before = readFileSync(join(folder, 'trials.jsonl'), 'utf8');
    writeFileSync(join(folder, 'trials.jsonl'), `${before}{"candidate":1,"see`);
    const { code } = await premotor(['tune', '--resume', folder, '--jobs', '2', '--minutes', '5', '--json']);
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'trials.jsonl'), 'utf8').startsWith(before)).toBe(true);
    expect(bits(folder)).toEqual(expected);
    expect(existsSync(join(folder, 'work'))).toBe(false);
  }, 30_000);

  it('stopped by Ctrl-C, prints the frontier so far and how to go on', async () => {
    const args = quick().filter((word) => word !== '--json');
    let asked = false;
    const child = start([
      ...args,
      '--seeds',
      '64',
      '--candidates',
      '60',
      '--jobs',
      '1',
      '--out',
      join(out.path, 'd'),
    ]);
    const folder = join(out.path, 'd');
    const poll = setInterval(() => {
      const [made] = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('tune-')) : [];
      if (asked || !made) return;
      const lines = readFileSync(join(folder, made, 'trials.jsonl'), 'utf8').split('\n').length - 1;
      if (lines < 2) return;
      asked = true;
      child.kill('SIGINT');
    }, 50);
    const { code, stdout, stderr } = await child.ended;
    clearInterval(poll);
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).toContain('frontier after 1 seed, cheapest first:');
    expect(stdout).toMatch(/go on {4}premotor tune --resume .*tune-tiny-planner/);
  }, 30_000);

  it('learns anew for settings of planner and model, and leaves no run folders behind', async () => {
    const { code, stdout, ...rest } = await premotor([
      ...[
        'tune',
        tiny,
        '--what',
        'all',
        '--trials',
        '2',
        '--candidates',
        '2',
        '--rounds',
        '1',
        '--seeds',
        '1',
      ],
      ...[
        '--check',
        '3',
        '--jobs',
        '2',
        '--set',
        'model.hidden=8,8',
        '--set',
        'planner.particles=15',
        '--json',
      ],
      ...['--out', join(out.path, 'e')],
    ]);
    expect(code).toBe(0);
    const [first, ...events] = eventsOf({ code, stdout, ...rest });
    expect(Object.keys(first.space as object)).not.toContain('model.hidden');
    const trials = events.filter(({ event }) => event === 'trial');
    expect(new Set(trials.map(({ trials: count }) => count))).toEqual(new Set([2]));
    expect(new Set(trials.map(({ return: total }) => total)).size).toBeGreaterThan(1);
    expect(readdirSync(String(first.directory))).not.toContain('work');
  }, 30_000);
});

it('says where kept settings come from, and leaves their comments alone', () => {
  const settings =
    'export const defaults: TaskDefaults = {\n  // Why.\n  planner: { sigma: 0.2 /** deviation */ },\n};\n';
  const header = "import type { TaskDefaults } from '../../core/task.ts';\n\n";
  for (const before of ['', '/** Set by hand. */\n', '/**\n * Set by\n * hand: $& */\n'])
    expect(withOrigin(`${header}${before}${settings}`, 'Searched: $&.')).toBe(
      `${header}/** Searched: $&. */\n${settings}`,
    );
});

it('writes defaults as a module that says where they come from and changes nothing else', async () => {
  const loaded = await loadTask('reacher');
  const text = defaultsModule(
    loaded,
    { planner: { sigma: 0.22 }, model: { hidden: [64, 64] } },
    'Found by a test.',
  );
  expect(text).toContain('/** Found by a test. */');
  const object = text.slice(text.indexOf('= {') + 2, text.lastIndexOf(';'));
  const { trials: _, ...before } = loaded.task.defaults ?? {};
  expect(new Function(`return ${object}`)()).toEqual({
    ...before,
    planner: { ...before.planner, sigma: 0.22 },
    model: { ...before.model, hidden: [64, 64] },
  });
});

it('writes settings of a task of one’s own beside it, and nothing when the present ones stay', async () => {
  const loaded = { ...(await loadTask(tiny)), file: join(out.path, 'own.ts') };
  const manifest = await planTune({ task: tiny, model: 'true', runs: [], set: [] });
  const config = { planner: { sigma: 0.3 } };
  const chosen = { manifest, config, origin: 'A test.' };
  expect(await writeChosen(loaded, { ...chosen, kept: { whole: true } })).toBeNull();
  expect(existsSync(join(out.path, 'own.tuned.json'))).toBe(false);
  expect(await writeChosen(loaded, { ...chosen, kept: false })).toContain(
    'own.tuned.json (--config takes it)',
  );
  expect(JSON.parse(readFileSync(join(out.path, 'own.tuned.json'), 'utf8'))).toEqual(config);
});

it.each([
  [['tune'], 'premotor tune needs a <task or file>, or --resume <folder>'],
  [['tune', 'cartpole'], 'unknown task "cartpole": known are cartpole-swingup'],
  [['tune', 'reacher'], 'needs a model to plan in: --run <a learned run>, or --model true'],
  [['tune', 'reacher', '--model', 'true', '--minutes', '0'], '--minutes 0: must be a number above 0'],
  [['tune', 'reacher', '--model', 'true', '--minutes', 'ten'], '--minutes ten: must be a number above 0'],
  [['tune', 'reacher', '--model', 'true', '--check', '2'], '--check 2: must be a whole number in 3 … 400'],
  [
    ['tune', 'reacher', '--what', 'all', '--model', 'true'],
    '--what all learns from nothing: leave out --model',
  ],
  [['tune', 'reacher', '--model', 'true', '--trials', '4'], '--trials goes with --what model or all'],
  [['tune', 'reacher', '--model', 'true', '--run', 'r'], 'two models to plan in'],
  [['tune', 'reacher', '--run', 'nowhere'], 'nowhere: no such run folder'],
  [['tune', '--resume', '/'], '/ is not a tune folder (no tune.json)'],
  [['tune', '--resume', '/nowhere'], '/nowhere: no such tune folder'],
  [['tune', 'reacher', '--resume', '/'], 'with --resume the task comes from the folder'],
  [['tune', '--resume', '/', '--seeds', '3'], '--seeds cannot change a search'],
  [['tune', 'reacher', '--model', 'true', '--set', 'sigma=1'], 'did you mean planner.sigma?'],
  [['tune', 'reacher', '--model', 'true', '--space', 'missing.json'], '--space missing.json: no such file'],
])('says in one line what is wrong with premotor %j', async (args, message) => {
  const { code, stderr } = await premotor([...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it.each([
  [{ 'planner.nose': [1] }, 'unknown key "planner.nose": did you mean planner.name?'],
  [{ 'params.actionCost': [1] }, 'params.actionCost is what is to be achieved, not how'],
  [{ 'model.hidden': [[8, 8]] }, 'model.hidden belongs to the model'],
  [{ 'planner.elites': [1] }, 'planner.elites must be whole number 2 … 10000, not 1'],
])('refuses the space %j', async (content, message) => {
  const path = join(out.path, 'wrong.json');
  writeFileSync(path, JSON.stringify(content));
  const { code, stderr } = await premotor(['tune', 'reacher', '--model', 'true', '--space', path]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
