import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunFolder } from '#src/runs/index';
import { manifest, temporaryFolder, trialCommit } from '../runs/fixtures.ts';
import { complaintIn, writtenIn } from './complaint.ts';
import { eventsOf, fixture, launch, premotor } from './premotor.ts';

const folder = temporaryFolder();
const tiny = fixture('tiny.ts');
afterAll(() => folder.remove());
const complaintOf = (args: readonly string[]) => complaintIn(folder.path, args);

const write = (name: string, text: string) => writtenIn(folder.path, name, text);

describe('what cannot be used is said in one line, with exit code 2:', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['trian'], /unknown command "trian": did you mean train\?/],
    ['a command of Object', ['toString'], /unknown command "toString"/],
    ['an unknown flag', ['train', tiny, '--sede', '3'], /unknown flag --sede .*did you mean --seed\?/],
    ['an unknown short flag', ['train', tiny, '-x'], /unknown flag -x/],
    [
      'a clock that is none',
      ['train', tiny, '--clock', 'wal'],
      /--clock wal: must be sim or wall; did you mean wall/,
    ],
    [
      'a delay without a unit',
      ['train', tiny, '--delay', '30'],
      /--delay 30: must be 0ms … 60s, e\.g\. 30ms/,
    ],
    ['a flag without its value', ['train', tiny, '--seed'], /--seed needs a value/],
    ['a flag in place of a value', ['train', tiny, '--seed', '--view'], /--seed needs a value/],
    ['a value of a switch', ['train', tiny, '--view=yes'], /--view takes no value/],
    ['a missing task', ['train'], /needs a <task or file>/],
    ['one word too many', ['train', tiny, 'again'], /unexpected "again"/],
    [
      'an unknown task',
      ['train', 'cartpol-swingup'],
      /unknown task "cartpol-swingup": did you mean cartpole-swingup\?/,
    ],
    ['a task that is a data file', ['train', 'baselines'], /unknown task "baselines"/],
    ['a missing task file', ['train', 'no/such.ts'], /no\/such\.ts: no such task file/],
    [
      'an unknown robot',
      ['train', tiny, '--robot', 'cartpool'],
      /unknown robot "cartpool".*did you mean "cartpole"\?/,
    ],
    [
      'a robot the task is not for',
      ['train', tiny, '--robot', 'arm7'],
      /task tiny is for cartpole, not for arm7/,
    ],
    ['an unknown agent', ['train', tiny, '--agent', 'pet'], /--agent pet: must be pets; did you mean pets\?/],
    [
      'an unknown planner',
      ['train', tiny, '--planner', 'icm'],
      /--planner icm: must be icem or cem or mppi or predictive-sampling or random; did you mean icem/,
    ],
    ['a negative seed', ['train', tiny, '--seed', '-1'], /--seed -1: must be a whole number of 0 or more/],
    ['half a trial', ['train', tiny, '--trials', '1.5'], /--trials 1\.5: must be a whole number/],
    ['no trials', ['train', tiny, '--trials', '0'], /--trials 0: must be a whole number in 1 … /],
    ['steps and trials', ['train', tiny, '--trials', '2', '--steps', '9'], /give one of them/],
    ['no threads', ['train', tiny, '--threads', '0'], /--threads 0: must be a whole number in 1 … 256/],
    [
      'unknown numerics',
      ['train', tiny, '--numerics', 'exact'],
      /--numerics exact: must be fast or portable/,
    ],
    ['an unknown budget', ['train', tiny, '--budget', 'qualty'], /--budget qualty: .*did you mean quality\?/],
    ['a budget of no time', ['train', tiny, '--budget', '0ms'], /a time must be in 0\.1 ms … 60 s/],
    ['a budget out of range', ['train', tiny, '--budget', '1x3'], /candidates must be in 2 … 100000/],
    ['a setting without value', ['train', tiny, '--set', 'planner.elites'], /write key=value/],
    [
      'an unknown key',
      ['train', tiny, '--set', 'planer.elites=3'],
      /unknown key "planer\.elites": did you mean planner\.elites\?/,
    ],
    ['the end of a key', ['train', tiny, '--set', 'elites=3'], /did you mean planner\.elites\?/],
    ['an unknown parameter', ['train', tiny, '--set', 'params.wieght=1'], /did you mean params\.weight\?/],
    ['a key of Object', ['train', tiny, '--set', '__proto__.x=1'], /unknown key "__proto__\.x"/],
    [
      'a value out of range',
      ['train', tiny, '--set', 'planner.elites=1'],
      /planner\.elites must be whole number 2 … 10000, not 1/,
    ],
    [
      'a value of another type',
      ['train', tiny, '--set', 'model.hidden=wide'],
      /model\.hidden must be list of whole numbers 4 … 2048/,
    ],
    [
      'a parameter out of range',
      ['train', tiny, '--set', 'params.weight=3'],
      /params\.weight must be number 0 … 2, not 3/,
    ],
    [
      'values that do not fit',
      ['train', tiny, '--set', 'planner.particles=4'],
      /must be a multiple of model\.members/,
    ],
    ['a missing run', ['eval', 'runs/none'], /runs\/none: no such run folder/],
    ['no run', ['eval'], /premotor eval needs a <run>/],
    ['a missing run to resume', ['train', '--resume', 'none'], /none: no such run folder/],
    ['--accept-numerics alone', ['train', tiny, '--accept-numerics'], /goes with --resume/],
  ])('%s', async (_, args, expected) => {
    expect(await complaintOf(args)).toMatch(expected);
    expect(readdirSync(folder.path)).not.toContain('runs');
  });

  it('with --json also as an event, by a process of its own', async () => {
    const { code, stdout, stderr } = await launch(['train', 'nosuch', '--json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^premotor: unknown task "nosuch"[^\n]*\n$/);
    expect(eventsOf({ code, signal: null, stdout, stderr })).toEqual([
      { event: 'error', message: stderr.slice('premotor: '.length, -1), exitCode: 2 },
    ]);
  });
});

describe('a configuration file that cannot be used is named:', () => {
  it.each<[string, string, RegExp]>([
    ['not JSON', '{\n  "planner": {\n    "elites": 3,,\n  }\n}', /bad\.json(:3)?: not valid JSON/],
    ['not an object', '[1]', /must hold an object of settings/],
    [
      'an unknown group',
      '{"planer": {"elites": 3}}',
      /bad\.json: unknown key "planer\.elites": did you mean planner\.elites\?/,
    ],
    [
      'an unknown key',
      '{"planner": {"elite": 3}}',
      /bad\.json: unknown key "planner\.elite": did you mean planner\.elites\?/,
    ],
    [
      'a value out of range',
      '{"model": {"batch": 1}}',
      /bad\.json: model\.batch must be whole number 4 … 4096, not 1/,
    ],
  ])('%s', async (_, text, expected) => {
    const path = write('bad.json', text);
    expect(await complaintOf(['train', tiny, '--config', path])).toMatch(expected);
  });

  it('missing', async () => {
    expect(await complaintOf(['train', tiny, '--config', 'none.json'])).toMatch(/none\.json: no such file/);
  });
});

const urdf = (body: string) => `<?xml version="1.0"?><robot name="broken">${body}</robot>`;
const joint = (name: string, parent: string, child: string) =>
  `<joint name="${name}" type="continuous"><parent link="${parent}"/><child link="${child}"/><axis xyz="0 1 0"/><limit effort="2" velocity="9"/></joint>`;
const link = (name: string, mass = '1') =>
  `<link name="${name}"><inertial><mass value="${mass}"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>`;

describe('a malformed URDF is named:', () => {
  it.each<[string, string]>([
    ['truncated', urdf(link('a') + link('b') + joint('j', 'a', 'b')).slice(0, 200)],
    ['with a cycle', urdf(link('a') + link('b') + joint('j', 'a', 'b') + joint('k', 'b', 'a'))],
    ['with two roots', urdf(link('a') + link('b') + link('c') + joint('j', 'a', 'b'))],
    ['with NaN', urdf(link('a') + link('b', 'NaN') + joint('j', 'a', 'b'))],
  ])('%s', async (_, text) => {
    const path = write('broken.urdf', text);
    for (const command of [
      ['train', fixture('any-robot.ts'), '--robot', path],
      ['robots', 'check', path],
    ]) {
      expect(await complaintOf(command)).toMatch(/broken\.urdf/);
    }
  });

  it('without mass it is told with link and joint, by `robots check` as a note', async () => {
    const path = write('massless.urdf', urdf(link('a') + link('b', '0') + joint('j', 'a', 'b')));
    expect(await complaintOf(['train', fixture('any-robot.ts'), '--robot', path])).toMatch(
      /^robot broken: cannot be simulated: link "b" has no mass, so joint "j" moves none/,
    );
    const { code, stdout } = await premotor(['robots', 'check', path]);
    expect(code).toBe(0);
    expect(stdout).toContain('cannot be simulated: link "b" has no mass');
  });
});

describe('a place that cannot be used is named:', () => {
  it('an explicit port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    try {
      expect(await complaintOf(['train', tiny, '--view', '--http-port', String(port)])).toMatch(
        new RegExp(`--http-port ${port} is in use`),
      );
    } finally {
      server.close();
    }
  });

  it('a port that is none', async () => {
    expect(await complaintOf(['train', tiny, '--view', '--http-port', '70000'])).toMatch(/in 0 … 65535/);
  });

  it('an output folder that is a file', async () => {
    const path = write('occupied', '');
    expect(await complaintOf(['train', tiny, '--out', path])).toMatch(/cannot write .*occupied/);
  });

  // The superuser may write anywhere.
  it.skipIf(process.getuid?.() === 0)('an output folder without permission', async () => {
    const closed = join(folder.path, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    expect(await complaintOf(['train', tiny, '--out', closed])).toMatch(/no permission.*--out/);
  });
});

describe('a run folder that cannot be used is named:', () => {
  let run: string;
  beforeAll(async () => {
    const store = await RunFolder.create(folder.path, 'whole', {
      ...manifest,
      task: { ...manifest.task, name: 'cartpole-swingup', params: {} },
    });
    await store.commitTrial(trialCommit(1));
    store.close();
    run = store.directory;
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['half-written', (path) => rmSync(join(path, 'manifest.json')), /no manifest\.json/],
    ['damaged', (path) => truncateSync(join(path, 'transitions.bin'), 100), /transitions\.bin is damaged/],
    [
      'of another version',
      (path) => {
        const file = join(path, 'manifest.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"format": 1', '"format": 7'));
      },
      /has run format 7, this version reads 1/,
    ],
  ])('%s', async (_, damage, expected) => {
    const copy = join(folder.path, 'copy');
    cpSync(run, copy, { recursive: true });
    damage(copy);
    expect(await complaintOf(['train', '--resume', copy])).toMatch(expected);
    expect(await complaintOf(['eval', copy])).toMatch(expected);
    rmSync(copy, { recursive: true });
  });

  it('of another numerics build', async () => {
    expect(await complaintOf(['train', '--resume', run])).toMatch(
      /another numerics build \(some build, here .*--accept-numerics/,
    );
    expect(await complaintOf(['train', '--resume', run, '--numerics', 'portable'])).toMatch(
      /was begun with fast; add --accept-numerics/,
    );
  });

  it('with flags that would change its bits, or fewer trials', async () => {
    expect(await complaintOf(['train', '--resume', run, '--seed', '9'])).toMatch(
      /--seed cannot change a run/,
    );
    expect(await complaintOf(['train', 'reacher', '--resume', run])).toMatch(/the task comes from the run/);
    expect(await complaintOf(['train', '--resume', run, '--trials', '2'])).toMatch(
      /--trials 2: 4 is what was last asked of this run, and it may only grow/,
    );
    expect(await complaintOf(['eval', run, '--set', 'model.hidden=[8]'])).toMatch(
      /only planner, budgets and params/,
    );
  });
});
