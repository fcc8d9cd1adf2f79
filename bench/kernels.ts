/**
 * How much of the machine do the kernels use? In one run, all cases taking turns so that a slow moment of the machine
 * hits all of them:
 *
 * - the peaks of 128-bit multiply-adds and of 16-bit products in registers, then rollouts and training as GFLOP/s (matrix
 *   products alone) and as a share of the first. `best` is the fastest pass, what a quiet machine gives; `per core`
 *   divides by the processor time spent instead of the time passed, which tells on a busy machine as well;
 * - the hand-off of an empty job to the threads and back;
 * - where a rollout's time goes on one thread: matrix products, activation, sampling (inputs and next states), reward.
 *   Measured in pieces of two steps, which find a quiet moment on a busy machine as well.
 *
 *   npm run bench kernels -- --passes 20 --threads 1,2 --cases rollout --builds fast --write
 */
import { parseArgs } from 'node:util';
import { createWasmEngine, type WasmEngine } from '#src/kernels/index';
import { shippedTaskNames } from '#src/load/task';
import {
  type Case,
  flopsOfRollout,
  netShape,
  type Problem,
  plainProblem,
  rolloutCase,
  taskProblem,
  trainCase,
} from './lib/kernel-cases.ts';
import { type Row, writeResults } from './lib/results.ts';
import { splitRollout } from './lib/rollout-split.ts';

const { values } = parseArgs({
  options: {
    passes: { type: 'string', default: '20' },
    threads: { type: 'string', default: '1,2' },
    panels: { type: 'string' },
    cases: { type: 'string', default: '' },
    builds: { type: 'string', default: 'fast,portable' },
    tasks: { type: 'string', default: 'cartpole-swingup,reacher,pusher' },
    write: { type: 'boolean', default: false },
  },
});
const passes = Number(values.passes);
const builds = values.builds.split(',') as ('fast' | 'portable')[];

const wide = netShape([200, 200, 200, 200]);
const rollouts: Problem[] = [
  await plainProblem('rollout 100×5×30, 4×200', wide.hidden),
  await plainProblem('rollout 100×5×30, 3×500', [500, 500, 500]),
];
for (const name of values.tasks.split(',')) {
  for (const budget of ['quality', 'realtime'] as const) rollouts.push(await taskProblem(name, budget));
}
const trainings = [
  ['training 4×200, batch 32', wide, 32],
  ['training 4×200, batch 256', wide, 256],
  ['training 2×200, batch 32', netShape([200, 200]), 32],
  ['training 3×200, batch 32', netShape([200, 200, 200], 17, 10), 32],
  ['training 4×200, batch 256, 1 member', netShape(wide.hidden, 5, 4, 1), 256],
] as const;

interface Bench {
  readonly threads: number;
  readonly build: 'fast' | 'portable';
  readonly engine: WasmEngine;
  readonly cases: readonly Case[];
  readonly peaks: number[];
  readonly fixedPeaks: number[];
  readonly times: number[][];
  readonly cpu: number[][];
  handOff: { p50: number; p99: number };
}

const benches: Bench[] = [];
for (const threads of values.threads.split(',').map(Number)) {
  for (const build of builds) {
    const rolloutPanels = values.panels === undefined ? undefined : Number(values.panels);
    const engine = await createWasmEngine({ threads, numerics: build, rolloutPanels });
    const cases = [
      ...rollouts.map((problem) => rolloutCase(engine, problem)),
      ...trainings.map(([name, shape, batch]) => trainCase(engine, name, shape, batch)),
    ].filter(({ name }) => name.includes(values.cases));
    const [times, cpu] = [0, 1].map(() => cases.map((): number[] => []));
    const handOff = { p50: Infinity, p99: Infinity };
    benches.push({ threads, build, engine, cases, peaks: [], fixedPeaks: [], times, cpu, handOff });
  }
}

for (let pass = -3; pass < passes; pass++) {
  for (const bench of benches) {
    const { engine, cases, peaks, fixedPeaks, times, cpu } = bench;
    for (let i = 0; i < 20; i++) {
      peaks.push(await engine.measurePeak(1));
      fixedPeaks.push(await engine.measurePeak(1, 'fixed'));
    }
    const elapsed = (await engine.measureHandOff(500)).sort();
    // Of the quietest pass.
    if (pass >= 0 && elapsed[250] * 1000 < bench.handOff.p50)
      bench.handOff = { p50: elapsed[250] * 1000, p99: elapsed[495] * 1000 };
    for (const [i, { prepare, run }] of cases.entries()) {
      await prepare?.();
      const begin = performance.now();
      const used = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(used);
      if (pass < 0) continue;
      times[i].push(performance.now() - begin);
      cpu[i].push((user + system) / 1000);
    }
  }
}

const rows: Row[] = [];
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const peakOf = (threads: number, build: string) =>
  Math.max(...benches.filter((b) => b.threads === threads && b.build === build).flatMap((b) => b.peaks));
console.log(
  'threads build             case                                GFLOP/s best median  of peak  of fused peak  ms best  per core',
);
for (const { threads, build, engine, cases, peaks, fixedPeaks, times, cpu } of benches) {
  const peak = peakOf(threads, build);
  const fusedPeak = builds.includes('fast') ? peakOf(threads, 'fast') : null;
  const add = (name: string, best: number, middle: number, ms: number | null, perCore: number | null) => {
    const share = best / peak;
    const ofFused = fusedPeak === null ? null : best / fusedPeak;
    rows.push({
      ...{ case: name, build: engine.numerics, threads, gflops: best, median: middle, share },
      ...{ shareOfFused: ofFused, ms, perCore },
    });
    console.log(
      [
        String(threads).padEnd(7),
        engine.numerics.padEnd(17),
        name.padEnd(36),
        best.toFixed(1).padStart(11),
        middle.toFixed(1).padStart(6),
        percent(share).padStart(8),
        (ofFused === null ? '' : percent(ofFused)).padStart(14),
        (ms === null ? '' : ms.toFixed(2)).padStart(8),
        (perCore === null ? '' : perCore.toFixed(1)).padStart(9),
      ].join(' '),
    );
  };
  add('peak, registers alone', peak, median(peaks), null, null);
  add('peak of 16-bit products', Math.max(...fixedPeaks), median(fixedPeaks), null, null);
  for (const [i, { name, gflop }] of cases.entries()) {
    const best = Math.min(...times[i]);
    const perCore = gflop / Math.min(...cpu[i]) / 1e-3;
    add(name, gflop / best / 1e-3, gflop / median(times[i]) / 1e-3, best, perCore);
  }
}

const first = Math.min(...benches.map(({ threads }) => threads));
for (const { threads, build, cases, times } of benches) {
  if (threads === first) continue;
  const alone = benches.find((other) => other.threads === first && other.build === build)!;
  console.log(`\n${threads} threads against ${first}, best of passes, ${build}:`);
  for (const [i, { name }] of cases.entries()) {
    const factor = Math.min(...alone.times[i]) / Math.min(...times[i]);
    const row = rows.find((r) => r.case === name && r.threads === threads && r.build === rowBuild(build));
    if (row !== undefined) row.speedup = factor;
    console.log(`  ${name.padEnd(36)} ${factor.toFixed(2)} ×`);
  }
}
function rowBuild(build: 'fast' | 'portable'): string {
  return benches.find((bench) => bench.build === build)!.engine.numerics;
}

console.log('\nhand-off of an empty job, µs        p50    p99');
const handOffs: Row[] = [];
for (const { threads, build, engine, handOff } of benches) {
  if (build !== builds[0]) continue;
  handOffs.push({ build: engine.numerics, threads, p50: handOff.p50, p99: handOff.p99 });
  console.log(
    `${threads} ${threads === 1 ? 'thread ' : 'threads'} ${handOff.p50.toFixed(1).padStart(29)} ${handOff.p99.toFixed(1).padStart(6)}`,
  );
}
for (const { engine } of benches) await engine.close();

const splits: Row[] = [];
if ('rollout'.includes(values.cases) || values.cases.startsWith('rollout')) {
  const tasks: Problem[] = [];
  for (const name of await shippedTaskNames()) tasks.push(await taskProblem(name, 'quality'));
  for (const build of builds) {
    const { numerics } = benches.find((bench) => bench.build === build)!.engine;
    console.log(`\na rollout on one thread, ${numerics}`);
    console.log(
      '                                        matmul activation sampling reward   rest       ms GFLOP/s  of peak',
    );
    for (const problem of [...rollouts.slice(0, 2), ...(build === builds[0] ? tasks : [])]) {
      const split = await splitRollout(problem, build === 'fast' ? 'relaxed' : 'simd', 4 * passes);
      const part = (milliseconds: number) => milliseconds / split.total;
      const shares = {
        matmul: part(split.matmul),
        activation: part(split.activation),
        sampling: part(split.sampling),
        reward: part(split.reward),
        rest: part(split.rest),
      };
      const gflops = flopsOfRollout(problem) / split.total / 1e6;
      const { matmulGflops, peak } = split;
      const share = gflops / peak;
      splits.push({
        case: problem.name,
        build: numerics,
        ...shares,
        ms: split.total,
        gflops,
        share,
        matmulGflops,
      });
      console.log(
        [
          problem.name.padEnd(39),
          ...Object.values(shares).map((value, k) => percent(value).padStart([6, 10, 8, 6, 6][k])),
          split.total.toFixed(2).padStart(8),
          gflops.toFixed(1).padStart(7),
          percent(share).padStart(8),
        ].join(' '),
      );
    }
  }
}

if (values.write) {
  const command = ['npm run bench kernels --', ...process.argv.slice(2)].join(' ');
  writeResults('kernels', rows, ['case', 'build', 'threads'], command);
  writeResults('kernels-hand-off', handOffs, ['build', 'threads'], command);
  if (splits.length > 0) writeResults('kernels-split', splits, ['case', 'build'], command);
}
