import type { Contender, Entry, Form } from './contender.ts';
import { batched, blocks, type Chain, rolloutModel } from './onnx-rollout.ts';
import { netModel, StepByStep } from './onnx-steps.ts';
import { ACTION, type RolloutProblem, STATE } from './problem.ts';

/** As much of onnxruntime-node as is used here: the package may be absent. */
interface Onnxruntime {
  readonly Tensor: new (
    type: 'float32',
    data: Float32Array,
    dims: readonly number[],
  ) => { data: Float32Array };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<Session>;
  };
}

interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { data: Float32Array }>>;
  release(): Promise<void>;
}

const name = 'onnxruntime';
/** A variable, so that type checks and bundlers do not look for a package that may be absent. */
const packageName = 'onnxruntime-node';

/**
 * onnxruntime-node. Plain: the exported net is run once a step, the rest of a step is JavaScript. At its best: the whole
 * rollout, rewards included, is one graph, run once. Forms of both: one batched product for all members, or chains of
 * plain products (whose weights it packs beforehand) one after the other on all threads; of a whole graph also side by
 * side, one thread each.
 */
export async function onnxruntime(threads: number): Promise<Entry> {
  let runtime: Onnxruntime;
  let version: string;
  try {
    const module = await import(packageName);
    runtime = module.default ?? module;
    version = (runtime as { env?: { versions?: { node?: string } } }).env?.versions?.node ?? '';
  } catch (error) {
    return {
      name,
      absent: `${packageName} does not load: ${String((error as Error).message).split('\n')[0]}`,
    };
  }
  const together = { executionMode: 'sequential', intraOpNumThreads: threads, interOpNumThreads: 1 };
  const apart = { executionMode: 'parallel', intraOpNumThreads: 1, interOpNumThreads: threads };
  return {
    name,
    description: `onnxruntime-node ${version}, CPU, ${threads} threads`,
    slow: false,
    rollouts: (problem) => {
      const rows = (problem.request.particles * problem.request.candidates) / 5;
      return Promise.all([
        stepForm(runtime, problem, 'a step a call, batched', true, together),
        stepForm(runtime, problem, 'a step a call, chains', false, together),
        form(runtime, problem, 'batched products', batched(problem), together),
        form(runtime, problem, 'a chain a member', blocks(problem, rows), together),
        form(runtime, problem, 'chains side by side', blocks(problem, Math.ceil(rows / 2)), apart),
        form(runtime, problem, 'short chains side by side', blocks(problem, Math.ceil(rows / 8)), apart),
      ]);
    },
    fits: async () => [],
    close: async () => {},
  } satisfies Contender;
}

async function form(
  runtime: Onnxruntime,
  problem: RolloutProblem,
  formName: string,
  chains: readonly Chain[],
  options: Record<string, unknown>,
): Promise<Form> {
  const { states, actions, noise, candidates: N, particles: P, horizon: H } = problem.request;
  const { model, outputs } = rolloutModel(problem, chains, true);
  const session = await sessionOf(runtime, model, options);
  const feeds = {
    state: new runtime.Tensor('float32', states, [1, STATE]),
    actions: new runtime.Tensor('float32', actions, [N, H, ACTION]),
    noise: new runtime.Tensor('float32', noise, [P, H, STATE]),
  };
  return {
    name: formName,
    written: 'best',
    async run() {
      const results = await session.run(feeds);
      const returns = new Float32Array(N * P);
      for (const [c, { particles, candidates }] of chains.entries()) {
        const { data } = results[outputs[c].name];
        let at = 0;
        for (let p = particles[0]; p < particles[1]; p++)
          for (let n = candidates[0]; n < candidates[1]; n++) returns[n * P + p] = data[at++];
      }
      return returns;
    },
    dispose: () => void session.release(),
  };
}

function sessionOf(
  runtime: Onnxruntime,
  model: Uint8Array,
  options: Record<string, unknown>,
): Promise<Session> {
  const all = { ...options, executionProviders: ['cpu'], graphOptimizationLevel: 'all' };
  return runtime.InferenceSession.create(model, all);
}

async function stepForm(
  runtime: Onnxruntime,
  problem: RolloutProblem,
  formName: string,
  together: boolean,
  options: Record<string, unknown>,
): Promise<Form> {
  const { model, inputs, outputs } = netModel(problem, together);
  const session = await sessionOf(runtime, model, options);
  const steps = new StepByStep(problem, inputs.length);
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }, b) => [name, new runtime.Tensor('float32', steps.batches[b].inputs, shape)]),
  );
  return {
    name: formName,
    written: 'plain',
    async run() {
      steps.begin();
      for (let t = 0; t < problem.request.horizon; t++) {
        steps.encode(t);
        const results = await session.run(feeds);
        for (const [b, { name }] of outputs.entries()) steps.sample(t, steps.batches[b], results[name].data);
      }
      return steps.returns;
    },
    dispose: () => void session.release(),
  };
}
