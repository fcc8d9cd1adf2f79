import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { askPerson } from '#src/cli/hardware/questions';

const own = { stdin: Object.getOwnPropertyDescriptor(process, 'stdin')!, term: process.env.TERM };
const ttys = [process.stdin, process.stdout].map((stream) => [stream, stream.isTTY] as const);
afterEach(() => {
  Object.defineProperty(process, 'stdin', own.stdin);
  process.env.TERM = own.term;
  for (const [stream, isTTY] of ttys) stream.isTTY = isTTY;
});

describe('Enter alone', () => {
  it('is no in a terminal', async () => {
    process.env.TERM = 'xterm';
    for (const [stream] of ttys) stream.isTTY = true;
    Object.assign(process.stdin, { setRawMode: () => process.stdin });
    const shown = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    try {
      const answer = askPerson('stopped').confirm('Torque goes off. Go on?');
      await vi.waitFor(() => expect(shown).toHaveBeenCalled());
      process.stdin.emit('keypress', '\r', { name: 'return' });
      expect(await answer).toBe(false);
    } finally {
      shown.mockRestore();
      Reflect.deleteProperty(process.stdin, 'setRawMode');
    }
  });

  it.each([
    ['y', true],
    ['YES', true],
    ['n', false],
  ])('as an empty line is no answer: it is asked again, until %s', async (answer, said) => {
    const input = new PassThrough();
    Object.defineProperty(process, 'stdin', { configurable: true, value: input });
    const asked = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const questions = askPerson('stopped');
    try {
      input.write(`\n\n${answer}\n`);
      expect(await questions.confirm('Go on?')).toBe(said);
      expect(asked.mock.calls.map(([text]) => text)).toEqual(['Go on? [y/n]\n', 'y or n?\n', 'y or n?\n']);
    } finally {
      questions.close();
      asked.mockRestore();
    }
  });
});
