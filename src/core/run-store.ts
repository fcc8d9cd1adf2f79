import type { Checkpoint, Transition } from './agent.ts';
import type { FitReport, TrialReport } from './telemetry.ts';

/** One line of `steps.jsonl`: no clock in it, so two runs of one seed compare byte for byte. */
export interface StepRecord {
  readonly trial: number;
  readonly step: number;
  readonly reward: number;
  readonly action: readonly number[];
  readonly observation: readonly number[];
  /** What the plan promised, null when the action was not planned. */
  readonly expectedReturn: number | null;
  /** Sequences the plan evaluated, where the clock decided how many. */
  readonly evaluations?: number;
}

/** Everything a finished trial leaves. */
export interface TrialCommit {
  readonly report: TrialReport;
  readonly steps: readonly StepRecord[];
  readonly transitions: readonly Transition[];
  /** The agent after it learned from this trial. */
  readonly checkpoint: Checkpoint;
  readonly fit: FitReport | null;
}

/** What a run can be continued from. */
export interface RunProgress {
  readonly trials: readonly TrialReport[];
  /** All transitions so far, in order. */
  readonly transitions: readonly Transition[];
  readonly checkpoint: Checkpoint;
}

/** Where a run is kept. The Node form is a run folder; a browser or a test may keep it in memory. */
export interface RunStore {
  readonly directory: string | null;
  /** null for a run that begins. */
  readonly progress: RunProgress | null;
  /** All or nothing, and durable when it resolves: after a crash the run continues behind the last committed trial. */
  commitTrial(commit: TrialCommit): Promise<void>;
}
