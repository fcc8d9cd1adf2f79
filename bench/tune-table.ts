/**
 * Keeps the table of a search by `premotor tune` as bench/results/tune-<task>-<what>.csv, with the budget in its
 * name where it is not `quality`.
 *
 *   npm run bench tune-table -- runs/tune-cartpole-swingup-planner-…
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '#src/tune/index';
import { readCsv, writeResults } from './lib/results.ts';

for (const directory of process.argv.slice(2)) {
  const { task, what, model, budget, runs, set, trials, candidates, rounds, seeds, check } =
    await readManifest(directory);
  const on = runs.length > 0 ? ' --run <run>' : model === 'true' ? ' --model true' : '';
  const pins = set.map((pin) => ` --set ${pin}`).join('');
  const budgeted = budget === 'quality' ? '' : ` --budget ${budget}`;
  const length = trials === null ? '' : ` --trials ${trials}`;
  const most = rounds === null ? '' : ` --rounds ${rounds}`;
  const name = ['tune', task.name, what, ...(budgeted ? [budget] : [])].join('-');
  const rows = readCsv(join(directory, 'table.csv'));
  for (const ending of ['csv', 'json']) rmSync(`bench/results/${name}.${ending}`, { force: true });
  writeResults(
    name,
    rows,
    ['settings'],
    `premotor tune ${task.name} --what ${what}${on}${budgeted}${pins}${length} --candidates ${candidates}${most} --seeds ${seeds} --check ${check}`,
  );
  console.log(`bench/results/${name}.csv: ${rows.length} settings`);
}
