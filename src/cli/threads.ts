import { availableParallelism } from 'node:os';

/** Every core; one is left to the page when somebody watches. */
export function defaultThreads(view: boolean): number {
  return Math.max(1, availableParallelism() - (view ? 1 : 0));
}
