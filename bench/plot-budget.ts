/**
 * Draws bench/results/score-budget.csv as bench/results/score-budget-<task>-<model>.svg: mean score against trajectories
 * per plan, one line a planner, a bar from the lowest to the highest start.
 *
 *   npm run bench plot-budget
 */
import { writeFileSync } from 'node:fs';
import { type Row, readCsv } from './lib/results.ts';

const WIDTH = 760;
const HEIGHT = 420;
const MARGIN = { left: 56, right: 170, top: 44, bottom: 48 };
/** Okabe–Ito, which survive colour blindness. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];
/** Far below, a difference is of no interest and would squeeze the others. */
const LOWEST = -0.25;

const all = readCsv('bench/results/score-budget.csv').filter((row) => row.score !== null);
for (const name of new Set(all.map((row) => `${row.task}-${row.model}`))) {
  const rows = all.filter((row) => `${row.task}-${row.model}` === name);
  const file = `bench/results/score-budget-${name}.svg`;
  writeFileSync(file, draw(`${rows[0].task}, ${rows[0].model} model`, rows));
  console.log(file);
}

function draw(title: string, rows: readonly Row[]): string {
  const totals = [...new Set(rows.map((row) => Number(row.trajectories)))].sort((a, b) => a - b);
  const high = Math.max(1, ...rows.map((row) => Number(row.score)));
  const low = Math.max(LOWEST, Math.min(0, ...rows.map((row) => Number(row.score))));
  const span = Math.log2(totals[totals.length - 1] / totals[0]) || 1;
  const x = (total: number) =>
    MARGIN.left + (Math.log2(total / totals[0]) / span) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (score: number) =>
    HEIGHT -
    MARGIN.bottom -
    ((Math.max(score, low) - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const parts: string[] = [
    `<text x="${MARGIN.left}" y="24" font-size="15" font-weight="600" fill="#20252b">${title}: score against budget</text>`,
  ];
  for (let tick = Math.ceil(low / 0.25) * 0.25; tick <= high; tick += 0.25) {
    parts.push(
      `<line x1="${MARGIN.left}" y1="${y(tick).toFixed(1)}" x2="${WIDTH - MARGIN.right}" y2="${y(tick).toFixed(1)}" stroke="#e3e6ea"/>`,
      text(MARGIN.left - 8, y(tick) + 4, tick.toFixed(2).replace('-', '−'), 'end'),
    );
  }
  for (const total of totals)
    parts.push(text(x(total), HEIGHT - MARGIN.bottom + 18, String(total), 'middle'));
  parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 10, 'trajectories per plan', 'middle'));
  const labels: { at: number; words: string; colour: string }[] = [];
  [...new Set(rows.map((row) => String(row.planner)))].forEach((planner, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const points = totals.flatMap((total) => {
      const scores = rows
        .filter((row) => row.planner === planner && row.trajectories === total)
        .map((row) => Number(row.score));
      if (scores.length === 0) return [];
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      const at = x(total) + 3 * (i - 2);
      parts.push(
        `<line x1="${at.toFixed(1)}" y1="${y(Math.min(...scores)).toFixed(1)}" x2="${at.toFixed(1)}" y2="${y(Math.max(...scores)).toFixed(1)}" stroke="${colour}" opacity="0.45"/>`,
      );
      return [{ at, mean }];
    });
    parts.push(
      `<polyline points="${points.map(({ at, mean }) => `${at.toFixed(1)},${y(mean).toFixed(1)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8"/>`,
    );
    const last = points[points.length - 1];
    labels.push({ at: y(last.mean), words: `${planner} ${last.mean.toFixed(2).replace('-', '−')}`, colour });
  });
  let previous = -Infinity;
  for (const { at, words, colour } of labels.sort((a, b) => a.at - b.at)) {
    previous = Math.max(at, previous + 16);
    parts.push(
      `<text x="${WIDTH - MARGIN.right + 18}" y="${(previous + 4).toFixed(1)}" fill="${colour}">${words}</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12"><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>${parts.join('')}</svg>\n`;
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#5b636d">${words}</text>`;
}
