import { availableParallelism } from 'node:os';

/** Every core; one is left free for the page when somebody watches, and for a plant that keeps the wall clock. */
export function defaultThreads(shared: boolean): number {
  return Math.max(1, availableParallelism() - (shared ? 1 : 0));
}
