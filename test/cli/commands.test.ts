import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runConfig } from '#src/core/config';
import { fixture, premotor } from './premotor.ts';

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await premotor(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const examples = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe('help', () => {
  it('lists every command, and each command its flags', async () => {
    const overview = await said('--help');
    expect(await said()).toBe(overview);
    const names = [
      'train',
      'eval',
      'tasks',
      'tasks check',
      'robots',
      'robots check',
      'robots fetch',
      'config',
      'doctor',
    ];
    for (const name of names) {
      expect(overview).toMatch(new RegExp(`^  premotor ${name}( |$)`, 'm'));
      expect(await said(...name.split(' '), '--help')).toMatch(new RegExp(`^premotor ${name}`));
    }
    const design = readFileSync(fileURLToPath(new URL('../../docs/design.md', import.meta.url)), 'utf8');
    const everywhere = /^Everywhere: (.*)$/m.exec(design)?.[1] ?? '';
    const flags = [...everywhere.matchAll(/`--([a-z-]+)/g)].map(([, flag]) => flag);
    expect(flags).toContain('seed');
    const train = await said('train', '--help');
    const evaluate = await said('eval', '--help');
    for (const flag of flags) {
      expect(train).toContain(`--${flag}`);
      // An evaluation writes nothing.
      if (flag !== 'out') expect(evaluate).toContain(`--${flag}`);
    }
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
    );
    expect(await said('--version')).toBe(`${version}\n`);
  });
});

describe('tasks', () => {
  it('lists the shipped ones', async () => {
    expect(await said('tasks')).toMatch(/cartpole-swingup\n.*\n.*200 steps of 40 ms[\s\S]*reacher/);
    expect(JSON.parse(await said('tasks', '--json')).map(({ name }: { name: string }) => name)).toEqual([
      'cartpole-swingup',
      'lap',
      'park',
      'pick-cube',
      'push-cube',
      'pusher',
      'reach',
      'reacher',
      'waypoints',
    ]);
  });

  it.each(['cartpole-swingup', 'reacher'])('check finds no error in %s', async (name) => {
    expect(JSON.parse(await said('tasks', 'check', name, '--json'))).toEqual([]);
  });

  it.each([
    ['own-task', 'raise', 'pendulum'],
    ['own-robot', 'shove', 'plotter'],
  ])(
    'check passes the example %s: a task of one’s own on a robot of one’s own',
    async (folder, task, robot) => {
      expect(
        await said(
          'tasks',
          'check',
          examples(`${folder}/${task}.ts`),
          '--robot',
          examples(`${folder}/${robot}.urdf`),
        ),
      ).toBe(`${task} (${task}.ts) on ${robot}: no errors\n`);
    },
  );
});

describe('robots', () => {
  it('lists the shipped ones', async () => {
    expect(await said('robots')).toMatch(
      /arm7\n +7 joints[\s\S]*cartpole\n +2 joints \(slider, hinge\), 1 driven/,
    );
    expect(await said('robots')).toMatch(/car\n.*, 4 of 4 wheels driven, 2 steered/);
  });

  it('check shows joints, limits, masses and what was ignored', async () => {
    const text = await said('robots', 'check', 'cartpole');
    expect(text).toMatch(/slider +prismatic +-2\.5 … 2\.5 m +30 m\/s +±300 N/);
    expect(text).toMatch(/hinge +continuous +free, rad +.*passive/);
    expect(text).toMatch(/cart +10\.47 kg/);
  });

  it('check says what was ignored', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'premotor-test-')), 'noted.urdf');
    const urdf = readFileSync(examples('own-task/pendulum.urdf'), 'utf8');
    writeFileSync(file, urdf.replace('effort="1.5"', ''));
    expect(await said('robots', 'check', file)).toMatch(/note: joint "hinge": has no effort limit/);
    rmSync(dirname(file), { recursive: true });
  });
});

describe('config', () => {
  it('explains every key with range, unit and default', async () => {
    const { planner, model, budgets } = runConfig.parse({});
    const text = await said('config');
    expect(text).toMatch(
      /planner\.elites = \d+\n +candidates that shape the next iteration; whole number 2 … 10000/,
    );
    expect(text).toMatch(
      /planner\.sigma = [\d.]+\n +initial deviation \[half of the action range\]; number 0\.001 … 2/,
    );
    expect(text).toContain(`budgets.quality.candidates = ${budgets.quality.candidates}\n`);
    const hidden = JSON.stringify(model.hidden);
    expect(text).toMatch(/model\.hidden = \[[\d,]+\]\n +.*list of whole numbers 4 … 2048/);
    expect(text).toContain(`model.hidden = ${hidden}\n`);
    const keys = JSON.parse(await said('config', '--json'));
    const defaults = new Map(keys.map((entry: Record<string, unknown>) => [entry.key, entry.default]));
    for (const [group, settings] of Object.entries({ planner, model })) {
      for (const [key, value] of Object.entries(settings)) {
        expect(defaults.get(`${group}.${key}`), key).toEqual(value);
      }
    }
    expect(defaults.get('budgets.realtime.iterations')).toBe(budgets.realtime.iterations);
    expect(keys.every(({ meaning, type }: Record<string, string>) => meaning !== '' && type !== '')).toBe(
      true,
    );
  });

  it('with a task shows its parameters and its own defaults', async () => {
    const text = await said('config', fixture('tiny.ts'));
    expect(text).toMatch(/params\.weight = 1\n +of the height; number 0 … 2/);
    expect(text).toMatch(/model\.hidden = \[16,16\]/);
  });
});

describe('doctor', () => {
  it('says what this machine offers', async () => {
    const report = JSON.parse(await said('doctor', '--json'));
    expect(report.node).toContain(process.version);
    expect(report.engine).toMatch(/wasm/);
    expect(report.gflops).toBeGreaterThan(0.1);
    expect(report['tfjs-node']).toMatch(/not there: .+|libtensorflow/);
    expect(await said('doctor')).toMatch(/^speed +\d+\.\d GFLOP\/s/m);
  });
});
