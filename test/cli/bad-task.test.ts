import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../runs/fixtures.ts';
import { complaintIn, writtenIn } from './complaint.ts';
import { fixture } from './premotor.ts';

const folder = temporaryFolder();
const out = join(folder.path, 'out');
afterAll(() => folder.remove());
const complaintOf = (args: readonly string[]) => complaintIn(folder.path, args);

const write = (name: string, text: string) => writtenIn(folder.path, name, text);

describe('a broken task file is named:', () => {
  const task = (members: string, before = '') => `
    import { defineTask, jointChannels, z } from 'premotor';
    ${before}
    export default defineTask({
      name: 'broken', summary: '', robots: ['cartpole'], controlPeriod: 0.04, episodeSteps: 20, planHorizon: 0.2,
      params: z.object({}),
      build: (robot) => ({
        observation: jointChannels(robot),
        reset: () => ({ state: { position: [0, 0], velocity: [0, 0] } }),
        reward: () => 0,
        ${members}
      }),
    });`;

  it.each<[string, string, RegExp]>([
    ['a syntax error, with its line', 'const a = 1;\nconst = 2;\n', /broken\.ts:2: /],
    [
      'an import that is not there',
      "import './nothing.ts';\nexport default {};",
      /broken\.ts:1: .*nothing\.ts/,
    ],
    [
      'a part of premotor that is not there',
      "import 'premotor/none';",
      /premotor\/none is not a part of premotor/,
    ],
    [
      'throws while it is loaded',
      "throw new Error('no luck');",
      /broken\.ts threw while it was loaded: no luck/,
    ],
    ['no default export', 'export const task = 1;', /broken\.ts has no default export/],
    ['a default export that is no task', 'export default 3;', /the default export is not a task/],
    ['a missing part', "export default { name: 'x' };", /the task's "summary" is missing/],
    [
      'a part of the wrong kind',
      task('').replace('controlPeriod: 0.04', "controlPeriod: 'fast'"),
      /the task's "controlPeriod" is wrong/,
    ],
    [
      'unknown defaults',
      task('').replace('params:', 'defaults: { planner: { elite: 3 } }, params:'),
      /task broken: unknown key "planner\.elite"/,
    ],
    [
      'build throws',
      task('').replace(
        'observation: jointChannels(robot)',
        "observation: (() => { throw new Error('built badly'); })()",
      ),
      /its build threw: built badly/,
    ],
    ['reset throws', task("reset() { throw new Error('no start'); },"), /its reset threw: no start/],
    [
      'an unknown channel',
      task("observation: [{ ...jointChannels(robot)[0], name: 'slider.positon' }],"),
      /did you mean "slider\.position"/,
    ],
    [
      'reward throws',
      task("reward() { throw new Error('no reward'); },"),
      /its reward, or what goes with it, threw: no reward/,
    ],
    ['reward is NaN', task('reward: (s) => Math.sqrt(-1 - s[0] * s[0]),'), /its reward is NaN/],
    ['reward is text', task("reward: () => 'much',"), /its reward is much/],
    [
      'reward differs between calls',
      task('reward: () => Math.random(),'),
      /two calls of its reward with the same arguments/,
    ],
    ['reward counts its calls', task('reward: () => calls++,', 'let calls = 0;'), /two calls of its reward/],
    [
      'reward differs between threads',
      task('reward: () => born,', "import { threadId } from 'node:worker_threads';\nconst born = threadId;"),
      /in one thread and .* in another/,
    ],
    [
      'reward changes its arguments',
      task('reward: (s, a) => { a[0] = 0; return 0; },'),
      /changes the vectors it is given/,
    ],
    [
      'reward ends its thread',
      task(
        'reward: () => 0,',
        "import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) process.exit(0);",
      ),
      /ends the thread it runs in/,
    ],
  ])('%s', async (_, text, expected) => {
    const path = write('broken.ts', text);
    expect(await complaintOf(['train', path, '--out', out])).toMatch(expected);
    expect(readdirSync(folder.path)).not.toContain('out');
  });

  it('by tasks check as well', async () => {
    const path = write('broken.ts', task('reward: () => Math.random(),'));
    expect(await complaintOf(['tasks', 'check', path])).toMatch(/two calls of its reward/);
    const same = write(
      'broken.ts',
      task('reset: (random) => ({ state: { position: [Math.random(), 0], velocity: [0, 0] } }),'),
    );
    expect(await complaintOf(['tasks', 'check', same])).toMatch(
      /the same seed gives another first observation/,
    );
  });

  it('a task for any robot asks for one', async () => {
    expect(await complaintOf(['train', fixture('any-robot.ts')])).toMatch(
      /is for any robot: name one with --robot/,
    );
  });
});
