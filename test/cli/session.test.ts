import { expect, it } from 'vitest';
import { startSession } from '#src/cli/session';
import type { TrainRequest } from '#src/cli/session-messages';

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
