import type { Transition } from '../core/agent.ts';
import type { Plan } from '../core/plan.ts';
import type { StepRecord } from '../core/run-store.ts';
import type { Percentiles, TimingReport, TrialReport } from '../core/telemetry.ts';
import type { Session } from './session.ts';

export interface Episode {
  readonly transitions: readonly Transition[];
  readonly steps: readonly StepRecord[];
  readonly return: number;
  readonly terminated: boolean;
  readonly success: boolean | null;
  readonly planMs: Percentiles | null;
  readonly late: number;
  /** Spent on fits within the episode. */
  readonly fitSeconds: number;
  /** Only with a clock or a modelled delay. */
  readonly timing: TimingReport | undefined;
}

/** What is told of an episode that has ended. */
export function reportOf(
  session: Session,
  episode: Episode,
  {
    trial,
    envSteps,
    wallSeconds,
    fitSeconds,
  }: Pick<TrialReport, 'trial' | 'envSteps' | 'wallSeconds' | 'fitSeconds'>,
): TrialReport {
  return {
    trial,
    return: episode.return,
    score: session.score(episode.return),
    ...{ envSteps, wallSeconds, fitSeconds },
    planMs: episode.planMs,
    late: episode.late,
    seed: session.seed,
    terminated: episode.terminated,
    success: episode.success,
    ...(episode.timing && { timing: episode.timing }),
  };
}

/** Plan events at most this often, ms. */
export const PLAN_INTERVAL = 40;

/** Tells of candidates that had no return. */
export function warnOfInvalid({ telemetry }: Session, { invalid }: Plan, step: number): void {
  if (invalid === 0) return;
  const message = `step ${step}: ${invalid} candidates had no finite return`;
  telemetry.emit({ type: 'log', level: 'warning', message });
}

export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
