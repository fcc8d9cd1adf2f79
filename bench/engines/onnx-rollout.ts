import { OnnxGraph } from './onnx-graph.ts';
import {
  ACTION,
  foldedLayers,
  foldedVariance,
  type Layer,
  MEMBERS,
  type RolloutProblem,
  STATE,
} from './problem.ts';

/** Particles `from` … `to` and candidates `first` … `last` (ends excluded) that move together. */
export interface Chain {
  /** Its member; null = particles of all members, in one batched product. */
  readonly member: number | null;
  readonly particles: readonly [from: number, to: number];
  readonly candidates: readonly [first: number, last: number];
}

/** One chain of all rows. */
export function batched({ request }: RolloutProblem): Chain[] {
  return [{ member: null, particles: [0, request.particles], candidates: [0, request.candidates] }];
}

/** Chains of one member each, of at most `rows` rows, as many for every member and even in number. */
export function blocks({ request: { particles, candidates } }: RolloutProblem, rows: number): Chain[] {
  const each = particles / MEMBERS;
  const together = Math.max(1, Math.min(each, Math.floor(rows / candidates)));
  const pieces = Math.ceil(candidates / rows);
  const chains: Chain[] = [];
  for (let member = 0; member < MEMBERS; member++) {
    for (let p = member * each; p < (member + 1) * each; p += together) {
      for (let i = 0; i < pieces; i++) {
        const [first, last] = [i, i + 1].map((k) => Math.round((k * candidates) / pieces));
        const to = Math.min(p + together, (member + 1) * each);
        chains.push({ member, particles: [p, to], candidates: [first, last] });
      }
    }
  }
  return chains;
}

/** The whole rollout as one ONNX graph: inputs state [1, S], actions [N, H, A], noise [P, H, O]; an output a chain. */
export function rolloutModel(problem: RolloutProblem, chains: readonly Chain[], fusedSwish: boolean) {
  const { request } = problem;
  const { candidates, particles, horizon } = request;
  const graph = new OnnxGraph();
  const layers = foldedLayers(problem);
  const outputs = chains.map((chain) => {
    const shape = [chain.particles[1] - chain.particles[0], chain.candidates[1] - chain.candidates[0]];
    return { name: addChain(graph, problem, layers, chain, fusedSwish), shape };
  });
  const inputs = [
    { name: 'state', shape: [1, STATE] },
    { name: 'actions', shape: [candidates, horizon, ACTION] },
    { name: 'noise', shape: [particles, horizon, STATE] },
  ];
  return { model: graph.encode(inputs, outputs), outputs };
}

function addChain(
  graph: OnnxGraph,
  problem: RolloutProblem,
  layers: readonly Layer[],
  { member, particles: [from, to], candidates: [first, last] }: Chain,
  fusedSwish: boolean,
): string {
  const H = problem.request.horizon;
  const [K, N] = [to - from, last - first];
  const rows = member === null ? [MEMBERS, (K / MEMBERS) * N] : [K * N];
  const own = (name: string, begin: number, end: number) =>
    graph.add('Slice', [name, ...[[begin], [end], [0]].map((list) => graph.integers(list))]);
  const reshape = (name: string, shape: number[]) => graph.add('Reshape', [name, graph.integers(shape)]);
  // [H, …, rows, width] of what belongs to a candidate or to a particle.
  const spread = (name: string, shape: number[], width: number) => {
    const narrow = reshape(graph.add('Transpose', [name], { perm: [1, 0, 2] }), shape);
    return reshape(graph.add('Expand', [narrow, graph.integers([H, K, N, width])]), [H, ...rows, width]);
  };
  const actions = own('actions', first, last);
  const allActions = spread(actions, [H, 1, N, ACTION], ACTION);
  const allNoise = spread(own('noise', from, to), [H, K, 1, STATE], STATE);
  const step = (name: string, t: number) => graph.add('Gather', [name, graph.integer(t)], { axis: 0 });
  const { least, span } = foldedVariance(problem);
  const [lowest, spreads] = [graph.floats('least', [STATE], least), graph.floats('span', [STATE], span)];
  let state = graph.add('Expand', ['state', graph.integers([...rows, STATE])]);
  const states: string[] = [];
  for (let t = 0; t < H; t++) {
    const input = graph.add('Concat', [state, step(allActions, t)], { axis: -1 });
    const raw = addNet(graph, layers, member, input, fusedSwish);
    const halves = graph.integers([STATE, STATE]);
    const [change, uncertain] = graph.split('Split', [raw, halves], 2, { axis: -1 });
    const scaled = graph.add('Mul', [graph.add('Sigmoid', [uncertain]), spreads]);
    const deviation = graph.add('Sqrt', [graph.add('Add', [scaled, lowest])]);
    const sampled = graph.add('Mul', [deviation, step(allNoise, t)]);
    state = graph.add('Sum', [state, change, sampled]);
    states.push(state);
  }
  const all = reshape(graph.add('Concat', states, { axis: 0 }), [H, K, N, STATE]);
  return addRewards(graph, all, actions);
}

/** The output's name of one member's chain, or of all members in batched products; raw [.., rows, 2 · O]. */
export function addNet(
  graph: OnnxGraph,
  layers: readonly Layer[],
  member: number | null,
  input: string,
  fusedSwish: boolean,
): string {
  let x = input;
  for (const [l, { fanIn, fanOut, weights, biases }] of layers.entries()) {
    let z: string;
    if (member === null) {
      const w = graph.floats(`w${l}`, [MEMBERS, fanIn, fanOut], weights);
      const b = graph.floats(`b${l}`, [MEMBERS, 1, fanOut], biases);
      z = graph.add('Add', [graph.add('MatMul', [x, w]), b]);
    } else {
      const part = (values: Float32Array, size: number) => values.slice(member * size, (member + 1) * size);
      const w = graph.floats(`w${l}.${member}`, [fanIn, fanOut], part(weights, fanIn * fanOut));
      const b = graph.floats(`b${l}.${member}`, [fanOut], part(biases, fanOut));
      z = graph.add('Gemm', [x, w, b]);
    }
    if (l === layers.length - 1) return z;
    if (fusedSwish) x = graph.add('QuickGelu', [z], { 'alpha.f': 1 }, 'com.microsoft');
    else x = graph.add('Mul', [z, graph.add('Sigmoid', [z])]);
  }
  return x;
}

/** cartpole-swingup's rewards of states [H, K, N, S] and actions [N, H, A], summed: returns [K, N]. */
function addRewards(graph: OnnxGraph, states: string, actions: string): string {
  const number = (value: number) => graph.floats(`${value}f`, [], Float32Array.of(value));
  const sum = (name: string, axes: number[]) =>
    graph.add('ReduceSum', [name, graph.integers(axes)], { keepdims: 0 });
  const square = (name: string) => graph.add('Mul', [name, name]);
  const column = (s: number) => graph.add('Gather', [states, graph.integer(s)], { axis: 3 });
  const [x, angle] = [column(0), column(1)];
  const dx = graph.add('Sub', [x, graph.add('Mul', [graph.add('Sin', [angle]), number(0.6)])]);
  const height = graph.add('Mul', [graph.add('Cos', [angle]), number(-0.6)]);
  const dz = graph.add('Sub', [height, number(0.6)]);
  const distance = graph.add('Add', [square(dx), square(dz)]);
  const upright = graph.add('Exp', [graph.add('Mul', [distance, number(-1 / 0.36)])]);
  const effort = graph.add('Mul', [sum(square(actions), [1, 2]), number(0.01)]);
  return graph.add('Sub', [sum(upright, [0]), effort]);
}
