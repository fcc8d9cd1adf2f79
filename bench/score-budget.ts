/**
 * Score and planning time against the number of trajectories that a plan may try, for every planner, on one frozen
 * model and fixed starts. A run that was cut off goes on where it was; `--fresh` begins anew.
 *
 *   npm run bench score-budget -- cartpole-swingup --write
 *   npm run bench score-budget -- cartpole-swingup --model true --planners icem,cem --budgets 16,32,64,128 --write
 *
 * --planners icem,cem   --budgets 16,32,64,128,256   --starts 5   --threads 1
 * --summary: print the table of what is there, run nothing
 *
 * "Trajectories" are candidates summed over the iterations of one plan. iCEM and CEM refine: 2 iterations below 32
 * trajectories, 3 up to 128, 4 above; iCEM's candidates shrink from one to the next. (CEM with 16 × 2 leaves its mean too
 * near where it began: 0.86 instead of the 0.92 of 10 × 3, cartpole, true model.) The others do everything in one. Of few
 * candidates at most a third are elites.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { icemCandidates, planners } from '#src/plan/index';
import { percentilesOf } from '#src/train/percentiles';
import { Journal } from '#src/tune/journal';
import { halfOfCem, perDoubling } from './lib/budget-claims.ts';
import { thaw } from './lib/frozen.ts';
import { writeResults } from './lib/results.ts';
import { evaluate } from './lib/training.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'learned' },
    planners: { type: 'string', default: Object.keys(planners).join(',') },
    budgets: { type: 'string', default: '16,32,64,128,256' },
    starts: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    fresh: { type: 'boolean', default: false },
    summary: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const [task] = positionals;
if (task === undefined) throw new Error('name a task: npm run bench score-budget -- cartpole-swingup');
if (values.model !== 'learned' && values.model !== 'true') throw new Error('--model learned or true');
const model: 'learned' | 'true' = values.model;
const kept = thaw(task);
const frozen = model === 'learned' ? kept : null;
const names = values.planners.split(',');
const unknown = names.find((name) => !Object.hasOwn(planners, name));
if (unknown) throw new Error(`no planner ${unknown}: ${Object.keys(planners).join(', ')}`);
const totals = values.budgets.split(',').map(Number);
/** None of them is the seed of a run that was frozen. */
const starts = Array.from({ length: Number(values.starts) }, (_, i) => 101 + i);

const entry = z.object({
  task: z.string(),
  model: z.enum(['learned', 'true']),
  /** Of the frozen checkpoint; none where nothing was learned. */
  checkpoint: z.string().nullable(),
  planner: z.string(),
  trajectories: z.int(),
  candidates: z.int(),
  iterations: z.int(),
  start: z.int(),
  return: z.number(),
  score: z.number().nullable(),
  planP50: z.number(),
  planP99: z.number(),
});
type Entry = z.output<typeof entry>;

const path = '.cache/bench/score-budget.jsonl';
mkdirSync('.cache/bench', { recursive: true });
if (values.fresh) rmSync(path, { force: true });
const journal = await Journal.open(path, entry);
const rows: Entry[] = [];
for (const start of starts) {
  for (const trajectories of totals) {
    for (const planner of names) {
      const plan = schedule(planner, trajectories);
      const known = journal.entries.find(
        (row) =>
          row.task === task &&
          row.model === model &&
          row.checkpoint === (frozen?.id ?? null) &&
          row.planner === planner &&
          row.trajectories === trajectories &&
          row.candidates === plan.candidates &&
          row.iterations === plan.iterations &&
          row.start === start,
      );
      if (known) rows.push(known);
      else if (!values.summary) rows.push(await measure(planner, trajectories, plan, start));
    }
  }
}
print();
if (values.write) {
  writeResults(
    'score-budget',
    rows,
    ['task', 'model', 'planner', 'trajectories', 'start'],
    `npm run bench score-budget -- ${process.argv.slice(2).join(' ')}`,
  );
}

async function measure(
  planner: string,
  trajectories: number,
  { candidates, iterations, elites }: Schedule,
  start: number,
): Promise<Entry> {
  const times: number[] = [];
  const set: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(kept.planner)) set[`planner.${key}`] = value;
  Object.assign(set, { 'planner.name': planner, 'planner.elites': elites });
  if (frozen) for (const [key, value] of Object.entries(frozen.model)) set[`model.${key}`] = value;
  const { returns, scores } = await evaluate(
    {
      task,
      robot: frozen?.robot,
      ...{ seed: start, trials: 1, budget: `${candidates}x${iterations}`, model, set },
      threads: Number(values.threads),
      onEvent: (event) => {
        if (event.type === 'step' && event.planMs !== null) times.push(event.planMs);
      },
    },
    frozen?.checkpoint ?? null,
    1,
  );
  const percentiles = percentilesOf(times);
  const row: Entry = {
    ...{ task, model, checkpoint: frozen?.id ?? null },
    ...{ planner, trajectories, candidates, iterations, start },
    ...{ return: returns[0], score: scores[0] },
    ...{ planP50: percentiles?.p50 ?? Number.NaN, planP99: percentiles?.p99 ?? Number.NaN },
  };
  await journal.append(row);
  console.log(
    `${planner.padEnd(19)} ${String(trajectories).padStart(4)} (${candidates} × ${iterations}) start ${start}: return ${row.return.toFixed(2)}, score ${row.score?.toFixed(3) ?? '–'}, plan ${row.planP50.toFixed(1)} ms`,
  );
  return row;
}

interface Schedule {
  readonly candidates: number;
  readonly iterations: number;
  readonly elites: number;
}

/** The most candidates whose sum over the iterations is within `trajectories`. */
function schedule(planner: string, trajectories: number): Schedule {
  const { planner: settings } = kept;
  const refines = planner === 'icem' || planner === 'cem';
  const iterations = refines ? (trajectories < 32 ? 2 : trajectories <= 128 ? 3 : 4) : 1;
  const elitesOf = (candidates: number) => Math.max(2, Math.min(settings.elites, Math.floor(candidates / 3)));
  if (planner !== 'icem') {
    const candidates = Math.floor(trajectories / iterations);
    return { candidates, iterations, elites: elitesOf(candidates) };
  }
  for (let candidates = trajectories; ; candidates--) {
    const config = { decay: settings.decay, elites: elitesOf(candidates) };
    let sum = 0;
    for (let i = 0; i < iterations; i++) sum += icemCandidates({ candidates, iterations }, config, i);
    if (sum <= trajectories) return { candidates, iterations, elites: config.elites };
  }
}

function print(): void {
  console.log(`\n${task}, ${model} model${frozen ? ` ${frozen.id}` : ''}, ${starts.length} starts`);
  console.log('mean score (lowest … highest); median plan of the quietest episode, ms\n');
  console.log(`| planner | ${totals.map((total) => `${total} trajectories`).join(' | ')} |`);
  console.log(`|---|${totals.map(() => '---|').join('')}`);
  for (const planner of names) {
    const cells = totals.map((total) => {
      const own = rows.filter((row) => row.planner === planner && row.trajectories === total);
      if (own.length === 0) return '–';
      const scores = own.map((row) => row.score ?? row.return);
      const mean = scores.reduce((sum, value) => sum + value, 0) / scores.length;
      const fastest = Math.min(...own.map((row) => row.planP50));
      return `${mean.toFixed(3)} (${Math.min(...scores).toFixed(2)} … ${Math.max(...scores).toFixed(2)}); ${fastest.toFixed(1)} ms`;
    });
    console.log(`| ${planner} | ${cells.join(' | ')} |`);
  }
  const scored = rows.map((row) => ({ ...row, score: row.score ?? row.return }));
  console.log('');
  for (const line of [...perDoubling(scored), ...halfOfCem(scored)]) console.log(line);
}
