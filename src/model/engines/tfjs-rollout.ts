import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs';
import type { Encoding, NetShape, RolloutRequest, RolloutResult } from '../../core/engine.ts';
import type { Task, TaskInstance } from '../../core/task.ts';
import { ReturnSum } from './score.ts';
import type { Backend } from './tfjs-backend.ts';
import { forward, gaussian, splitParameters } from './tfjs-network.ts';

export interface BuiltTask {
  readonly task: Task;
  readonly instance: TaskInstance;
}

/**
 * Trajectory sampling. Particles travel as one tensor [P, M, S] with M = R·N rows each; at every step they are put in
 * the order of the members that move them, and back.
 */
export function rollout(
  backend: Backend,
  shape: NetShape,
  plain: Tensor1D,
  { task, instance }: BuiltTask,
  request: RolloutRequest,
): RolloutResult {
  const { robots, candidates, particles, horizon, encoding } = request;
  const { stateSize: S, actionSize: A } = encoding;
  const M = robots * candidates;
  const { tf } = backend;
  const sum = new ReturnSum(task.name, instance, request);
  const kept = request.wantStates ? new Float32Array(M * particles * horizon * S) : null;

  tf.tidy(() => {
    const parameters = splitParameters(backend, shape, plain);
    const mover = makeMover(backend, shape, encoding, parameters);
    const actions = tf.transpose(tf.tensor3d(request.actions, [M, horizon, A]), [1, 0, 2]);
    const noise = tf.tensor3d(request.noise, [particles, horizon, shape.outputs]);
    let before: Float32Array = spreadStarts(request);
    let states = tf.tensor3d(before, [particles, M, S]);
    for (let t = 0; t < horizon; t++) {
      const next = tf.tidy(() =>
        mover(
          states,
          tf.tile(tf.slice(actions, [t, 0, 0], [1, M, A]), [particles, 1, 1]),
          tf.slice(noise, [0, t, 0], [particles, 1, shape.outputs]),
          seating(request, shape.members, t),
        ),
      );
      states.dispose();
      states = next;
      const after = states.dataSync() as Float32Array;
      sum.add(t, before, after);
      if (kept) keepStates(kept, after, t, request);
      before = after;
    }
  });
  return { returns: sum.take(), states: kept };
}

/**
 * Who sits where when members move particles: K seats a member, `taken` [E·K] the particle in each (a free seat
 * repeats one), `seatOf` [P] the way back. null where particle p already sits in seat p.
 */
interface Seating {
  readonly taken: readonly number[];
  readonly seatOf: readonly number[];
}

function seating({ members, particles, horizon }: RolloutRequest, count: number, t: number): Seating | null {
  const groups = Array.from({ length: count }, () => [] as number[]);
  for (let p = 0; p < particles; p++) groups[members[p * horizon + t]].push(p);
  const seats = Math.max(...groups.map((group) => group.length));
  const taken = groups.flatMap((group) => Array.from({ length: seats }, (_, k) => group[k] ?? 0));
  const seatOf = new Array<number>(particles);
  groups.forEach((group, e) => {
    group.forEach((p, k) => {
      seatOf[p] = e * seats + k;
    });
  });
  return taken.length === particles && taken.every((p, seat) => p === seat) ? null : { taken, seatOf };
}

type Mover = (states: Tensor3D, actions: Tensor3D, noise: Tensor3D, seating: Seating | null) => Tensor3D;

/** One step of all particles: states [P, M, S], actions [P, M, A], noise [P, 1, O] → next states [P, M, S]. */
function makeMover(
  backend: Backend,
  shape: NetShape,
  encoding: Encoding,
  parameters: readonly Tensor3D[],
): Mover {
  const { tf } = backend;
  const { stateSize: S, actionSize: A } = encoding;
  const block = { value: 0, sine: S + A, cosine: 2 * (S + A) };
  const columns = tf.tensor1d(
    encoding.features.map(({ kind, index }) => block[kind] + index),
    'int32',
  );
  const inputMean = tf.tensor1d(encoding.inputMean);
  const inputScale = tf.tensor1d(encoding.inputScale);
  const targetMean = tf.tensor1d(encoding.targetMean);
  const targetScale = tf.tensor1d(encoding.targetScale);
  // For each state value the output that predicts it; O, a column of zeros, where none does.
  const predicted = new Int32Array(S).fill(shape.outputs);
  const carried = new Float32Array(S).fill(1);
  encoding.targets.forEach(({ index, kind }, o) => {
    predicted[index] = o;
    if (kind === 'absolute') carried[index] = 0;
  });
  const source = tf.tensor1d(predicted, 'int32');
  const carry = tf.tensor1d(carried);
  const turn = makeTurn(backend, encoding);

  return (states, actions, noise, seats) => {
    const M = states.shape[1];
    const seen = tf.concat([states, actions], 2);
    const features = tf.gather(tf.concat([seen, tf.sin(seen), tf.cos(seen)], 2), columns, 2);
    const inputs = reseat(tf, tf.div(tf.sub(features, inputMean), inputScale) as Tensor3D, seats?.taken);
    const K = inputs.shape[0] / shape.members;
    const raw = forward(backend, shape, tf.reshape(inputs, [shape.members, K * M, shape.inputs]), parameters);
    const [mean, logVariance] = gaussian(backend, shape, raw).map((part) =>
      reseat(tf, tf.reshape(part, [shape.members * K, M, shape.outputs]), seats?.seatOf),
    );
    const sampled = tf.add(mean, tf.mul(tf.exp(tf.mul(0.5, logVariance)), noise));
    const target = turn(states, tf.add(tf.mul(sampled, targetScale), targetMean) as Tensor3D);
    const padded = tf.concat([target, tf.zerosLike(tf.slice(target, [0, 0, 0], [-1, -1, 1]))], 2);
    return tf.add(tf.mul(states, carry), tf.gather(padded, source, 2));
  };
}

/**
 * Turns each `forward` and `left` of the targets [P, M, O] into the change of x and y, by the yaw in the states
 * [P, M, S]: target · cos ∓ partner · sin. Every other target is left as it is.
 */
function makeTurn({ tf }: Backend, { targets }: Encoding): (states: Tensor3D, target: Tensor3D) => Tensor3D {
  if (!targets.some(({ kind }) => kind === 'forward')) return (_states, target) => target;
  const yaws = tf.tensor1d(
    targets.map((target) => ('yaw' in target ? target.yaw : 0)),
    'int32',
  );
  const turns = tf.tensor1d(targets.map((target) => ('yaw' in target ? 1 : 0)));
  const step = { forward: 1, left: -1, delta: 0, absolute: 0 };
  const partners = tf.tensor1d(
    targets.map(({ kind }, o) => o + step[kind]),
    'int32',
  );
  const signs = tf.tensor1d(targets.map(({ kind }) => -step[kind]));
  return (states, target) => {
    const yaw = tf.mul(tf.gather(states, yaws, 2), turns);
    const across = tf.mul(tf.mul(tf.gather(target, partners, 2), signs), tf.sin(yaw));
    return tf.add(tf.mul(target, tf.cos(yaw)), across);
  };
}

function reseat(tf: Backend['tf'], x: Tensor3D, order: readonly number[] | undefined): Tensor3D {
  return order ? tf.gather(x, tf.tensor1d([...order], 'int32') as Tensor, 0) : x;
}

/** Start states [P, R·N, S] from [R, S]. */
function spreadStarts({ states, robots, candidates, particles, encoding }: RolloutRequest): Float32Array {
  const S = encoding.stateSize;
  const spread = new Float32Array(particles * robots * candidates * S);
  for (let row = 0; row < particles * robots * candidates; row++) {
    const robot = Math.floor(row / candidates) % robots;
    spread.set(states.subarray(robot * S, (robot + 1) * S), row * S);
  }
  return spread;
}

/** Puts the states [P, R·N, S] of step `t` into `kept` [R·N, P, H, S]. */
function keepStates(kept: Float32Array, states: Float32Array, t: number, request: RolloutRequest): void {
  const { particles, horizon, encoding } = request;
  const S = encoding.stateSize;
  const M = states.length / (particles * S);
  for (let p = 0; p < particles; p++) {
    for (let row = 0; row < M; row++) {
      const from = (p * M + row) * S;
      kept.set(states.subarray(from, from + S), ((row * particles + p) * horizon + t) * S);
    }
  }
}
