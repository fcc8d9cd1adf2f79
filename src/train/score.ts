import { baselines } from '../tasks/baselines.ts';

/** 0 = the better of a random and a zero-action policy, 1 = planning on the true simulator; null without a baseline. */
export function scoreOf(task: string, robot: string, episodeReturn: number): number | null {
  const baseline = baselines[task]?.[robot];
  return baseline ? (episodeReturn - baseline.base) / (baseline.true - baseline.base) : null;
}
