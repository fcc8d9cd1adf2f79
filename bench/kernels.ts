/**
 * How much of the machine do the kernels use? Prints the peak of 128-bit multiply-adds in registers, then rollouts and
 * training as GFLOP/s (matrix products alone) and as a share of that peak, measured in the same run: all cases take
 * turns, so that a slow minute of the machine hits all of them. `best` is the fastest pass, what a quiet machine gives;
 * `per core` divides by the processor time spent instead of the time passed, which tells on a busy machine as well.
 *
 *   npm run bench kernels -- --passes 20 --threads 1,2 --cases rollout --builds fast --write
 */
import { parseArgs } from 'node:util';
import { type AdamOptions, layerSizes, type NetShape, type RolloutRequest } from '#src/core/engine';
import { Random } from '#src/core/random';
import { createWasmEngine, type WasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: {
    passes: { type: 'string', default: '20' },
    threads: { type: 'string', default: '1,2' },
    panels: { type: 'string' },
    cases: { type: 'string', default: '' },
    builds: { type: 'string', default: 'fast,portable' },
    write: { type: 'boolean', default: false },
  },
});

const MEMBERS = 5;
const CANDIDATES = 100;
const HORIZON = 30;

const net = (hidden: number[]): NetShape => ({
  members: MEMBERS,
  inputs: 5,
  hidden,
  outputs: 4,
  activation: 'swish',
  minLogVariance: -10,
  maxLogVariance: 0.5,
});

/** Of one row through one member, matrix products alone. */
const flopsOf = (shape: NetShape) => layerSizes(shape).reduce((sum, [i, o]) => sum + 2 * i * o, 0);

const adam: Omit<AdamOptions, 'weightDecay'> = {
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

/** Something to time: run it once, know its floating-point operations. */
interface Case {
  readonly name: string;
  readonly gflop: number;
  run(): Promise<unknown>;
}

const random = new Random(0, 'bench');
const normals = (count: number, deviation = 1) => random.fillNormal(new Float32Array(count), 0, deviation);

function randomNets(engine: WasmEngine, shape: NetShape) {
  const nets = engine.createNets(shape);
  const parameters = layerSizes(shape).flatMap(([fanIn, fanOut]) => [
    normals(MEMBERS * fanIn * fanOut, 0.5 / Math.sqrt(fanIn)),
    new Float32Array(MEMBERS * fanOut),
  ]);
  const all = new Float32Array(parameters.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parameters) {
    all.set(part, at);
    at += part.length;
  }
  nets.setParameters(all);
  return nets;
}

function rolloutCase(engine: WasmEngine, name: string, shape: NetShape): Case {
  const nets = randomNets(engine, shape);
  const ones = (count: number) => new Float32Array(count).fill(1);
  const request: RolloutRequest = {
    encoding: {
      stateSize: 4,
      actionSize: 1,
      features: [0, 1, 2, 3, 4].map((index) => ({ kind: 'value', index })),
      inputMean: new Float32Array(5),
      inputScale: ones(5),
      targets: [0, 1, 2, 3].map((index) => ({ kind: 'delta', index })),
      targetMean: new Float32Array(4),
      targetScale: ones(4).fill(0.1),
    },
    states: normals(4, 0.1),
    goals: new Float32Array(0),
    actions: normals(CANDIDATES * HORIZON),
    robots: 1,
    candidates: CANDIDATES,
    horizon: HORIZON,
    particles: MEMBERS,
    members: Uint8Array.from({ length: MEMBERS * HORIZON }, (_, i) => Math.floor(i / HORIZON)),
    noise: normals(MEMBERS * HORIZON * 4),
    wantStates: false,
  };
  const gflop = (flopsOf(shape) * CANDIDATES * MEMBERS * HORIZON) / 1e9;
  return { name, gflop, run: () => nets.rollout(request) };
}

function trainCase(engine: WasmEngine, name: string, shape: NetShape, batch: number): Case {
  const nets = randomNets(engine, shape);
  const rows = 1000;
  const steps = Math.max(4, Math.round(512 / batch));
  const data = { inputs: normals(rows * shape.inputs), targets: normals(rows * shape.outputs) };
  const order = Uint32Array.from({ length: MEMBERS * steps * batch }, () => random.integer(rows));
  const options = { ...adam, weightDecay: layerSizes(shape).map(() => 1e-4) };
  // Forward, and backward to weights and inputs.
  const gflop = (3 * flopsOf(shape) * MEMBERS * batch * steps) / 1e9;
  return { name, gflop, run: () => nets.train(data, order, steps, batch, options) };
}

const { task, module } = await loadTask('cartpole-swingup');
const robot = await loadRobot('cartpole');
const engines: {
  threads: number;
  engine: WasmEngine;
  cases: Case[];
  peaks: number[];
  times: number[][];
  cpu: number[][];
}[] = [];
for (const threads of values.threads.split(',').map(Number)) {
  for (const numerics of values.builds.split(',') as ('fast' | 'portable')[]) {
    const rolloutPanels = values.panels === undefined ? undefined : Number(values.panels);
    const engine = await createWasmEngine({ threads, numerics, rolloutPanels });
    await engine.setTask({ module, robot, params: task.params.parse({}) as Record<string, unknown> });
    const wide = net([200, 200, 200, 200]);
    const cases = [
      rolloutCase(engine, 'rollout 100×5×30, 4×200', wide),
      rolloutCase(engine, 'rollout 100×5×30, 3×500', net([500, 500, 500])),
      trainCase(engine, 'training 4×200, batch 32', wide, 32),
      trainCase(engine, 'training 4×200, batch 256', wide, 256),
    ].filter(({ name }) => name.includes(values.cases));
    engines.push({ threads, engine, cases, peaks: [], times: cases.map(() => []), cpu: cases.map(() => []) });
  }
}

for (let pass = -3; pass < Number(values.passes); pass++) {
  for (const { engine, cases, peaks, times, cpu } of engines) {
    const peak = await engine.measurePeak();
    if (pass >= 0) peaks.push(peak);
    for (const [i, { run }] of cases.entries()) {
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
console.log(
  'threads  build             case                        GFLOP/s best  median   share of peak   ms best   per core',
);
for (const { threads, engine, cases, peaks, times, cpu } of engines) {
  // The share is of what the machine can do, whichever build is measured.
  const peak = Math.max(...engines.filter((other) => other.threads === threads).flatMap((o) => o.peaks));
  const add = (name: string, best: number, middle: number, ms: number | null, perCore: number | null) => {
    const share = best / peak;
    rows.push({
      case: name,
      build: engine.numerics,
      threads,
      gflops: best,
      median: middle,
      share,
      ms,
      perCore,
    });
    console.log(
      [
        String(threads).padEnd(8),
        engine.numerics.padEnd(17),
        name.padEnd(27),
        best.toFixed(1).padStart(12),
        middle.toFixed(1).padStart(7),
        `${(100 * share).toFixed(0)} %`.padStart(15),
        (ms === null ? '' : ms.toFixed(1)).padStart(9),
        (perCore === null ? '' : perCore.toFixed(1)).padStart(10),
      ].join(' '),
    );
  };
  add('peak, registers alone', Math.max(...peaks), median(peaks), null, null);
  for (const [i, { name, gflop }] of cases.entries()) {
    const best = Math.min(...times[i]);
    add(name, gflop / best / 1e-3, gflop / median(times[i]) / 1e-3, best, gflop / Math.min(...cpu[i]) / 1e-3);
  }
}
for (const { engine } of engines) await engine.close();
if (values.write) {
  const command = ['npm run bench kernels --', ...process.argv.slice(2)].join(' ');
  writeResults('kernels', rows, ['case', 'build', 'threads'], command);
}
