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
  MEMBERS,
  type RolloutProblem,
  STATE,
} from './problem.ts';
import { fitOfVariables } from './tfjs-fit.ts';

/**
 * TensorFlow.js at its best: normalisers folded into the weights, no reseating of particles, no download before the
 * returns, rewards of all steps in one go. Fits go through our own TensorFlow.js engine, which holds all parameters in
 * one tensor (`flat Adam`), or through `tf.train.adam`.
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
    rollouts: async (problem) => rollouts.map((form) => form(backend, problem)),
    fits: async (problem) => [engineFit(engine, problem, 'flat Adam'), fitOfVariables(backend, problem)],
    close: () => engine.close(),
  };
}

/** All members in one product [E, rows, in] × [E, in, out]. */
function batched(backend: Backend, problem: RolloutProblem): Form {
  backend.use();
  const { tf } = backend;
  const layers = foldedLayers(problem).map(({ fanIn, fanOut, weights, biases }) => ({
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
  return form(backend, problem, 'batched products', [chain], () =>
    tf.dispose(layers.flatMap(({ w, b }) => [w, b])),
  );
}

/** Every member by itself, with plain products [rows, in] × [in, out] that add the bias. */
function chains(backend: Backend, problem: RolloutProblem): Form {
  backend.use();
  const { tf } = backend;
  const folded = foldedLayers(problem);
  const each = problem.request.particles / MEMBERS;
  const all: Tensor[] = [];
  const members = Array.from({ length: MEMBERS }, (_, e) => {
    const layers = folded.map((layer) => memberLayer(backend, layer, e));
    all.push(...layers.flatMap(({ w, b }) => [w, b]));
    const forward = (x: Tensor3D) => {
      const rows = tf.reshape(x, [x.shape[1], x.shape[2]]) as Tensor2D;
      let raw = rows;
      for (const [l, { w, b }] of layers.entries()) {
        const z = tf.fused.matMul({ a: raw, b: w, transposeA: false, transposeB: false, bias: b });
        raw = (l === layers.length - 1 ? z : tf.mul(z, tf.sigmoid(z))) as Tensor2D;
      }
      return tf.reshape(raw, [1, raw.shape[0], raw.shape[1]]) as Tensor3D;
    };
    return { forward, members: 1, firstParticle: e * each, particles: each };
  });
  return form(backend, problem, 'a chain a member', members, () => tf.dispose(all));
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
  name: string,
  parts: readonly Chain[],
  dispose: () => void,
): Form {
  const { tf } = backend;
  const { candidates: N, particles: P } = problem.request;
  return {
    name,
    dispose,
    async run() {
      backend.use();
      const returns = new Float32Array(N * P);
      for (const chain of parts) {
        const sums = tf.tidy(() => rollChain(backend, problem, chain));
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
function rollChain({ tf }: Backend, problem: RolloutProblem, chain: Chain): Tensor {
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
  const { least, span } = foldedVariance(problem);
  const [lowest, spread] = [tf.tensor1d(least), tf.tensor1d(span)];
  const states: Tensor3D[] = [];
  let state = tf.tile(tf.tensor3d(request.states, [1, 1, STATE]), [E, rows, 1]) as Tensor3D;
  for (let t = 0; t < H; t++) {
    state = tf.tidy(() => {
      const raw = chain.forward(tf.concat([state, tiled[t]], 2) as Tensor3D);
      const [change, uncertain] = tf.split(raw, 2, 2);
      const deviation = tf.sqrt(tf.add(tf.mul(tf.sigmoid(uncertain), spread), lowest));
      const byParticle = tf.reshape(deviation, [particles, N, STATE]);
      const sampled = tf.reshape(tf.mul(byParticle, noises[t]), [E, rows, STATE]);
      return tf.addN([state, change as Tensor3D, sampled as Tensor3D]) as Tensor3D;
    });
    states.push(state);
  }
  return rewards(tf, tf.reshape(tf.stack(states), [H, particles, N, STATE]) as Tensor4D, actions);
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
