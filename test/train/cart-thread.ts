import { createSimPlant } from '#sim/index';
import type { TimedPlan } from '#src/control/index';
import { controlConfig } from '#src/core/config';
import { instantiateTask } from '#src/core/instantiate-task';
import { TaskEnv } from '#src/core/task-env';
import type { TelemetryEvent } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import type { PlantSource, PlantThread } from '#src/train/plant-thread';
import { createPlantThread } from '#src/train/plant-thread.node';

const module = new URL('./fixtures/cart.mjs', import.meta.url).href;
const robot = await loadRobot('cartpole');
/** H, as long as an episode. */
export const HORIZON = 9;
export const key = { seed: 2, episode: 1 };

/** Threads that `closeAll` is to close. */
export const open: PlantThread[] = [];
export async function closeAll(): Promise<void> {
  for (const plant of open.splice(0)) await plant.close();
}

/** A plant in a thread of its own whose task is the cart of the fixtures; the same environment in this thread. */
export async function cartThread(params: Record<string, unknown>, source?: PlantSource) {
  const reference = { module, robot, params };
  const { task, instance } = await instantiateTask(reference);
  const env = new TaskEnv(task, instance, await createSimPlant({ robot, controlPeriod: task.controlPeriod }));
  const events: TelemetryEvent[] = [];
  const telemetry = { emit: (event: TelemetryEvent) => void events.push(event) };
  const plant = await createPlantThread({
    ...{ task: reference, spec: env.spec, horizon: HORIZON, telemetry, poseRate: 60 },
    ...{ control: controlConfig.parse({}), source },
  });
  open.push(plant);
  return { plant, env, events };
}

/** A plan that pushes with one force, N, for the whole episode. */
export function push(force: number): TimedPlan {
  return {
    plan: {
      ...{ id: 1, startTime: 0, startState: new Float32Array(3), actionSize: 1, order: 0 },
      times: Float64Array.from({ length: HORIZON }, (_, t) => t * 0.04),
      knots: new Float32Array(HORIZON).fill(force),
      ...{ expectedReturn: 5, returnSpread: 0, evaluations: 3, invalid: 0, milliseconds: 1 },
    },
    ...{ observed: 0, end: HORIZON * 0.04, fresh: 0.04 },
  };
}
