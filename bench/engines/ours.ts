import type { Engine } from '#src/core/engine';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import type { Contender } from './contender.ts';
import { ADAM, type FitProblem } from './problem.ts';

/** Our kernels: every form is the engine that planning and fitting use. */
export async function ours(threads: number): Promise<Contender> {
  const engine = await createWasmEngine({ threads, numerics: 'fast' });
  const { task, module } = await loadTask('cartpole-swingup');
  const robot = await loadRobot('cartpole');
  await engine.setTask({ module, robot, params: task.params.parse({}) as Record<string, unknown> });
  return {
    name: 'premotor',
    description: engine.description,
    slow: false,
    async rollouts({ shape, parameters, request }) {
      const nets = engine.createNets(shape);
      nets.setParameters(parameters);
      const run = async () => (await nets.rollout(request)).returns;
      return [{ name: 'kernels', run, dispose: () => nets.dispose() }];
    },
    fits: async (problem) => [engineFit(engine, problem, 'kernels')],
    close: () => engine.close(),
  };
}

/** A fit by one of this project's engines. */
export function engineFit(engine: Engine, problem: FitProblem, name: string) {
  const { shape, parameters, data, order, steps, batch } = problem;
  const nets = engine.createNets(shape);
  nets.setParameters(parameters);
  const options = { ...ADAM, weightDecay: [...shape.hidden, 0].map(() => 0) };
  return { name, run: () => nets.train(data, order, steps, batch, options), dispose: () => nets.dispose() };
}
