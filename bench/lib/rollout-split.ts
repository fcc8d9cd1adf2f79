import { type BuildName, buildFile, supportsRelaxedSimd } from '#src/kernels/builds';
import type { JobArguments } from '#src/kernels/control';
import { HEAP_START } from '#src/kernels/control';
import { instantiate } from '#src/kernels/executor';
import { Heap } from '#src/kernels/heap';
import { type Kernels, PANEL } from '#src/kernels/kernel-exports';
import { layoutOf, pack } from '#src/kernels/layout';
import { firstRow } from '#src/kernels/panels';
import { MAXIMUM_PAGES, wasm } from '#src/kernels/platform';
import { Scorer } from '#src/kernels/scorer';
import { FEATURE_BYTES, TARGET_BYTES, writeFeatures, writeTargets } from '#src/kernels/tables';
import { threads } from '#src/kernels/threads.node';
import { flopsOfRollout, type Problem, randomParameters } from './kernel-cases.ts';

/** The inner functions of the kernels, which nobody else calls from outside. */
interface Inner extends Kernels {
  dense(...args: [number, number, number, number, number, number, number, number, number]): void;
  denseFixed(
    ...args: [number, number, number, number, number, number, number, number, number, number, number]
  ): void;
  forwardFixed(...args: [number, number, number, number, number, number, number]): number;
  encode(request: number, state: number, action: number, x: number): void;
  step(request: number, net: number, state: number, out: number, noise: number): void;
}

/** Milliseconds of one thread that a whole rollout spends in each of its parts, each timed by itself. */
export interface Split {
  readonly matmul: number;
  /** With the conversion to fixed point. */
  readonly activation: number;
  /** Inputs from states and actions; next states from outputs and noise. */
  readonly sampling: number;
  /** The task's reward, in JavaScript. */
  readonly reward: number;
  /** What is left of the whole: reading actions, calls, cache misses. */
  readonly rest: number;
  readonly total: number;
  /** GFLOP/s of the matrix products alone. */
  readonly matmulGflops: number;
  /** GFLOP/s of multiply-adds in registers alone, in between. */
  readonly peak: number;
}

const ROW = 48;
const PANELS = 4;
const PEAK_ROUNDS = 10_000;

/** Rolls a problem out on the calling thread, block by block as the engine does, and times the parts. */
export async function splitRollout(problem: Problem, build: BuildName, rounds: number): Promise<Split> {
  const { shape, request } = problem;
  const { encoding, candidates, horizon, particles } = request;
  const { stateSize, actionSize } = encoding;
  if (build === 'relaxed' && !supportsRelaxedSimd()) threads.enableRelaxedSimd();
  const memory = new wasm.Memory({ initial: 64, maximum: MAXIMUM_PAGES, shared: false });
  const module = await wasm.compile(await threads.readBuild(buildFile(build, false)));
  const kernels = (await instantiate(module, memory)) as Inner;
  kernels.initialize();
  const heap = new Heap(memory, HEAP_START);
  const take = (bytes: number) => heap.allocate(bytes, 'bench').address;
  const put = (data: Float32Array | Uint8Array) => {
    const address = take(data.byteLength);
    if (data instanceof Float32Array) heap.f32.set(data, address / 4);
    else heap.u8.set(data, address);
    return address;
  };
  const layout = layoutOf(shape);
  const net = put(layout.descriptor);
  const parameters = take(shape.members * layout.memberBytes);
  pack(layout, shape.members, randomParameters(shape), heap.f32, parameters / 4);
  const features = take(encoding.features.length * FEATURE_BYTES);
  writeFeatures(encoding, heap, features);
  const targets = take(encoding.targets.length * TARGET_BYTES);
  writeTargets(encoding, heap, targets);
  const [states, goals, actions] = [request.states, request.goals, request.actions].map(put);
  const noise = put(request.noise);
  const returns = take(candidates * particles * 4);
  const fixed = take(shape.members * layout.fixedBytes);
  for (let e = 0; e < shape.members; e++)
    kernels.fixWeights(net, parameters + e * layout.memberBytes, fixed + e * layout.fixedBytes);
  const at = take(72);
  heap.i32.set(
    [
      ...[net, parameters, layout.memberBytes, stateSize, actionSize, features, encoding.features.length],
      ...[targets, encoding.targets.length, states, actions, candidates, candidates, horizon],
      ...[put(request.members), noise, fixed, layout.fixedBytes],
    ],
    at / 4,
  );
  const scratchBytes = kernels.rolloutScratch(at, PANELS);
  const scratch = take(scratchBytes);
  const widest = Math.max(...layout.layers.flatMap((layer) => [layer.fanInPadded, 3 * layer.groups]));
  const trajectory = (horizon + 1) * stateSize * ROW;
  const act = scratch + PANELS * trajectory;
  const buffer = (i: number) => act + PANELS * (actionSize + i * widest) * ROW;
  const buffers = [buffer(0), buffer(1), buffer(2)] as const;
  const units = buffer(3);
  const scorer = await Scorer.load(problem.task);
  const job = {
    ...{ request: at, rows: candidates, candidates, particles, horizon, stateSize, actionSize },
    ...{ goalSize: request.goals.length, panels: PANELS, goals, actions, returns, states: 0 },
  } satisfies JobArguments<'rollout'>;

  const panelCount = Math.ceil(candidates / PANEL);
  const least = { matmul: 0, layers: 0, sampling: 0, reward: 0, whole: 0 };
  let peak = 0;
  for (let first = 0; first < panelCount; first += PANELS) {
    const panels = Math.min(PANELS, panelCount - first);
    const narrow = Array.from({ length: panels }, (_, p) => first + p).filter(
      (panel) => firstRow(candidates, panel + 1) - firstRow(candidates, panel) < PANEL,
    ).length;
    const roll = () => {
      kernels.rolloutBlock(at, scratch, scratchBytes, 0, first, panels);
    };
    const reward = () => {
      for (let p = 0; p < panels; p++) {
        const from = firstRow(candidates, first + p);
        const end = Math.min(candidates, firstRow(candidates, first + p + 1));
        scorer.score(heap.f32, job, (scratch + p * trajectory) / 4, from, end, 0);
      }
    };
    const timed = { ...least };
    for (const key of Object.keys(timed) as (keyof typeof timed)[]) timed[key] = Infinity;
    const state = scratch + (horizon - 1) * stateSize * ROW;
    const matmul = () => {
      let from: number = buffers[0];
      let to: number = buffers[1];
      for (const [l, layer] of layout.layers.entries()) {
        const b = parameters + layer.biases;
        const size = [layer.fanIn, layer.fanInPadded, layer.groups, panels, narrow] as const;
        if (l === 0) kernels.dense(from, parameters + layer.weights, b, to, ...size);
        else {
          const [w, scales] = [fixed + layer.fixedWeights, fixed + layer.fixedScales];
          kernels.denseFixed(from, units, w, scales, b, to, ...size);
        }
        from = to;
        to = to === buffers[1] ? buffers[2] : buffers[1];
      }
    };
    const layers = () => {
      kernels.forwardFixed(net, parameters, fixed, buffers[0], buffers[1], panels, narrow);
    };
    const sampling = () => {
      for (let p = 0; p < panels; p++) {
        kernels.encode(at, state + p * trajectory, act + p * actionSize * ROW, buffers[0]);
        kernels.step(at, net, state + p * trajectory, buffers[1], noise);
      }
    };
    // Turn by turn, so that a slow moment of the machine hits all parts, and a step or two at a time, for short pieces
    // find a quiet moment.
    const few = Math.min(horizon, 2);
    for (let round = 0; round < rounds; round++) {
      heap.i32[at / 4 + 13] = horizon;
      roll();
      timed.reward = Math.min(timed.reward, time(reward));
      heap.i32[at / 4 + 13] = few;
      for (let t = 0; t < horizon; t++) {
        peak = Math.max(peak, (PEAK_ROUNDS * 48 * 8) / time(() => kernels.peak(PEAK_ROUNDS, 1)) / 1e6);
        timed.whole = Math.min(timed.whole, (horizon / few) * time(roll));
        timed.sampling = Math.min(timed.sampling, horizon * time(sampling));
        timed.layers = Math.min(timed.layers, horizon * time(layers));
        timed.matmul = Math.min(timed.matmul, horizon * time(matmul));
      }
    }
    for (const key of Object.keys(least) as (keyof typeof least)[]) least[key] += particles * timed[key];
  }
  const { matmul, layers, sampling, reward, whole } = least;
  const total = whole + reward;
  return {
    ...{ matmul, activation: layers - matmul, sampling, reward, total },
    rest: whole - layers - sampling,
    peak,
    matmulGflops: flopsOfRollout(problem) / matmul / 1e6,
  };
}

function time(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}
