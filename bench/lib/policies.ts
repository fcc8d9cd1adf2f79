import { createSimPlant } from '#sim/index';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import { sampleBox } from '#src/core/space';
import { usualRobot } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';

/** Returns of episodes under a policy that does not look: uniform random actions, or zero. */
export async function blindReturns(
  taskName: string,
  policy: 'random' | 'zero',
  seed: number,
  episodes: number,
  wanted?: string,
): Promise<number[]> {
  const { task, module } = await loadTask(taskName);
  const robot = await loadRobot(wanted ?? usualRobot(task)!);
  const { instance, params } = await instantiateTask({ module, robot, params: {} });
  const world = task.world?.(params as never, robot);
  const env = new TaskEnv(
    task,
    instance,
    await createSimPlant({ robot, controlPeriod: task.controlPeriod, world }),
  );
  const returns: number[] = [];
  for (let episode = 0; episode < episodes; episode++) {
    const random = new Random(seed, 'blind-policy', episode);
    await env.reset({ seed, episode });
    let total = 0;
    for (;;) {
      const action = new Float32Array(env.spec.action.low.length);
      const step = await env.step(policy === 'random' ? sampleBox(env.spec.action, random, action) : action);
      total += step.reward;
      if (step.terminated || step.truncated) break;
    }
    returns.push(total);
  }
  await env.close();
  return returns;
}
