import { OnnxGraph } from './onnx-graph.ts';
import { addNet } from './onnx-rollout.ts';
import { ACTION, layersOf, MEMBERS, type RolloutProblem, STATE } from './problem.ts';

const [IN, OUT] = [STATE + ACTION, 2 * STATE];

/** The members alone, as one exports a trained net: inputs `x` [E, rows, in], or `x0` … [rows, in] a member. */
export function netModel(problem: RolloutProblem, together: boolean) {
  const { shape, parameters, request } = problem;
  const rows = (request.particles / MEMBERS) * request.candidates;
  const graph = new OnnxGraph();
  const layers = layersOf(shape, parameters);
  const inputs = together
    ? [{ name: 'x', shape: [MEMBERS, rows, IN] }]
    : Array.from({ length: MEMBERS }, (_, e) => ({ name: `x${e}`, shape: [rows, IN] }));
  const outputs = inputs.map(({ name, shape: [...sizes] }, e) => {
    sizes[sizes.length - 1] = OUT;
    return { name: addNet(graph, layers, together ? null : e, name, false), shape: sizes };
  });
  return { model: graph.encode(inputs, outputs), inputs, outputs };
}

/** A batch of the net's inputs and its raw outputs, of as many members as go together. */
export interface Batch {
  readonly inputs: Float32Array;
  /** Particles that it holds, each of all candidates. */
  readonly particles: readonly [from: number, to: number];
}

/**
 * The rest of a rollout in plain JavaScript: normalising, the doubly bounded variance, sampling, rewards of
 * cartpole-swingup.
 */
export class StepByStep {
  readonly batches: readonly Batch[];
  readonly #problem: RolloutProblem;
  /** [P, N, S] */
  readonly #states: Float32Array;
  /** [N, P] */
  readonly #returns: Float32Array;

  constructor(problem: RolloutProblem, batches: number) {
    const { particles: P, candidates: N } = problem.request;
    const each = P / batches;
    this.#problem = problem;
    this.#states = new Float32Array(P * N * STATE);
    this.#returns = new Float32Array(N * P);
    this.batches = Array.from({ length: batches }, (_, b) => ({
      inputs: new Float32Array(each * N * IN),
      particles: [b * each, (b + 1) * each],
    }));
  }

  begin(): void {
    const { states } = this.#problem.request;
    for (let i = 0; i < this.#states.length; i += STATE) this.#states.set(states, i);
    this.#returns.fill(0);
  }

  /** Writes the inputs of step t. */
  encode(t: number): void {
    const { candidates: N, horizon: H, actions, encoding } = this.#problem.request;
    const { inputMean, inputScale } = encoding;
    for (const { inputs, particles } of this.batches) {
      let at = 0;
      for (let row = particles[0] * N; row < particles[1] * N; row++) {
        for (let s = 0; s < STATE; s++)
          inputs[at++] = (this.#states[row * STATE + s] - inputMean[s]) / inputScale[s];
        inputs[at++] = (actions[(row % N) * H + t] - inputMean[STATE]) / inputScale[STATE];
      }
    }
  }

  /** Takes the raw outputs [rows, 2 · O] of one batch at step t to the next states, and adds their rewards. */
  sample(t: number, { particles }: Batch, raw: Float32Array): void {
    const { shape, request } = this.#problem;
    const { candidates: N, horizon: H, particles: P, actions, noise, encoding } = request;
    const { targetMean, targetScale } = encoding;
    const { minLogVariance: min, maxLogVariance: max } = shape;
    const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
    const states = this.#states;
    let from = 0;
    for (let p = particles[0]; p < particles[1]; p++) {
      for (let n = 0; n < N; n++, from += OUT) {
        const at = (p * N + n) * STATE;
        for (let s = 0; s < STATE; s++) {
          const below = max - softplus(max - raw[from + STATE + s]);
          const deviation = Math.exp(0.5 * (min + softplus(below - min)));
          const target = raw[from + s] + deviation * noise[(p * H + t) * STATE + s];
          states[at + s] += target * targetScale[s] + targetMean[s];
        }
        const [x, angle, effort] = [states[at], states[at + 1], actions[n * H + t]];
        const dx = x - 0.6 * Math.sin(angle);
        const dz = -0.6 * Math.cos(angle) - 0.6;
        this.#returns[n * P + p] += Math.exp(-(dx * dx + dz * dz) / 0.36) - 0.01 * effort * effort;
      }
    }
  }

  get returns(): Float32Array {
    return this.#returns.slice();
  }
}
