import type { Engine } from '#src/core/engine';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { createTfjsEngine } from '#src/model/engines/tfjs';
import type { Contender, Form } from './contender.ts';
import { ADAM, type FitProblem } from './problem.ts';

/** Our kernels on `threads` threads. */
export async function kernels(threads: number): Promise<Contender> {
  return contender('premotor', await createWasmEngine({ threads, numerics: 'fast' }));
}

/** Our own TensorFlow.js engine on the fastest backend found here: what `premotor train --engine tfjs` computes with. */
export async function engineTfjs(): Promise<Contender> {
  return contender('engine tfjs', await createTfjsEngine());
}

/** An engine as planning and fitting use it. */
async function contender(name: string, engine: Engine): Promise<Contender> {
  const { task, module } = await loadTask('cartpole-swingup');
  const robot = await loadRobot('cartpole');
  await engine.setTask({ module, robot, params: task.params.parse({}) as Record<string, unknown> });
  return {
    name,
    description: engine.description,
    slow: false,
    async rollouts({ shape, parameters, request }) {
      const nets = engine.createNets(shape);
      nets.setParameters(parameters);
      const run = async () => (await nets.rollout(request)).returns;
      return [{ name: 'as it is', written: 'ours', run, dispose: () => nets.dispose() }];
    },
    fits: async (problem) => [engineFit(engine, problem, 'as it is', 'ours')],
    close: () => engine.close(),
  };
}

/** A fit by one of this project's engines. */
export function engineFit(engine: Engine, problem: FitProblem, name: string, written: Form['written']): Form {
  const { shape, parameters, data, order, steps, batch } = problem;
  const nets = engine.createNets(shape);
  nets.setParameters(parameters);
  const options = { ...ADAM, weightDecay: [...shape.hidden, 0].map(() => 0) };
  return {
    name,
    written,
    run: async () => Float32Array.from(await nets.train(data, order, steps, batch, options)),
    dispose: () => nets.dispose(),
  };
}
