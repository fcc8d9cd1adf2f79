import type { TimedPlan } from '../control/index.ts';
import type { ControlConfig } from '../core/config.ts';
import type { EnvSpec } from '../core/env.ts';
import type { TaskReference } from '../core/task.ts';
import type { TelemetryEvent, TelemetrySink, TimingReport } from '../core/telemetry.ts';

/** How an episode begins: keys of its start. */
export interface EpisodeKey {
  readonly seed: number;
  readonly episode: number;
}

/** Where a plant in a thread of its own tells its poses and steps, past the thread of its agent. */
export interface Display {
  /** A MessagePort, as this room knows it; hears `DisplayMessage`s. */
  readonly port: { postMessage(message: unknown): void };
  /** An Int32: how many messages the agent's thread has sent to whoever hears this port. */
  readonly sent: SharedArrayBuffer;
}

export interface DisplayMessage {
  readonly events: readonly TelemetryEvent[];
  /** They come behind so many messages of the agent's thread. */
  readonly after: number;
}

/**
 * Where a real robot comes from: a module whose export `createPlant({ robot, controlPeriod, world, data })` makes the
 * plant. It gives the ticks itself: its `advance` resolves at the next one.
 */
export interface PlantSource {
  /** As any thread can import it. */
  readonly module: string;
  /** Crosses threads as it is. */
  readonly data: unknown;
}

export interface PlantThreadOptions {
  /** Left out: the simulator. */
  readonly source?: PlantSource;
  readonly task: TaskReference;
  readonly spec: EnvSpec;
  /** H, control steps. */
  readonly horizon: number;
  readonly control: ControlConfig;
  /** Hears poses and steps where there is no `display`. */
  readonly telemetry: TelemetrySink;
  readonly display?: Display;
  /** Poses a second of plant time; 0 = none. */
  readonly poseRate: number;
}

/** One control step as it was executed. */
export interface ExecutedStep {
  readonly observation: Float32Array;
  /** [A] */
  readonly action: Float32Array;
  readonly reward: number;
  /** The observation after it. */
  readonly next: Float32Array;
  readonly terminated: boolean;
  /** Of the plan in force; null without one. */
  readonly expectedReturn: number | null;
  readonly evaluations: number | null;
}

/** What a tick begins with. */
export interface TickObservation {
  /** From 0. */
  readonly tick: number;
  /** When the tick was due, ms of the plant's clock. */
  readonly due: number;
  readonly observation: Float32Array;
  /** The action [A] that comes nearest to the robot's safe command now. */
  readonly safe: Float32Array;
}

export interface EpisodeEnd {
  readonly aborted: boolean;
  readonly terminated: boolean;
  readonly success: boolean | null;
  readonly timing: TimingReport;
}

/**
 * A task on a plant that keeps the wall clock in a thread of its own and waits for nobody: it takes the newest plan, and
 * lays its newest observation down. A failure there fails every call that waits and every later one; a `RobotFault`
 * only those that wait, so that an episode may be begun anew.
 */
export interface PlantThread {
  /** Monotonic, ms; that of `due`. */
  now(): number;
  /** Resets the plant; it stands still until `go`. @param exploring a real robot's actions are random */
  begin(
    start: EpisodeKey,
    epoch: number,
    trial: number,
    exploring?: boolean,
  ): Promise<Pick<TickObservation, 'observation' | 'safe'>>;
  /** The clock runs. `onStep` hears every step, in order, before the promise resolves at the end of the episode. */
  go(onStep: (step: ExecutedStep) => void): Promise<EpisodeEnd>;
  /** Resolves with the newest observation of a tick after `tick`; null when the episode is over. */
  observationAfter(tick: number): Promise<TickObservation | null>;
  /** The tick that has begun last. */
  readonly tick: number;
  /** Replaces whatever plan the plant has not taken yet. @param delay what planning is expected to take, ms. */
  post(plan: TimedPlan, delay: number): void;
  /** Plant seconds per wall second; Infinity = as fast as it goes. A real robot's is 1, whatever is set. */
  speed: number;
  /** The clock stands still from the next tick on. */
  setPaused(paused: boolean): void;
  /** One tick of a paused plant. */
  step(): void;
  /** Ends the episode at the next tick; a robot on its way to the start stops at once. */
  abort(): void;
  /** A real robot is brought to rest first. Rejects, closed all the same, when it could not be verified that it is. */
  close(): Promise<void>;
}
