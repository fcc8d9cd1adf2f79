import { expect, it } from 'vitest';
import { InputError, RobotFault } from '#src/core/errors';
import { closeAfter } from '#src/train/close-after';

const unknown = new RobotFault('it is not certain that the robot has stopped: motor 3 is silent');
const closing = (failure?: Error) => {
  const session = {
    closed: 0,
    async close() {
      session.closed++;
      if (failure) throw failure;
    },
  };
  return session;
};
const failing = (error: Error) => async () => {
  throw error;
};
const fault = async (first: Error, then?: Error) => {
  const session = closing(then);
  const error = await closeAfter(session, failing(first)).catch((error) => error);
  expect(session.closed).toBe(1);
  return error;
};

it('hands on what the work came to, or what it failed with', async () => {
  expect(await closeAfter(closing(), async () => 3)).toBe(3);
  const first = new RobotFault('too hot');
  expect(await fault(first)).toBe(first);
  await expect(closeAfter(closing(unknown), async () => 3)).rejects.toBe(unknown);
});

it('tells first what went wrong first, then that the robot may not have stopped', async () => {
  const both = await fault(new RobotFault('motor 3: no answer', { passing: true }), unknown);
  expect(both).toBeInstanceOf(RobotFault);
  expect(both).toMatchObject({
    message: 'motor 3: no answer; it is not certain that the robot has stopped: motor 3 is silent',
    exitCode: 3,
  });
  expect(await fault(new InputError('the task threw'), unknown)).toMatchObject({ exitCode: 3 });
});

it('does not say it twice, nor what closing fails with besides', async () => {
  expect(await fault(unknown, unknown)).toBe(unknown);
  const first = new RobotFault('too hot');
  expect(await fault(first, new Error('the worker hangs'))).toBe(first);
});

it('keeps where a bug of ours was', async () => {
  const bug = await fault(new TypeError('x is undefined'), unknown);
  expect(bug.constructor).toBe(Error);
  expect(bug.message).toMatch(/^x is undefined; it is not certain/);
  expect(bug.stack).toMatch(/motor 3 is silent\nTypeError: x is undefined\n.*close-after\.test/s);
});
