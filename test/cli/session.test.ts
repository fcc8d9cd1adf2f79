import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { prepareTraining } from '#src/cli/prepare';
import { startSession } from '#src/cli/session';
import type { TrainRequest } from '#src/cli/session-messages';
import { InputError } from '#src/core/errors';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());

it('a session that fails by our fault surfaces with its cause and its stack', async () => {
  const broken = {
    kind: 'train',
    view: false,
    place: { out: 'x' },
    taskLabel: 'x',
  } as unknown as TrainRequest;
  const error = await startSession(broken, () => {}).outcome.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(/undefined/);
  expect((error as Error).stack).toContain('session-thread');
  expect(error).not.toHaveProperty('exitCode');
});

it('a task whose reward never returns is named, and its session ended', async () => {
  const task = join(out.path, 'endless.ts');
  const text = readFileSync(fixture('tiny.ts'), 'utf8');
  writeFileSync(task, text.replace(/reward: .*/, 'reward: () => { for (;;); },'));
  const parent = join(out.path, 'runs');
  const { request } = await prepareTraining({ task, out: parent, threads: 1 }, false);
  const error = await startSession(request, () => {}, 1).outcome.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(
    /endless\.ts.*: its build, reset, reward .* not returned after 1 s/,
  );
  expect(existsSync(parent)).toBe(false);
});
