import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { createTfjsEngine } from '#src/model/engines/tfjs';
import { type Backend, type BackendName, loadBackend } from '#src/model/engines/tfjs-backend';
import type { Entry, Form } from './contender.ts';
import { engineFit } from './ours.ts';
import {
  ACTION,
  foldedLayers,
  foldedVariance,
  type Layer,
  layersOf,
  MEMBERS,
  type RolloutProblem,
  STATE,
} from './problem.ts';
import { fitOfVariables } from './tfjs-fit.ts';

/**
 * TensorFlow.js, plain and at its best: there, normalisers are folded into the weights and the variance is in closed
 * form. In both no particle is reseated, nothing is downloaded before the returns, and rewards of all steps are computed
 * in one go. Fits go through `tf.train.adam`, or through our own TensorFlow.js engine, which holds all parameters in one
 * tensor (`flat Adam`).
 */
export async function tfjs(name: string, backendName: BackendName): Promise<Entry> {
  let backend: Backend;
  try {
    backend = await loadBackend(backendName);
  } catch (error) {
    return { name, absent: (error as Error).message };
  }
  const engine = await createTfjsEngine({ backend: backendName });
  // Where one batched product loses to plain ones by far (measured: six times), it is not tried.
  const rollouts = backend.batchedProducts ? [batched, chains] : [chains];
  return {
    name,
    description: backend.description,
    slow: backendName === 'cpu',
    rollouts: async (problem) =>
      [true, false].flatMap((plain) => rollouts.map((form) => form(backend, problem, plain))),
    fits: async (problem) => [
      engineFit(engine, problem, 'flat Adam', 'best'),
      fitOfVariables(backend, problem),
    ],
    close: () => engine.close(),
  };
}

/** All members in one product [E, rows, in] × [E, in, out]. */
function batched(backend: Backend, problem: RolloutProblem, plain: boolean): Form {
  backend.use();
  const { tf } = backend;
  const layers = layersFor(problem, plain).map(({ fanIn, fanOut, weights, biases }) => ({
    w: tf.tensor3d(weights, [MEMBERS, fanIn, fanOut]),
    b: tf.tensor3d(biases, [MEMBERS, 1, fanOut]),
  }));
  const forward = (x: Tensor3D) =>
    layers.reduce((input, { w, b }, l) => {
      const z = tf.add(tf.matMul(input, w), b) as Tensor3D;
      return l === layers.length - 1 ? z : (tf.mul(z, tf.sigmoid(z)) as Tensor3D);
    }, x);
  const { particles } = problem.request;
  const chain = { forward, members: MEMBERS, firstParticle: 0, particles };
  return form(backend, problem, plain, 'batched products', [chain], () =>
    tf.dispose(layers.flatMap(({ w, b }) => [w, b])),
  );
}

/** Every member by itself, with products [rows, in] × [in, out] that at their best add the bias. */
function chains(backend: Backend, problem: RolloutProblem, plain: boolean): Form {
  backend.use();
  const { tf } = backend;
  const ofAll = layersFor(problem, plain);
  const each = problem.request.particles / MEMBERS;
  const all: Tensor[] = [];
  const members = Array.from({ length: MEMBERS }, (_, e) => {
    const layers = ofAll.map((layer) => memberLayer(backend, layer, e));
    all.push(...layers.flatMap(({ w, b }) => [w, b]));
    const forward = (x: Tensor3D) => {
      const rows = tf.reshape(x, [x.shape[1], x.shape[2]]) as Tensor2D;
      let raw = rows;
      for (const [l, { w, b }] of layers.entries()) {
        const z = plain
          ? tf.add(tf.matMul(raw, w), b)
          : tf.fused.matMul({ a: raw, b: w, transposeA: false, transposeB: false, bias: b });
        raw = (l === layers.length - 1 ? z : tf.mul(z, tf.sigmoid(z))) as Tensor2D;
      }
      return tf.reshape(raw, [1, raw.shape[0], raw.shape[1]]) as Tensor3D;
    };
    return { forward, members: 1, firstParticle: e * each, particles: each };
  });
  return form(backend, problem, plain, 'a chain a member', members, () => tf.dispose(all));
}

function layersFor(problem: RolloutProblem, plain: boolean): Layer[] {
  return plain ? layersOf(problem.shape, problem.parameters) : foldedLayers(problem);
}

function memberLayer({ tf }: Backend, { fanIn, fanOut, weights, biases }: Layer, e: number) {
  const size = fanIn * fanOut;
  return {
    w: tf.tensor2d(weights.slice(e * size, (e + 1) * size), [fanIn, fanOut]),
    b: tf.tensor1d(biases.slice(e * fanOut, (e + 1) * fanOut)),
  };
}

/** Particles that move together: those from `firstParticle` on, of `members` members. */
interface Chain {
  readonly forward: (x: Tensor3D) => Tensor3D;
  readonly members: number;
  readonly firstParticle: number;
  readonly particles: number;
}

function form(
  backend: Backend,
  problem: RolloutProblem,
  plain: boolean,
  name: string,
  parts: readonly Chain[],
  dispose: () => void,
): Form {
  const { tf } = backend;
  const { candidates: N, particles: P } = problem.request;
  return {
    name,
    written: plain ? 'plain' : 'best',
    dispose,
    async run() {
      backend.use();
      const returns = new Float32Array(N * P);
      for (const chain of parts) {
        const sums = tf.tidy(() => rollChain(backend, problem, chain, plain));
        const values = sums.dataSync();
        sums.dispose();
        for (let p = 0; p < chain.particles; p++)
          for (let n = 0; n < N; n++) returns[n * P + chain.firstParticle + p] = values[p * N + n];
      }
      return returns;
    },
  };
}

/** Returns [particles, N] of one chain. */
function rollChain({ tf }: Backend, problem: RolloutProblem, chain: Chain, plain: boolean): Tensor {
  const { request } = problem;
  const { candidates: N, horizon: H } = request;
  const { members: E, particles, firstParticle } = chain;
  const [K, rows] = [particles / E, (particles / E) * N];
  const own = request.noise.subarray(firstParticle * H * STATE, (firstParticle + particles) * H * STATE);
  const noises = tf.unstack(tf.tensor(own, [particles, H, 1, STATE]), 1) as Tensor3D[];
  const actions = tf.tensor3d(request.actions, [N, H, ACTION]);
  const tiled = tf.unstack(
    tf.tile(tf.reshape(tf.transpose(actions, [1, 0, 2]), [H, 1, N, ACTION]), [1, E, K, 1]),
  ) as Tensor3D[];
  const sample = plain ? plainSample(tf, problem) : foldedSample(tf, problem);
  const states: Tensor3D[] = [];
  let state = tf.tile(tf.tensor3d(request.states, [1, 1, STATE]), [E, rows, 1]) as Tensor3D;
  for (let t = 0; t < H; t++) {
    state = tf.tidy(() => {
      const raw = chain.forward(sample.inputs(tf.concat([state, tiled[t]], 2) as Tensor3D));
      const [change, uncertain] = tf.split(raw, 2, 2);
      const byParticle = tf.reshape(sample.deviation(uncertain), [particles, N, STATE]);
      const spread = tf.reshape(tf.mul(byParticle, noises[t]), [E, rows, STATE]);
      return sample.next(state, change as Tensor3D, spread as Tensor3D);
    });
    states.push(state);
  }
  return rewards(tf, tf.reshape(tf.stack(states), [H, particles, N, STATE]) as Tensor4D, actions);
}

/** What lies between the state and the net, and between the net and the next state. */
interface Sample {
  inputs(features: Tensor3D): Tensor3D;
  /** Of the sampled change, from the net's raw log-variance. */
  deviation(uncertain: Tensor): Tensor;
  next(state: Tensor3D, change: Tensor3D, spread: Tensor3D): Tensor3D;
}

/** Normalisers are in the layers, the variance is in closed form. */
function foldedSample(tf: Backend['tf'], problem: RolloutProblem): Sample {
  const { least, span } = foldedVariance(problem);
  const [lowest, spread] = [tf.tensor1d(least), tf.tensor1d(span)];
  return {
    inputs: (features) => features,
    deviation: (uncertain) => tf.sqrt(tf.add(tf.mul(tf.sigmoid(uncertain), spread), lowest)),
    next: (state, change, spread) => tf.addN([state, change, spread]) as Tensor3D,
  };
}

/** As PETS writes it (Chua et al. 2018, appendix A.1). */
function plainSample(tf: Backend['tf'], { shape, request: { encoding } }: RolloutProblem): Sample {
  const [mean, scale] = [tf.tensor1d(encoding.inputMean), tf.tensor1d(encoding.inputScale)];
  const [targetMean, targetScale] = [tf.tensor1d(encoding.targetMean), tf.tensor1d(encoding.targetScale)];
  const { minLogVariance: min, maxLogVariance: max } = shape;
  return {
    inputs: (features) => tf.div(tf.sub(features, mean), scale) as Tensor3D,
    deviation(uncertain) {
      const below = tf.sub(max, tf.softplus(tf.sub(max, uncertain)));
      const bounded = tf.add(min, tf.softplus(tf.sub(below, min)));
      return tf.exp(tf.mul(0.5, bounded));
    },
    next(state, change, spread) {
      const target = tf.add(change, spread);
      return tf.add(state, tf.add(tf.mul(target, targetScale), targetMean)) as Tensor3D;
    },
  };
}

/** Sums over the horizon of cartpole-swingup's rewards: [particles, N] of states [H, particles, N, S]. */
function rewards(tf: Backend['tf'], states: Tensor4D, actions: Tensor3D): Tensor {
  const x = tf.slice(states, [0, 0, 0, 0], [-1, -1, -1, 1]);
  const angle = tf.slice(states, [0, 0, 0, 1], [-1, -1, -1, 1]);
  const dx = tf.sub(x, tf.mul(0.6, tf.sin(angle)));
  const dz = tf.sub(tf.mul(-0.6, tf.cos(angle)), 0.6);
  const upright = tf.exp(tf.mul(-1 / 0.36, tf.add(tf.square(dx), tf.square(dz))));
  const effort = tf.mul(0.01, tf.sum(tf.square(actions), [1, 2]));
  return tf.sub(tf.sum(upright, [0, 3]), effort);
}
