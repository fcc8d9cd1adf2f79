import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { instantiateTask } from '#src/core/instantiate-task';
import { Random } from '#src/core/random';
import type { TaskReference } from '#src/core/task';
import { TaskEnv } from '#src/core/task-env';
import { loadRobot } from '#src/load/robot';
import { loadTask } from '#src/load/task';
import { createTruePool } from '#src/train/true-pool.node';

const HORIZON = 6;
const CANDIDATES = 5;

async function scene(name: string) {
  const { task, module } = await loadTask(name);
  const robot = await loadRobot(task.robots[0]);
  const reference: TaskReference = { module, robot, params: {} };
  const { instance, params } = await instantiateTask(reference);
  const world = task.world?.(params as never, robot);
  const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
  return { reference, env: new TaskEnv(task, instance, plant), plant };
}

describe.each(['cartpole-swingup', 'reacher'])('planning on the true simulator, %s', (name) => {
  it('foresees exactly what the environment then does, on any number of threads', async () => {
    const { reference, env, plant } = await scene(name);
    await env.reset({ seed: 4 });
    const random = new Random(1, 'actions');
    const size = env.spec.action.low.length;
    const actions = Float32Array.from({ length: CANDIDATES * HORIZON * size }, () => random.uniform(-1, 1));
    await env.step(actions.slice(0, size));
    const saved = plant.save();
    const request = {
      saved,
      goal: env.goal.slice(),
      actions,
      candidates: CANDIDATES,
      horizon: HORIZON,
      wantStates: true,
    };
    const one = await createTruePool(reference, 1);
    const three = await createTruePool(reference, 3);
    const result = await one.solve(request);
    expect(await three.solve(request)).toEqual(result);
    await one.close();
    await three.close();

    const stateSize = env.spec.layout.stateSize;
    const last = CANDIDATES - 1;
    let total = 0;
    for (let t = 0; t < HORIZON; t++) {
      const at = (last * HORIZON + t) * size;
      const step = await env.step(actions.slice(at, at + size));
      total += step.reward;
      const foreseen = (result.states as Float32Array).subarray((last * HORIZON + t) * stateSize);
      env.spec.layout.stateIndex.forEach((index, i) => {
        expect(foreseen[i]).toBe(step.observation[index]);
      });
    }
    expect(result.returns[last]).toBe(total);
    await env.close();
  });
});

describe('a pool of simulators', () => {
  it('fails its question when closed, instead of waiting for ever', async () => {
    const { reference, env, plant } = await scene('cartpole-swingup');
    const pool = await createTruePool(reference, 1);
    await pool.close();
    const request = {
      saved: plant.save(),
      goal: new Float32Array(0),
      actions: new Float32Array(1),
      candidates: 1,
      horizon: 1,
      wantStates: false,
    };
    await expect(pool.solve(request)).rejects.toThrow(/closed/);
    await env.close();
  });
});
