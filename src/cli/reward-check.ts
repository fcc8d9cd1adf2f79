import { Worker } from 'node:worker_threads';
import { createSimPlant } from '../../sim/index.ts';
import {
  goalOf,
  InputError,
  instantiateTask,
  Random,
  sampleBox,
  stateOf,
  TaskEnv,
  type TaskReference,
} from '../core/index.ts';
import { oneLine } from '../load/task.ts';
import { type Judgement, judge, type TaskTransition } from './reward-judge.ts';

const transitionCount = 100;

/**
 * Planner workers and environment each run their own copy of a task, so its reward must be a pure function. Tries it
 * on 100 transitions of random actions: it must not throw, be finite, and be the same in two calls and two threads.
 * Throws an `InputError` that says what is wrong. @param where names the task in errors.
 */
export async function checkReward(reference: TaskReference, where: string): Promise<void> {
  const transitions = await sampleTransitions(reference, where);
  const { instance } = await instantiateTask(reference);
  const [here, there] = [judge(instance, transitions), await judgeElsewhere(reference, transitions, where)];
  for (const judgement of [here, there]) {
    if (judgement.problem !== null) throw new InputError(`${where}: ${judgement.problem}`);
  }
  for (let i = 0; i < transitions.length; i++) {
    if (!Object.is(here.rewards[i], there.rewards[i])) {
      throw new InputError(
        `${where}: the reward of one transition is ${here.rewards[i]} in one thread and ${there.rewards[i]} in another; it must depend on its arguments alone`,
      );
    }
  }
}

async function sampleTransitions(reference: TaskReference, where: string): Promise<TaskTransition[]> {
  const { task, instance, params } = await named(where, 'build', () => instantiateTask(reference));
  const world = await named(where, 'world', () => task.world?.(params as never, reference.robot));
  const plant = await createSimPlant({ robot: reference.robot, controlPeriod: task.controlPeriod, world });
  try {
    const env = new TaskEnv(task, instance, plant);
    const { layout, action: space } = env.spec;
    const random = new Random(0, 'reward-check');
    const transitions: TaskTransition[] = [];
    let observation: Float32Array | undefined;
    for (let episode = 0; transitions.length < transitionCount; ) {
      if (!observation) {
        await named(where, 'reset', () => instance.reset(new Random(0, 'reset', episode)));
        ({ observation } = await env.reset({ seed: 0, episode: episode++ }));
      }
      const action = sampleBox(space, random);
      const step = await named(where, 'reward, or what goes with it,', () => env.step(action));
      transitions.push({
        state: stateOf(layout, observation),
        action,
        next: stateOf(layout, step.observation),
        goal: goalOf(layout, step.observation),
      });
      observation = step.terminated || step.truncated ? undefined : step.observation;
    }
    return transitions;
  } finally {
    plant.close();
  }
}

/** Runs a piece of the user's code; what it throws becomes one line. */
async function named<T>(where: string, what: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${where}: its ${what} threw: ${oneLine(error)}`, { cause: error });
  }
}

async function judgeElsewhere(
  reference: TaskReference,
  transitions: readonly TaskTransition[],
  where: string,
): Promise<Judgement> {
  const worker = new Worker(new URL('./reward-judge.js', import.meta.url), {
    workerData: { role: 'reward-judge', reference, transitions },
    execArgv: [],
  });
  try {
    return await new Promise<Judgement>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) =>
        reject(new InputError(`${where}: it threw in a second thread: ${oneLine(error)}`, { cause: error })),
      );
      worker.once('exit', () => reject(new InputError(`${where}: it ends the thread it runs in`)));
    });
  } finally {
    await worker.terminate();
  }
}
