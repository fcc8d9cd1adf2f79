import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { command, where } from '#src/cli/commands/run';
import { parseArguments } from '#src/cli/flags';
import { prepareGoingOn, preparePolicy } from '#src/cli/prepare-run';
import { shippedFolder } from '#src/load/robot';
import { readRun } from '#src/runs/index';
import { temporaryFolder } from '../runs/fixtures.ts';
import { eventsOf, fixture, launch, premotor, start } from './premotor.ts';

const out = temporaryFolder();
const tiny = fixture('tiny.ts');
const still = fixture('still.ts');
afterAll(() => out.remove());

const runIn = (parent: string) => join(parent, readdirSync(parent)[0]);

/** The SO-101 of somebody who did not say where its tip may be. */
function boundless(): string {
  const folder = join(out.path, 'boundless');
  cpSync(shippedFolder('so101'), folder, { recursive: true });
  const file = join(folder, 'robot.json');
  const json = JSON.parse(readFileSync(file, 'utf8'));
  delete json.hardware.workspace;
  writeFileSync(file, JSON.stringify(json));
  return join(folder, 'robot.urdf');
}

describe('premotor run', () => {
  it('on the simulator keeps the wall clock, learns, and acts with what was learned', async () => {
    const parent = join(out.path, 'sim');
    const learned = await premotor([
      'run',
      tiny,
      '--port',
      'sim',
      '--trials',
      '2',
      '--out',
      parent,
      '--no-record',
    ]);
    expect(learned).toMatchObject({ code: 0, stderr: '' });
    expect(learned.stdout).toMatch(/clock {4}wall/);
    expect(learned.stdout).toContain('go on    premotor run --port sim --resume');
    expect(learned.stdout).not.toMatch(/commands|robot {4}/);
    const directory = runIn(parent);
    expect((await readRun(directory)).manifest.hardware).toBeUndefined();
    const flags = ['--port', 'sim', '--episodes', '2', '--no-record'];
    const acted = await premotor(['run', tiny, '--policy', directory, ...flags]);
    expect(acted.code).toBe(0);
    expect(acted.stdout).toMatch(/episode +return +score\n +1 .*\n.*12 ticks.*\n +2 /);
    const grown = await premotor([
      'run',
      '--resume',
      directory,
      '--port',
      'sim',
      '--trials',
      '3',
      '--no-record',
    ]);
    expect(grown.stdout).toContain('3 trials done');
  });

  it('on the mocked robot goes by the bridge, learns, records, and acts; dry, it sends nothing', async () => {
    const parent = join(out.path, 'mock');
    const flags = ['--robot', boundless(), '--port', 'mock', '--json'];
    const learned = await launch([
      'run',
      still,
      ...flags,
      '--trials',
      '2',
      '--threads',
      '1',
      '--out',
      parent,
    ]);
    expect(learned.stderr).not.toMatch(/premotor:/);
    const open = 'note: not watched: workspace; name it in robot.json, key hardware';
    expect(learned.stderr).toContain(open);
    expect(learned.code).toBe(0);
    const directory = runIn(parent);
    const { manifest, progress } = await readRun(directory);
    expect(manifest.hardware).toEqual({ driver: 'mock', port: 'mock', calibration: null });
    expect(progress?.transitions).toHaveLength(24);
    expect(eventsOf(learned).at(-1)).toMatchObject({ hardware: { dryRun: false, fault: null } });
    expect(readdirSync(join(directory, 'recordings'))).toHaveLength(1);

    const acting = ['run', still, ...flags, '--policy', directory, '--episodes', '1', '--dry-run'];
    const acted = await launch(acting, { cwd: out.path });
    expect([acted.code, acted.stderr]).toEqual([0, expect.stringContaining(open)]);
    expect(eventsOf(acted)[0]).toMatchObject({ hardware: 'mock robot, dry run' });
    expect(eventsOf(acted).at(-1)).toMatchObject({
      ...{ returns: [], return: null, score: null, successRate: null },
      hardware: { dryRun: true },
    });
    // The run's own recordings are of a robot that moved.
    expect(readdirSync(join(directory, 'recordings'))).toHaveLength(1);
    expect(readdirSync(join(out.path, 'runs', 'dry-run-so101', 'recordings'))).toHaveLength(1);

    const hot = 'faults=[{"kind":"temperature","joint":"elbow_flex","value":80}]';
    const faulty = await launch([...acting, '--mock', hot, '--no-record'], { cwd: out.path });
    expect(faulty.code).toBe(3);
    expect(eventsOf(faulty).at(-1)).toMatchObject({
      event: 'error',
      message: expect.stringMatching(
        /^elbow_flex: 80 °C.* cool down; when that is over: premotor run --policy \S+ --port mock --robot \S+ --mock .* --dry-run$/,
      ),
    });

    await expect(prepareGoingOn(directory, { port: 'tcp://127.0.0.1:9' }, false)).rejects.toThrow(
      /learned on a mock port, not on tcp:.*: go on there|; go on there/,
    );
    const { code, stderr } = await premotor(['train', '--resume', directory]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/was learned on a real robot: premotor run --resume .* goes on with it\n$/);
    const wrong = { task: tiny, port: 'mock' };
    await expect(preparePolicy(directory, wrong, false)).rejects.toThrow(/learned still, not /);
  });

  it('leaves no folder of a run that never began', async () => {
    const parent = join(out.path, 'refused');
    const home = process.env.PREMOTOR_HOME;
    process.env.PREMOTOR_HOME = join(out.path, 'nobody');
    try {
      const { code, stderr } = await premotor([
        ...['run', still, '--robot', 'so101', '--port', 'tcp://127.0.0.1:1', '--out', parent],
      ]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('is not calibrated')]);
      expect(readdirSync(parent)).toEqual([]);
    } finally {
      if (home === undefined) delete process.env.PREMOTOR_HOME;
      else process.env.PREMOTOR_HOME = home;
    }
  });

  it('waits for Enter before each episode where --confirm says so, and ends where nobody can press it', async () => {
    const flags = [
      '--robot',
      'so101',
      '--port',
      'mock',
      '--threads',
      '1',
      '--no-record',
      '--confirm',
      '--json',
    ];
    const learning = ['run', still, ...flags, '--trials', '2', '--out', join(out.path, 'confirmed')];
    const told: string[] = [];
    let asked = false;
    const program = start(learning, {
      typed: true,
      onEvent({ event, question }) {
        if (event === 'confirm') {
          expect(question).toMatch(/^Put back/);
          asked = true;
          setTimeout(() => {
            asked = false;
            program.type('');
          }, 300);
        }
        told.push(event === 'step' && asked ? 'step before Enter' : event);
      },
    });
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(told).not.toContain('step before Enter');
    const order = told.filter((event, i) => /confirm|step|trial/.test(event) && event !== told[i - 1]);
    // What began anew, on a busy machine, was asked for anew.
    expect(order.join(' ')).toMatch(/^(confirm step )+trial (confirm step )+trial$/);

    const unheard = await launch(learning);
    expect(unheard.code).toBe(2);
    expect(unheard.stderr).toMatch(/--confirm: standard input has ended, so nobody can answer/);
  });

  it('says how to go on without the token that a port may hold', () => {
    const typed = ['reach', '--port', 'wss://robot:9090/arm?token=secret', '--calibration', 'arm.json'];
    expect(where(parseArguments(typed, command))).toBe('--port wss://robot:9090/arm --calibration arm.json');
  });

  it.each([
    [['run', 'reach'], /needs --port: a device/],
    [['run', '--port', 'sim'], /needs a <task or file>/],
    [['run', 'reach', '--port', 'sim', '--episodes', '3'], /--episodes goes with --policy/],
    [['run', 'reach', '--port', 'mock', '--dry-run'], /--dry-run moves nothing/],
    [['run', 'reach', '--port', 'sim', '--calibration', 'x.json'], /--calibration is for real robots/],
    [['run', 'reach', '--port', 'sim', '--confirm'], /--confirm is for real robots/],
    [
      ['run', 'push-cube', '--robot', 'so101', '--port', '/dev/none'],
      /task push-cube needs cube.position, cube.rotation, which a real robot does not tell; --port sim/,
    ],
    [['run', 'reach', '--port', 'usb://1'], /--port usb:.*must be a device/],
    [['run', tiny, '--port', 'mock'], /robot cartpole: its robot.json has no "hardware"/],
    [['run', 'reach', '--port', 'sim', '--policy', 'x', '--trials', '3'], /--trials is for learning/],
    [['run', '--resume', 'x', '--port', 'sim', '--seed', '3'], /--seed cannot change a run/],
    [
      ['run', 'reach', '--port', '/dev/none', '--calibration', 'none.json'],
      /calibration none.json: there is no/,
    ],
    [['run', 'reach', '--port', 'sim', '--clock', 'sim'], /unknown flag --clock/],
  ])('says in a line what %j lacks', async (args, message) => {
    const { code, stderr } = await premotor(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^premotor: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});
