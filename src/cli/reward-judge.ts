import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { instantiateTask, type TaskInstance, type TaskReference } from '../core/index.ts';

/** State [S], action [A], next state [S] and goal [G] of one control step. */
export interface TaskTransition {
  readonly state: Float32Array;
  readonly action: Float32Array;
  readonly next: Float32Array;
  readonly goal: Float32Array;
}

export interface Judgement {
  readonly rewards: readonly number[];
  /** The first thing found wrong; null when all is well. */
  readonly problem: string | null;
}

/** Calls the reward twice on each transition. */
export function judge(instance: TaskInstance, transitions: readonly TaskTransition[]): Judgement {
  const rewards: number[] = [];
  const wrong = (problem: string): Judgement => ({ rewards, problem });
  for (const transition of transitions) {
    const { state, action, next, goal } = transition;
    const before = [state, action, next, goal].map((vector) => vector.slice());
    let first: unknown;
    let second: unknown;
    try {
      first = instance.reward(state, action, next, goal);
      second = instance.reward(state, action, next, goal);
      instance.terms?.(state, action, next, goal);
      instance.terminated?.(next, goal);
      instance.success?.(next, goal);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      return wrong(`its reward, or what goes with it, threw: ${said.split('\n')[0]}`);
    }
    if (typeof first !== 'number' || !Number.isFinite(first)) {
      return wrong(`its reward is ${String(first)} for state [${brief(next)}]; it must be a finite number`);
    }
    if (!Object.is(first, second)) {
      return wrong(
        `two calls of its reward with the same arguments give ${first} and ${String(second)}; it must depend on its arguments alone`,
      );
    }
    const after = [state, action, next, goal];
    if (after.some((vector, i) => vector.some((value, k) => !Object.is(value, before[i][k])))) {
      return wrong('its reward changes the vectors it is given; they are for reading');
    }
    rewards.push(first);
  }
  return { rewards, problem: null };
}

function brief(vector: Float32Array): string {
  const shown = Array.from(vector.subarray(0, 6), (value) => Number(value.toPrecision(3)));
  return shown.join(', ') + (vector.length > 6 ? ', …' : '');
}

if (!isMainThread && (workerData as { role?: string } | null)?.role === 'reward-judge' && parentPort) {
  const { reference, transitions } = workerData as {
    reference: TaskReference;
    transitions: readonly TaskTransition[];
  };
  const { instance } = await instantiateTask(reference);
  parentPort.postMessage(judge(instance, transitions));
}
