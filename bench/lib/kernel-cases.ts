import { goalOf, stateOf } from '#src/core/channel';
import { runConfig } from '#src/core/config';
import { type AdamOptions, layerSizes, type NetShape, type RolloutRequest } from '#src/core/engine';
import { Random } from '#src/core/random';
import { type Budget, type TaskReference, usualRobot } from '#src/core/task';
import { createVectorEnv } from '#src/index';
import type { WasmEngine } from '#src/kernels/index';
import type { WasmNets } from '#src/kernels/nets';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { plainEncoding } from '#src/model/encoding';

/** Something to time: run it once, know its floating-point operations. */
export interface Case {
  readonly name: string;
  readonly gflop: number;
  prepare?(): Promise<void>;
  run(): Promise<unknown>;
}

/** Trajectories to be rolled out, and who scores them. */
export interface Problem {
  readonly name: string;
  readonly shape: NetShape;
  readonly request: RolloutRequest;
  readonly task: TaskReference;
}

const MEMBERS = 5;
const random = new Random(0, 'bench');
const normals = (count: number, deviation = 1) => random.fillNormal(new Float32Array(count), 0, deviation);

const adam: Omit<AdamOptions, 'weightDecay'> = {
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

/** Of one row through one member, matrix products alone. */
export const flopsOf = (shape: NetShape) => layerSizes(shape).reduce((sum, [i, o]) => sum + 2 * i * o, 0);

export const flopsOfRollout = ({ shape, request }: Problem) =>
  flopsOf(shape) * request.robots * request.candidates * request.particles * request.horizon;

export function netShape(hidden: readonly number[], inputs = 5, outputs = 4, members = MEMBERS): NetShape {
  return { members, inputs, hidden, outputs, activation: 'swish', minLogVariance: -10, maxLogVariance: 0.5 };
}

export function randomNets(engine: WasmEngine, shape: NetShape): WasmNets {
  const nets = engine.createNets(shape);
  nets.setParameters(randomParameters(shape));
  return nets;
}

export function randomParameters(shape: NetShape): Float32Array {
  const parts = layerSizes(shape).flatMap(([fanIn, fanOut]) => [
    normals(shape.members * fanIn * fanOut, 0.5 / Math.sqrt(fanIn)),
    new Float32Array(shape.members * fanOut),
  ]);
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function rolloutCase(engine: WasmEngine, problem: Problem): Case {
  const nets = randomNets(engine, problem.shape);
  return {
    name: problem.name,
    gflop: flopsOfRollout(problem) / 1e9,
    prepare: () => engine.setTask(problem.task),
    run: () => nets.rollout(problem.request),
  };
}

export function trainCase(engine: WasmEngine, name: string, shape: NetShape, batch: number): Case {
  const nets = randomNets(engine, shape);
  const rows = 1000;
  const steps = Math.max(4, Math.round(512 / batch));
  const data = { inputs: normals(rows * shape.inputs), targets: normals(rows * shape.outputs) };
  const order = Uint32Array.from({ length: shape.members * steps * batch }, () => random.integer(rows));
  const options = { ...adam, weightDecay: layerSizes(shape).map(() => 1e-4) };
  // Forward, and backward to weights and inputs.
  const gflop = (3 * flopsOf(shape) * shape.members * batch * steps) / 1e9;
  return { name, gflop, run: () => nets.train(data, order, steps, batch, options) };
}

/** The figure's own shape: 100 candidates, 5 particles, 30 steps of cartpole swing-up's state, any net. */
export async function plainProblem(name: string, hidden: readonly number[]): Promise<Problem> {
  const { request, task } = await taskProblem('cartpole-swingup', { candidates: 100, iterations: 1 });
  const horizon = 30;
  const shape = netShape(hidden);
  const features = [0, 1, 2, 3, 4].map((index) => ({ kind: 'value', index }) as const);
  const encoding = { ...request.encoding, features, inputMean: zeros(5), inputScale: zeros(5).fill(1) };
  return {
    ...{ name, shape, task },
    request: { ...request, encoding, ...trajectories(shape, encoding.actionSize, 100, MEMBERS, horizon) },
  };
}

/** What a task plans with by default, in one iteration of a budget: from an episode's start, actions at random. */
export async function taskProblem(
  taskName: string,
  given: Budget | 'quality' | 'realtime',
): Promise<Problem> {
  const { task, module } = await loadTask(taskName);
  const robotName = usualRobot(task);
  if (robotName === undefined) throw new Error(`${taskName} names no robot`);
  const robot = await loadRobot(robotName);
  const { trials: _, ...defaults } = task.defaults ?? {};
  const { model, planner, budgets } = runConfig.parse(defaults);
  const { candidates } = typeof given === 'string' ? budgets[given] : given;
  const env = await createVectorEnv({ task: taskName, envs: 1, threads: 0 });
  const { observations } = await env.reset({ seed: 1 });
  const { layout, action, controlPeriod } = env.spec;
  await env.close();
  const encoding = plainEncoding(layout, action.low.length);
  encoding.targetScale.fill(0.02);
  const shape: NetShape = {
    ...netShape(model.hidden, encoding.features.length, encoding.targets.length, model.members),
    ...{ activation: model.activation },
  };
  const horizon = Math.round(task.planHorizon / controlPeriod);
  const hidden = model.hidden.every((width) => width === model.hidden[0])
    ? `${model.hidden.length}×${model.hidden[0]}`
    : model.hidden.join('-');
  return {
    name: `${taskName} ${candidates}×${planner.particles}×${horizon}, ${hidden}`,
    shape,
    task: { module, robot, params: task.params.parse({}) as Record<string, unknown> },
    request: {
      encoding,
      states: stateOf(layout, observations, zeros(layout.stateSize)),
      goals: goalOf(layout, observations, zeros(layout.goalSize)),
      robots: 1,
      wantStates: false,
      ...trajectories(shape, action.low.length, candidates, planner.particles, horizon),
    },
  };
}

function trajectories(
  shape: NetShape,
  actionSize: number,
  candidates: number,
  particles: number,
  horizon: number,
) {
  return {
    ...{ candidates, particles, horizon },
    actions: normals(candidates * horizon * actionSize, 0.3),
    members: Uint8Array.from(
      { length: particles * horizon },
      (_, i) => Math.floor(i / horizon) % shape.members,
    ),
    noise: normals(particles * horizon * shape.outputs),
  };
}

const zeros = (count: number) => new Float32Array(count);
