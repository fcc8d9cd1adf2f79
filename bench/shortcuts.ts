/**
 * What two shortcuts would save and break, on the plans of a recorded run (docs/kernels.md):
 *
 * - int8: a layer's speed in int8 beside float32, the error of a quantised net (weights of 8 bits with a scale per
 *   output, activations of 7 bits with a scale per layer) beside the error that the net makes anyway, and the share of
 *   elites that stay elites when the quantised net ranks the candidates;
 * - pruning: candidates dropped on the way, those with the lowest return so far, and the share of elites that would have
 *   been among them.
 *
 *   npm run bench shortcuts -- runs/cartpole-swingup-seed0-… --plans 40 --write
 */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { goalOf, layoutOf, stateOf } from '#src/core/channel';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import { createVectorEnv } from '#src/index';
import { createWasmEngine } from '#src/kernels/index';
import { loadTask } from '#src/load/task';
import { Dataset } from '#src/model/dataset';
import { encode } from '#src/model/encoding';
import { Ensemble } from '#src/model/ensemble';
import { planners } from '#src/plan/index';
import { readRun } from '#src/runs/index';
import { compareTiles } from './lib/int8.ts';
import { layersOf, predict, type QuantisedNet, quantised } from './lib/quantised.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    plans: { type: 'string', default: '40' },
    write: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('name the folder of a run');
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const rows: Row[] = [];
const add = (what: string, value: number) => {
  rows.push({ what, value });
  console.log(`${what.padEnd(72)} ${value.toPrecision(3)}`);
};

const tiles = await compareTiles(2000);
add('200 → 200 in float32, GFLOP/s', tiles.float32);
add('200 → 200 in int8, GFLOP/s', tiles.int8Alone);
add('200 → 200 in int8 with its inputs converted, GFLOP/s', tiles.int8);

const { manifest, progress } = await readRun(folder);
if (progress === null) throw new Error(`${folder} has no finished trial`);
const { module } = await loadTask(manifest.task.name);
const { params } = manifest.task;
const { task, instance } = await instantiateTask({ module, robot: manifest.robot, params });
const layout = layoutOf(instance.observation);
const { transitions, checkpoint } = progress;
const actionSize = transitions[0].action.length;
const engine = await createWasmEngine({ threads: 1, numerics: 'fast' });
await engine.setTask({ module, robot: manifest.robot, params });
const ensemble = new Ensemble(engine, layout, actionSize, manifest.config.model, manifest.seed);
ensemble.load(checkpoint);
const config = manifest.config.planner;
const horizon = Math.round(task.planHorizon / task.controlPeriod);
const env = await createVectorEnv({
  task: manifest.task.name,
  robot: manifest.robot.name,
  params,
  envs: 1,
  threads: 0,
});
const space = env.spec.action;
await env.close();

/** Every iteration of the plans: candidates, their returns after each step (mean over particles) and where they began. */
interface Iteration {
  readonly actions: Float32Array;
  readonly state: Float32Array;
  readonly goal: Float32Array;
  readonly noiseIndex: number;
  /** [N, H] */
  readonly sums: Float64Array;
  readonly elites: readonly number[];
}

const iterations: Iteration[] = [];
const plans = Number(values.plans);
const starts = Array.from(
  { length: plans },
  (_, i) => transitions[Math.floor(((i + 0.5) * transitions.length) / plans)],
);
for (const [index, { observation }] of starts.entries()) {
  const state = stateOf(layout, observation);
  const goal = goalOf(layout, observation);
  const planner = planners.icem({ space, horizon, controlPeriod: task.controlPeriod, config });
  await planner.plan({
    previous: [null],
    budget: manifest.config.budgets.quality,
    seed: manifest.seed,
    index,
    async evaluate(actions, candidates) {
      const { states } = await ensemble.rollout({
        ...{
          states: state,
          goals: goal,
          actions,
          robots: 1,
          candidates,
          horizon,
          particles: config.particles,
        },
        ...{ propagation: config.propagation, noiseIndex: index, wantStates: true },
      });
      const sums = sumsOf(states!, actions, candidates, state, goal);
      const returns = Array.from({ length: candidates }, (_, n) => sums[(n + 1) * horizon - 1]);
      iterations.push({
        actions: actions.slice(),
        state,
        goal,
        noiseIndex: index,
        sums,
        elites: elitesOf(returns),
      });
      return returns;
    },
  });
}

function elitesOf(returns: readonly number[]): number[] {
  const order = returns.map((_, n) => n).sort((a, b) => returns[b] - returns[a]);
  return order.slice(0, Math.min(config.elites, Math.max(2, Math.floor(returns.length / 3))));
}

/** Return after each step, mean over particles [N, H]; states [N, P, H, S]. */
function sumsOf(
  states: ArrayLike<number> & { subarray(from: number, to: number): Float32Array },
  actions: Float32Array,
  candidates: number,
  start: Float32Array,
  goal: Float32Array,
): Float64Array {
  const { stateSize } = layout;
  const { particles } = config;
  const sums = new Float64Array(candidates * horizon);
  for (let n = 0; n < candidates; n++) {
    for (let p = 0; p < particles; p++) {
      let before = start;
      let sum = 0;
      let ended = false;
      for (let t = 0; t < horizon; t++) {
        const at = ((n * particles + p) * horizon + t) * stateSize;
        const next = states.subarray(at, at + stateSize);
        const from = (n * horizon + t) * actionSize;
        if (!ended) {
          sum += instance.reward(before, actions.subarray(from, from + actionSize), next, goal);
          ended = instance.terminated?.(next, goal) ?? false;
          if (ended) sum += instance.terminalReward ?? 0;
        }
        sums[n * horizon + t] += sum / particles;
        before = next;
      }
    }
  }
  return sums;
}

// Pruning.
for (const when of [0.25, 0.5, 0.75]) {
  for (const share of [0.25, 0.5]) {
    const step = Math.max(1, Math.round(when * horizon));
    let [lost, all, changed] = [0, 0, 0];
    for (const { sums, elites } of iterations) {
      const candidates = sums.length / horizon;
      const order = Array.from({ length: candidates }, (_, n) => n).sort(
        (a, b) => sums[a * horizon + step - 1] - sums[b * horizon + step - 1],
      );
      const dropped = new Set(order.slice(0, Math.floor(share * candidates)));
      const gone = elites.filter((n) => dropped.has(n)).length;
      lost += gone;
      all += elites.length;
      if (gone > 0) changed++;
    }
    const name = `pruning the worst ${100 * share} % after ${100 * when} % of the horizon`;
    add(`${name}: arithmetic saved`, share * (1 - when));
    add(`${name}: elites lost`, lost / all);
    add(`${name}: iterations whose elites change`, changed / iterations.length);
  }
}

// int8: one step, on the run's own transitions.
const data = new Dataset(layout, actionSize);
data.add(transitions, true);
const sample = Uint32Array.from({ length: Math.min(400, data.size) }, (_, i) =>
  Math.floor((i * data.size) / Math.min(400, data.size)),
);
const { inputs, targets } = encode(ensemble.encoding, data, sample);
const { shape } = ensemble;
const parameters = ensemble.nets.getParameters();
const nets: QuantisedNet[] = [];
let [own, added, values64] = [0, 0, 0];
for (let member = 0; member < shape.members; member++) {
  const layers = layersOf(shape, parameters, member);
  const net = quantised(layers, inputs, sample.length);
  nets.push(net);
  for (let row = 0; row < sample.length; row++) {
    const input = inputs.subarray(row * shape.inputs, (row + 1) * shape.inputs);
    const exact = predict(layers, input);
    const coarse = predict(net.layers, input, net.scales);
    for (let o = 0; o < shape.outputs; o++) {
      own += (exact[o] - targets[row * shape.outputs + o]) ** 2;
      added += (coarse[o] - exact[o]) ** 2;
      values64++;
    }
  }
}
add('one-step error of the net, normalised targets, RMS', Math.sqrt(own / values64));
add('error that int8 adds, RMS', Math.sqrt(added / values64));

// int8: ranks.
const spread = Math.ceil(iterations.length / 24) | 1;
let [kept, among] = [0, 0];
for (const { actions, state, goal, noiseIndex, elites } of iterations.filter((_, i) => i % spread === 0)) {
  const candidates = actions.length / (horizon * actionSize);
  const returns = rollQuantised(actions, candidates, state, goal, noiseIndex);
  const others = new Set(elitesOf(returns));
  kept += elites.filter((n) => others.has(n)).length;
  among += elites.length;
}
add('elites that int8 keeps', kept / among);

function rollQuantised(
  actions: Float32Array,
  candidates: number,
  start: Float32Array,
  goal: Float32Array,
  noiseIndex: number,
): number[] {
  const { particles } = config;
  const { encoding } = ensemble;
  const { stateSize, features, inputMean, inputScale, targetMean, targetScale } = encoding;
  const noise = new Float32Array(particles * horizon * shape.outputs);
  new Random(manifest.seed, 'particles', noiseIndex).fillNormal(noise);
  const states = new Float32Array(candidates * particles * horizon * stateSize);
  const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
  for (let n = 0; n < candidates; n++) {
    for (let p = 0; p < particles; p++) {
      const net = nets[p % shape.members];
      let state = Float64Array.from(start);
      for (let t = 0; t < horizon; t++) {
        const input = features.map(({ kind, index }, i) => {
          const value =
            index < stateSize ? state[index] : actions[(n * horizon + t) * actionSize + index - stateSize];
          const seen = kind === 'sine' ? Math.sin(value) : kind === 'cosine' ? Math.cos(value) : value;
          return (seen - inputMean[i]) / inputScale[i];
        });
        const out = predict(net.layers, input, net.scales);
        const next = state.slice();
        encoding.targets.forEach(({ index, kind }, o) => {
          const v = shape.maxLogVariance - softplus(shape.maxLogVariance - out[shape.outputs + o]);
          const logVariance = shape.minLogVariance + softplus(v - shape.minLogVariance);
          const y = out[o] + Math.exp(logVariance / 2) * noise[(p * horizon + t) * shape.outputs + o];
          const value = y * targetScale[o] + targetMean[o];
          if (kind !== 'delta' && kind !== 'absolute') throw new Error('planar poses are not for this bench');
          next[index] = kind === 'delta' ? state[index] + value : value;
        });
        states.set(next, ((n * particles + p) * horizon + t) * stateSize);
        state = next;
      }
    }
  }
  const sums = sumsOf(states, actions, candidates, start, goal);
  return Array.from({ length: candidates }, (_, n) => sums[(n + 1) * horizon - 1]);
}

await engine.close();
if (values.write)
  writeResults(
    'shortcuts',
    rows,
    ['what'],
    ['npm run bench shortcuts --', ...process.argv.slice(2)].join(' '),
  );
