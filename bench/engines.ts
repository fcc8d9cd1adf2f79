/**
 * The same rollouts and the same training steps on every engine found here: our kernels, TensorFlow.js on its wasm, cpu
 * and native backends, onnxruntime-node. Before anything is timed, all must agree. Then they take turns, so that a slow
 * minute of the machine hits all of them; each in the fastest of its plain forms, as its users write them, and in the
 * fastest of all. docs/engines.md says what they are, and how to install engines that are not here.
 *
 *   npm run bench engines -- --write
 *   npm run bench engines -- --cases 100×5×30 --engines tfjs-node,onnxruntime --seconds 20
 *   npm run bench engines -- --cases 400×20×25 --engines tfjs-cpu --slow
 */
import { parseArgs } from 'node:util';
import type { Contender, Entry, Form } from './engines/contender.ts';
import { onnxruntime } from './engines/onnxruntime.ts';
import { engineTfjs, kernels } from './engines/ours.ts';
import {
  difference,
  type FitProblem,
  fitProblem,
  type RolloutProblem,
  rolloutProblem,
} from './engines/problem.ts';
import { tfjs } from './engines/tfjs.ts';
import { warnOfLoad } from './lib/load.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '' },
    engines: { type: 'string', default: 'tfjs-wasm,tfjs-cpu,tfjs-node,engine tfjs,onnxruntime' },
    /** Time of one case, all engines together. */
    seconds: { type: 'string', default: '45' },
    passes: { type: 'string', default: '60' },
    threads: { type: 'string', default: '2' },
    slow: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

/** Relative; our rollouts are in fixed point, and agree all the same. */
const AGREEMENT = 1e-4;
/** Between passes: threads that spin for more work have given up by then. */
const PAUSE = 30;
const HIDDEN = [200, 200, 200, 200];

/** How many times our speed is to be of another engine's plain form. */
const BOUNDS: Record<string, Record<string, number>> = {
  'rollout 400×20×25': { 'tfjs-node': 1.5, onnxruntime: 0.85, 'tfjs-wasm': 8 },
  'rollout 100×5×30': { 'tfjs-node': 3.5, onnxruntime: 1, 'tfjs-wasm': 8 },
  'training step, batch 32': { 'tfjs-node': 8 },
  'training step, batch 256': { 'tfjs-node': 2.2 },
};

interface Case {
  readonly name: string;
  readonly gflop: number;
  /** Units of work in a pass: figures are of one. */
  readonly units: number;
  readonly slow: boolean;
  forms(contender: Contender): Promise<Form[]>;
}

const rollout = (problem: RolloutProblem, slow: boolean): Case => ({
  ...problem,
  units: 1,
  slow,
  forms: (contender) => contender.rollouts(problem),
});
const training = (problem: FitProblem): Case => ({
  ...problem,
  units: problem.steps,
  slow: false,
  forms: (contender) => contender.fits(problem),
});

const cases = [
  rollout(rolloutProblem(HIDDEN, 400, 20, 25), true),
  rollout(rolloutProblem(HIDDEN, 100, 5, 30), false),
  training(fitProblem(HIDDEN, 32, 16)),
  training(fitProblem(HIDDEN, 256, 4)),
].filter(({ name }) => values.cases.split(',').some((wanted) => name.includes(wanted)));

/** A contender in one case: its times, ms a unit of wall clock and of processor. */
interface Run {
  readonly contender: Contender;
  readonly form: Form;
  wall: number[];
  processor: number[];
  spent: number;
}

const threads = Number(values.threads);
const makers: Record<string, () => Promise<Entry>> = {
  'tfjs-wasm': () => tfjs('tfjs-wasm', 'wasm'),
  'tfjs-cpu': () => tfjs('tfjs-cpu', 'cpu'),
  'tfjs-node': () => tfjs('tfjs-node', 'native'),
  'engine tfjs': engineTfjs,
  onnxruntime: () => onnxruntime(threads),
};
const contenders: Contender[] = [await kernels(threads)];
for (const name of values.engines.split(',')) {
  const make = makers[name];
  if (!make) throw new Error(`no engine named ${name}; there are ${Object.keys(makers).join(', ')}`);
  const entry = await make();
  if ('absent' in entry) console.log(`${entry.name} is left out: ${entry.absent}`);
  else contenders.push(entry);
}
for (const { name, description } of contenders) console.log(`${name.padEnd(12)} ${description}`);

warnOfLoad();
const rows: Row[] = [];
for (const work of cases) await measure(work);
for (const contender of contenders) await contender.close();
if (values.write) {
  const command = ['npm run bench engines --', ...process.argv.slice(2)].join(' ');
  writeResults('engines', rows, ['case', 'engine'], command);
}

async function measure(work: Case): Promise<void> {
  console.log(`\n${work.name}: ${work.gflop.toFixed(2)} GFLOP of matrix products`);
  const runs: Run[] = [];
  let reference: Float32Array | undefined;
  for (const contender of contenders) {
    if (contender.slow && work.slow && !values.slow) {
      console.log(`  ${contender.name} is left out: it would take minutes (--slow)`);
      continue;
    }
    const prepared = await prepare(work, contender, reference);
    if (!prepared) continue;
    reference ??= prepared.reference;
    runs.push(...prepared.runs);
  }
  await takeTurns(work, runs);
  report(work, runs);
  for (const { form } of runs) form.dispose();
}

/**
 * The fastest plain form of a contender and, where it is another one, the fastest; all of them checked against
 * `reference`. Ours, the first, is the reference.
 */
async function prepare(work: Case, contender: Contender, reference: Float32Array | undefined) {
  const runs: Run[] = [];
  let result: Float32Array | undefined;
  for (const form of await work.forms(contender)) {
    const run: Run = { contender, form, wall: [], processor: [], spent: 0 };
    const values = await pass(work, run);
    const off = difference(values, reference ?? values);
    if (!(off <= AGREEMENT)) throw new Error(`${contender.name}, ${form.name}, is off by ${off}`);
    console.log(`  ${contender.name}, ${form.name}: agrees to ${off.toExponential(1)}`);
    result ??= values;
    runs.push(run);
    // What takes long needs no warming up.
    if (run.spent > 2000) continue;
    Object.assign(run, { wall: [], processor: [], spent: 0 });
    for (let i = 0; i < 3; i++) await pass(work, run);
  }
  if (!result) return undefined;
  runs.sort((a, b) => Math.min(...a.wall) - Math.min(...b.wall));
  const kept = new Set(
    [runs.find(({ form }) => form.written === 'plain'), runs[0]].filter((run) => run !== undefined),
  );
  for (const run of runs) if (!kept.has(run)) run.form.dispose();
  return { runs: [...kept], reference: result };
}

async function takeTurns(work: Case, runs: readonly Run[]): Promise<void> {
  const share = (Number(values.seconds) * 1000) / runs.length;
  for (let round = 0; round < Number(values.passes); round++) {
    let busy = false;
    for (const run of runs) {
      if (run.spent + run.wall[run.wall.length - 1] * work.units > share) continue;
      await pass(work, run);
      busy = true;
    }
    if (!busy) return;
  }
}

async function pass(work: Case, run: Run): Promise<Float32Array> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  const used = process.cpuUsage();
  const begin = performance.now();
  const result = await run.form.run();
  const elapsed = performance.now() - begin;
  const { user, system } = process.cpuUsage(used);
  run.spent += elapsed;
  run.wall.push(elapsed / work.units);
  run.processor.push((user + system) / 1000 / work.units);
  return result;
}

function report(work: Case, runs: readonly Run[]): void {
  const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
  const [own] = runs;
  console.log(
    '  engine       written form                         ms best   median  processor  GFLOP/s  premotor is … × as fast (median)  bound',
  );
  for (const { contender, form, wall, processor } of runs) {
    const best = Math.min(...wall);
    const ratio = best / Math.min(...own.wall);
    const ratioMedian = median(wall) / median(own.wall);
    const { written } = form;
    // What looked faster while it warmed up, and was not.
    const plain = runs.find((run) => run.contender === contender && run.form.written === 'plain');
    if (written === 'best' && plain && best > Math.min(...plain.wall)) continue;
    const bound = (written === 'plain' && BOUNDS[work.name]?.[contender.name]) || null;
    rows.push({
      case: work.name,
      engine: contender.name,
      written,
      form: form.name,
      best,
      median: median(wall),
      processor: Math.min(...processor),
      passes: wall.length,
      gflops: work.gflop / best / 1e-3,
      ratio,
      ratioMedian,
      bound,
    });
    console.log(
      [
        ` ${contender.name.padEnd(12)}`,
        written.padEnd(7),
        form.name.padEnd(26),
        best.toFixed(2).padStart(9),
        median(wall).toFixed(2).padStart(8),
        Math.min(...processor)
          .toFixed(2)
          .padStart(10),
        (work.gflop / best / 1e-3).toFixed(1).padStart(8),
        `${ratio.toFixed(2)} (${ratioMedian.toFixed(2)})`.padStart(20),
        bound === null ? '' : `≥ ${bound} ${ratio >= bound ? 'met' : 'missed'}`.padStart(25),
      ].join(' '),
    );
  }
}
