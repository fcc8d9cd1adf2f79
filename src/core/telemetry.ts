import type { Exchange, HardwareReport } from './hardware.ts';
import type { Marker } from './task.ts';

/** Summary of planning times in a trial, ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Accuracy of the model on data it was not fitted to, after a fit. */
export interface FitReport {
  readonly trial: number;
  readonly seconds: number;
  readonly epochs: number;
  readonly samples: number;
  readonly trainLoss: number;
  /** Mean negative log likelihood over members and dimensions, normalised targets. */
  readonly holdoutNll: number;
  /** Per output of the model [O]. RMSE in the channel's unit; `persistence` is that of "nothing changes". */
  readonly dimensions: readonly {
    readonly name: string;
    readonly nll: number;
    readonly rmse: number;
    readonly persistence: number;
    /** Share of truths within 1σ and 2σ (0.683 and 0.954 when calibrated). */
    readonly within1: number;
    readonly within2: number;
  }[];
  /** RMSE, normalised by each dimension's spread, of the mean prediction k steps open loop. */
  readonly openLoop: readonly { readonly steps: number; readonly error: number }[];
}

/**
 * What a control tick acts on: a plan made for it; an older plan whose successor is late; the last action, held when
 * that plan ended; the way to the robot's safe command; that command itself, the plant stopped.
 */
export type Rung = 'plan' | 'old-plan' | 'hold' | 'decay' | 'stop';

/** Timing of one control tick in a run with a clock or a modelled delay. */
export interface TickTiming {
  readonly rung: Rung;
  /** Since the observation that the plan in force was made from, ms; null without a plan. */
  readonly planAge: number | null;
  /** How late the tick began, ms; 0 on the simulator's clock. */
  readonly lateness: number;
  /** Ticks just before this one that never began, because their whole period had gone by; left out: none. */
  readonly skipped?: number;
  /** Planning delay that is being compensated, ms. */
  readonly delay: number;
}

/** A tick that begins more than so many ms late is missed. */
export const MISSED = 2;

/** Ticks without a valid plan. */
export function starvedTicks({ hold, decay, stop }: Readonly<Record<Rung, number>>): number {
  return hold + decay + stop;
}

/** Timing of the ticks of an episode. */
export interface TimingReport {
  readonly ticks: number;
  /** Ticks that began more than 2 ms late, or never. */
  readonly missed: number;
  /** Ticks without a valid plan: `hold`, `decay` and `stop`. */
  readonly starved: number;
  readonly rungs: Readonly<Record<Rung, number>>;
  /** Deviation of the ticks' intervals from the period, ms, absolute. */
  readonly jitterMs: { readonly mean: number; readonly p99: number; readonly max: number };
  readonly planAgeMs: Percentiles | null;
  /** How much later than their own beginning plans arrived, ms; 0 for those in time. */
  readonly latenessMs: Percentiles | null;
  /** Planning delay compensated at the end, ms. */
  readonly delayMs: number;
}

export interface TrialReport {
  /** From 1; the first is random. */
  readonly trial: number;
  /** Undiscounted. */
  readonly return: number;
  /** See "Score" in docs/design.md; null without a committed baseline. */
  readonly score: number | null;
  /** Cumulative, the random trial included. */
  readonly envSteps: number;
  readonly wallSeconds: number;
  readonly fitSeconds: number;
  /** null when nothing was planned. */
  readonly planMs: Percentiles | null;
  /** Plans that took longer than the control period. */
  readonly late: number;
  readonly seed: number;
  readonly terminated: boolean;
  readonly success: boolean | null;
  /** Only of runs on the wall clock or with a modelled delay. */
  readonly timing?: TimingReport;
}

/** What the run is doing, for the state chip of the page. */
export type Activity = 'starting' | 'acting' | 'fitting' | 'learning' | 'paused' | 'ended';

/**
 * Everything a run tells, in order. Arrays are owned by the receiver. Times `time` are s of plant time since the
 * episode's reset; `epoch` grows by one at every reset, so that a late message of an earlier episode can be dropped.
 */
export type TelemetryEvent =
  | { readonly type: 'start'; readonly run: RunDescription }
  /** `detail`, of a pause: the run paused itself, and this is what it asks; it goes on when it is resumed. */
  | { readonly type: 'activity'; readonly activity: Activity; readonly detail?: string }
  | {
      readonly type: 'reset';
      readonly epoch: number;
      readonly trial: number;
      readonly markers: readonly Marker[];
    }
  /** Coordinates q [D], and position and rotation of the world's bodies [bodies × 7]; sent between control steps too. */
  | {
      readonly type: 'pose';
      readonly epoch: number;
      readonly time: number;
      readonly position: Float64Array;
      readonly bodies: Float64Array;
      /** What touches [contacts × 6]: point, m, and force of the first on the second, N; world frame. */
      readonly contacts?: Float64Array;
    }
  | {
      readonly type: 'step';
      readonly epoch: number;
      readonly trial: number;
      /** From 1 within the trial. */
      readonly step: number;
      readonly time: number;
      readonly observation: Float32Array;
      readonly action: Float32Array;
      readonly reward: number;
      readonly terms: Readonly<Record<string, number>> | null;
      /** Return so far in this trial. */
      readonly return: number;
      /** null when the action was not planned. */
      readonly planMs: number | null;
      readonly expectedReturn: number | null;
      /** Only of runs on the wall clock or with a modelled delay. */
      readonly timing?: TickTiming;
    }
  | {
      readonly type: 'plan';
      readonly epoch: number;
      readonly time: number;
      /** Joint coordinates along the planned mean trajectory [H + 1, D]. */
      readonly path: Float32Array;
      /** Joint coordinates of each imagined particle [P, H + 1, D]. */
      readonly particles: Float32Array;
      readonly particleCount: number;
      /** Ensemble disagreement along the horizon [H + 1]: RMS over D of the standard deviation of q over particles. */
      readonly disagreement: Float32Array;
      /** Of a real robot: the first step of `path` on whose way something is, and what; no command is sent that leads there. */
      readonly blocked?: { readonly step: number; readonly reason: string };
    }
  | {
      readonly type: 'fit-progress';
      readonly trial: number;
      readonly epoch: number;
      readonly epochs: number;
      readonly trainLoss: number;
      readonly holdoutLoss: number;
    }
  | { readonly type: 'fit'; readonly report: FitReport }
  | { readonly type: 'trial'; readonly report: TrialReport }
  /** Of real robots: every cycle of the bridge. */
  | { readonly type: 'exchange'; readonly epoch: number; readonly exchange: Exchange }
  | { readonly type: 'hardware'; readonly report: HardwareReport }
  | { readonly type: 'log'; readonly level: 'info' | 'warning' | 'error'; readonly message: string }
  | { readonly type: 'end'; readonly reason: 'done' | 'interrupted' };

/** What is said once, at the start of a run. */
export interface RunDescription {
  readonly task: string;
  readonly robot: string;
  readonly agent: string;
  readonly planner: string;
  readonly model: 'learned' | 'true';
  /** e.g. `wasm, relaxed-simd FMA, 2 threads`; empty where a person drives. */
  readonly engine: string;
  readonly seed: number;
  readonly trials: number;
  /** Nothing is learned: each trial is an episode of what was learned before. */
  readonly evaluation?: boolean;
  readonly episodeSteps: number;
  /** s */
  readonly controlPeriod: number;
  /** `wall`: the plant keeps the wall clock and never waits for a plan. */
  readonly clock: 'sim' | 'wall';
  /** A real robot instead of the simulator, e.g. `feetech on /dev/ttyACM0`. */
  readonly hardware?: string;
  /** Modelled planning delay, ms. */
  readonly delayMs: number;
  /** e.g. `quality (64 × 3)`; empty where a person drives. */
  readonly budget: string;
  readonly budgets: Readonly<Record<string, string>>;
  /** Bounds of the action [A], so that a view can show actions as shares of their range. */
  readonly action?: { readonly low: readonly number[]; readonly high: readonly number[] };
  readonly directory: string | null;
}

export interface TelemetrySink {
  /** Must return at once; a slow consumer drops, it never holds the loop. */
  emit(event: TelemetryEvent): void;
}

/** What a person may ask of a running loop; read by the loop between steps. */
export interface RunControl {
  readonly stopping: boolean;
  /** True while `gate` holds the loop. */
  readonly paused: boolean;
  /** The run pauses itself, until a person resumes it. */
  pause(): void;
  /** Resolves when the loop may take its next step: at once, or when resumed or stepped. */
  gate(): Promise<void>;
  /** True once after a reset was asked for: the current episode is begun anew. */
  takeReset(): boolean;
  /** True once for every single step that was asked for while paused; for loops that `gate` cannot hold. */
  takeStep(): boolean;
  /** Resolves at the next command, or when `until` has settled, if given; then nothing waits for it any more. */
  changed(until?: Promise<unknown>): Promise<void>;
  /** Plant seconds per wall second; Infinity = as fast as it goes. */
  readonly speed: number;
}

/** What a person asks of a run, from the page, a Foxglove client or the terminal. */
export type RunCommand =
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** One control step, then pause. */
  | { readonly type: 'step' }
  | { readonly type: 'reset' }
  /** Plant seconds per wall second; `Infinity` = as fast as it goes. */
  | { readonly type: 'speed'; readonly value: number }
  | { readonly type: 'stop' };
