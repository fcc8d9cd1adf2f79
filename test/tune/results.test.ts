import { expect, it } from 'vitest';
import { cellsOf, format } from '../../bench/lib/results.ts';

it('reads the cells that it wrote, also those without text, with commas and with quotes', () => {
  for (const cells of [
    ['rollout 4×200, batch 32', 'plain', '1.5'],
    ['', 'a', '', 'b', ''],
    ['"quoted", they say', ''],
    [''],
    [',,', '"', '""'],
  ])
    expect(cellsOf(cells.map(format).join(','))).toEqual(cells);
});
