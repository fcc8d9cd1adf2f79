/**
 * Draws bench/results/learning-<task>.csv as bench/results/learning-<task>.svg: best return so far against environment
 * steps, one line a seed, with the reference levels.
 *
 *   npm run bench plot -- cartpole-swingup
 */
import { writeFileSync } from 'node:fs';
import { type Row, readCsv } from './lib/results.ts';

const WIDTH = 760;
const HEIGHT = 420;
const MARGIN = { left: 64, right: 190, top: 44, bottom: 48 };
/** Okabe–Ito, which survive colour blindness. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];

for (const task of process.argv.slice(2)) {
  const rows = readCsv(`bench/results/learning-${task}.csv`);
  writeFileSync(`bench/results/learning-${task}.svg`, draw(task, rows));
  console.log(`bench/results/learning-${task}.svg`);
}

function draw(task: string, rows: Row[]): string {
  const variants = [...new Set(rows.map(({ variant }) => String(variant)))];
  const curves = variants.filter((name) => rows.some((row) => row.variant === name && row.envSteps !== null));
  const levels = variants.filter((name) => !curves.includes(name));
  const learned = rows.filter((row) => row.envSteps !== null && row.envSteps !== undefined);
  const maxX = Math.max(...learned.map((row) => Number(row.envSteps)));
  // The random first trial and a level far below would squeeze what is worth seeing; they are drawn at the edge.
  const planned = learned.filter((row) => Number(row.trial) > 1).map((row) => Number(row.best));
  const span = Math.max(...planned) - Math.min(...planned);
  const near = levels
    .map((name) => meanReturn(rows, name))
    .filter((level) => level > Math.min(...planned) - span);
  const [low, high] = [Math.min(...planned, ...near), Math.max(...planned, ...near)];
  const pad = 0.06 * (high - low);
  const x = (steps: number) => MARGIN.left + (steps / maxX) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) =>
    HEIGHT -
    MARGIN.bottom -
    ((Math.max(value, low - pad) - low + pad) / (high - low + 2 * pad)) *
      (HEIGHT - MARGIN.top - MARGIN.bottom);

  const parts: string[] = [];
  for (const tick of ticks(low, high)) {
    parts.push(line(MARGIN.left, y(tick), WIDTH - MARGIN.right, y(tick), '#e3e6ea', 1));
    parts.push(text(MARGIN.left - 8, y(tick) + 4, String(tick), 'end'));
  }
  for (const tick of ticks(0, maxX))
    parts.push(text(x(tick), HEIGHT - MARGIN.bottom + 18, String(tick), 'middle'));
  parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 10, 'environment steps', 'middle'));
  parts.push(
    `<text x="${MARGIN.left}" y="24" font-size="15" font-weight="600">${task}: best return so far</text>`,
  );

  const labels: { at: number; text: string; colour: string }[] = [];
  levels.forEach((name) => {
    const level = meanReturn(rows, name);
    parts.push(line(MARGIN.left, y(level), WIDTH - MARGIN.right, y(level), '#8a929c', 1, '5 4'));
    labels.push({ at: y(level), text: `${name} ${level.toFixed(0)}`, colour: '#5b636d' });
  });
  curves.forEach((name, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const own = learned.filter((row) => row.variant === name);
    const seeds = [...new Set(own.map(({ seed }) => seed))];
    for (const seed of seeds) {
      const points = own
        .filter((row) => row.seed === seed)
        .map((row) => `${x(Number(row.envSteps)).toFixed(1)},${y(Number(row.best)).toFixed(1)}`);
      parts.push(
        `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8" opacity="0.85"/>`,
      );
    }
    const ends = seeds.map((seed) => Number(own.filter((row) => row.seed === seed).at(-1)?.best));
    const end = ends.reduce((sum, value) => sum + value, 0) / ends.length;
    labels.push({ at: y(end), text: `${name} (${seeds.length} seeds) ${end.toFixed(0)}`, colour });
  });
  labels.sort((a, b) => a.at - b.at);
  let previous = -Infinity;
  for (const { at, text: words, colour } of labels) {
    previous = Math.max(at, previous + 16);
    parts.push(`<text x="${WIDTH - MARGIN.right + 10}" y="${previous + 4}" fill="${colour}">${words}</text>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#2b3138"><title>${task}: best return so far against environment steps</title><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}</svg>\n`;
}

function meanReturn(rows: Row[], variant: string): number {
  const own = rows.filter((row) => row.variant === variant).map((row) => Number(row.return));
  return own.reduce((sum, value) => sum + value, 0) / own.length;
}

function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough) ?? 10 * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  );
}

function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: string,
  width: number,
  dash = '',
): string {
  return `<line x1="${x1}" y1="${y1.toFixed(1)}" x2="${x2}" y2="${y2.toFixed(1)}" stroke="${colour}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ''}/>`;
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#5b636d">${words}</text>`;
}
