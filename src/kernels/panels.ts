import { PANEL } from './kernel-exports.ts';

/** Rows of the last one or two panels of a rollout where its rows do not divide by twelve. */
const NARROW_PANEL = 8;

/** Panels of twelve rows before those of eight, as in assembly/rollout.ts. */
function widePanels(rows: number): number {
  const vectors = Math.ceil(rows / 4);
  return vectors === 1 ? 0 : (vectors - 2 * ((3 - (vectors % 3)) % 3)) / 3;
}

/** First row of a rollout's panel; that of the panel after the last is the number of rows, or a little more. */
export function firstRow(rows: number, panel: number): number {
  const wide = widePanels(rows);
  return panel <= wide ? panel * PANEL : wide * PANEL + (panel - wide) * NARROW_PANEL;
}
