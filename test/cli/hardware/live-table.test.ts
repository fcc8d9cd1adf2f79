import { expect, it } from 'vitest';
import { LiveTable } from '#src/cli/hardware/live-table';

function table(every: number) {
  const said: string[] = [];
  const out = { isTTY: false, write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream;
  return { said, table: new LiveTable(every, out) };
}

it('a table that is no terminal’s is printed when it changed alone', () => {
  const { said, table: plain } = table(0);
  for (const line of ['a', 'a', 'b', 'b', 'a']) plain.show([line]);
  expect(said).toEqual(['a\n', 'b\n', 'a\n']);
});

it('and not before its time', () => {
  const { said, table: plain } = table(Number.MAX_VALUE);
  for (const line of ['a', 'b', 'c']) plain.show([line]);
  expect(said).toEqual(['a\n']);
});
