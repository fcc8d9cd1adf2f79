/**
 * Prints the README's results from bench/results/*.csv as Markdown.
 *
 *   npm run bench report
 */
import { type Row, readCsv } from './lib/results.ts';

interface Reported {
  task: string;
  /** Where it is not the task's own. */
  robot?: string;
  /** Steps by which the best return is told. */
  marks: number[];
  /** ms */
  period: number;
}

const TASKS: readonly Reported[] = [
  { task: 'cartpole-swingup', marks: [600, 800, 1000], period: 40 },
  { task: 'reacher', marks: [600, 1050, 1500], period: 20 },
  { task: 'reach', marks: [500, 1000, 2000], period: 20 },
  { task: 'park', marks: [300, 500, 700], period: 200 },
  { task: 'lap', marks: [500, 1000, 1300], period: 100 },
  { task: 'waypoints', marks: [200, 500, 800], period: 100 },
  { task: 'push-cube', robot: 'so101', marks: [100, 200, 400], period: 50 },
  { task: 'pick-cube', robot: 'so101', marks: [200, 400, 600], period: 50 },
];

for (const { task, robot, marks, period } of TASKS) {
  const name = robot ? `${task}-${robot}` : task;
  const rows = readCsv(`bench/results/learning-${name}.csv`);
  const evaluations = readCsv(`bench/results/evaluation-${name}.csv`);
  const baseline = readCsv('bench/results/baselines.csv').find(
    (row) => row.task === task && (!robot || row.robot === robot),
  );
  console.log(`\n**${name}**\n`);
  console.log(
    `| learner | seed | ${marks.map((mark) => `best by ${mark} steps`).join(' | ')} | last 3 trials | fresh episodes (score) | plan p50 / p99 | wall |`,
  );
  console.log(`|---|---|${marks.map(() => '---|').join('')}---|---|---|---|`);
  const variants = [
    ...new Set(rows.filter((row) => row.envSteps !== null).map((row) => String(row.variant))),
  ];
  for (const variant of variants) {
    const own = rows.filter((row) => row.variant === variant);
    for (const seed of [...new Set(own.map((row) => row.seed))].sort((a, b) => Number(a) - Number(b))) {
      const trials = own.filter((row) => row.seed === seed);
      const best = marks.map((mark) =>
        maximum(trials.filter((row) => Number(row.envSteps) <= mark).map((row) => Number(row.return))),
      );
      const last = mean(trials.slice(-3).map((row) => Number(row.return)));
      const fresh = evaluations
        .filter((row) => row.variant === variant && row.seed === seed)
        .map((row) => Number(row.return));
      const won = evaluations.filter(
        (row) => row.variant === variant && row.seed === seed && (row.success ?? null) !== null,
      );
      const share = won.length > 0 ? `, ${won.filter(succeeded).length} of ${won.length} succeed` : '';
      const planned = trials.filter((row) => row.planP50 !== null);
      console.log(
        `| ${variant} | ${seed} | ${best.map(text).join(' | ')} | ${text(last)} | ${fresh.length > 0 ? `${text(mean(fresh))}${scoreText(baseline, mean(fresh))}${share}` : '–'} | ${text(median(planned.map((row) => Number(row.planP50))))} / ${text(median(planned.map((row) => Number(row.planP99))))} of ${period} ms | ${text(Number(trials[trials.length - 1].wallSeconds))} s |`,
      );
    }
  }
  if (baseline) {
    console.log(
      `\nReference: random ${text(Number(baseline.random))}, zero action ${text(Number(baseline.zero))} (100 episodes); planning on the true simulator ${text(Number(baseline.true))} (iCEM 32 × 2, 5 episodes: ${String(baseline.episodes)}).`,
    );
  }
}

/** Cells are text where they are no numbers. */
function succeeded({ success }: Row): boolean {
  return String(success) === 'true';
}

function scoreText(baseline: Row | undefined, value: number): string {
  if (!baseline) return '';
  const base = Math.max(Number(baseline.random), Number(baseline.zero));
  return ` (${((value - base) / (Number(baseline.true) - base)).toFixed(2)})`;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function maximum(values: number[]): number {
  return values.length > 0 ? Math.max(...values) : Number.NaN;
}

function text(value: number): string {
  return Number.isFinite(value) ? value.toFixed(0).replace('-', '−') : '–';
}
