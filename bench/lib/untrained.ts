import { createSimPlant } from '#sim/index';
import { goalOf, stateOf } from '#src/core/channel';
import { instantiateTask } from '#src/core/instantiate-task';
import { usualRobot } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import { createWasmEngine } from '#src/kernels/index';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { Ensemble } from '#src/model/ensemble';
import { ModelRehearsal, planners } from '#src/plan/index';
import { configOf } from './training.ts';

/**
 * What plans for a task in nets that have learned nothing: speed is the same. States [R, S] and goals [R, G] are those
 * that `robots` episodes begin with.
 */
export async function untrainedPlanning(
  name: string,
  { threads, robots }: { threads: number; robots: number },
) {
  const { task, module } = await loadTask(name);
  const robot = await loadRobot(usualRobot(task)!);
  const reference = { module, robot, params: {} };
  const { instance, params } = await instantiateTask(reference);
  const world = task.world?.(params as never, robot);
  const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
  const env = new TaskEnv(task, instance, plant);
  const { layout, action: space, controlPeriod } = env.spec;
  const config = await configOf(name);
  const engine = await createWasmEngine({ threads, numerics: 'fast' });
  await engine.setTask(reference);
  const ensemble = new Ensemble(engine, layout, space.low.length, config.model, 1);
  const horizon = Math.max(1, Math.round(task.planHorizon / controlPeriod));
  const states = new Float32Array(robots * layout.stateSize);
  const goals = new Float32Array(robots * layout.goalSize);
  for (let r = 0; r < robots; r++) {
    const { observation } = await env.reset({ seed: 1, episode: r });
    stateOf(layout, observation, states.subarray(r * layout.stateSize, (r + 1) * layout.stateSize));
    goalOf(layout, observation, goals.subarray(r * layout.goalSize, (r + 1) * layout.goalSize));
  }
  const rehearsal = new ModelRehearsal({ ensemble, config: config.planner, horizon });
  return {
    config,
    planner: planners[config.planner.name]({ space, horizon, controlPeriod, config: config.planner }),
    /** What the first `count` robots can try, as plan number `index`. */
    outlook: (count: number, index: number) =>
      rehearsal.begin({
        ...{ robots: count, index, steps: 0, explore: false, pending: new Float32Array(0) },
        states: states.slice(0, count * layout.stateSize),
        goals: goals.slice(0, count * layout.goalSize),
      }),
    async close(): Promise<void> {
      ensemble.dispose();
      await env.close();
      await engine.close();
    },
  };
}
