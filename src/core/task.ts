import type { z } from 'zod';
import type { Channel } from './channel.ts';
import type { PlantState } from './plant.ts';
import type { Random } from './random.ts';
import type { Geometry, Pose, RobotModel } from './robot.ts';
import type { Box, Vector } from './space.ts';

/** What surrounds the robot. A simulator builds it, a view draws it, hardware ignores it. */
export interface WorldSpec {
  /** m/s², world frame; default [0, 0, −9.81]. */
  readonly gravity?: readonly [number, number, number];
  /** Drawn, not collided with. */
  readonly scenery?: readonly { readonly geometry: Geometry; readonly pose: Pose }[];
}

/** Something a view draws for the goal, world frame. */
export interface Marker {
  readonly kind: 'sphere' | 'ring';
  readonly position: readonly [number, number, number];
  /** m */
  readonly radius: number;
  readonly label?: string;
}

/**
 * How much a plan may cost: trajectories of the first iteration × iterations. iCEM spends fewer in later iterations.
 */
export interface Budget {
  readonly candidates: number;
  readonly iterations: number;
}

/** A task's own defaults for planner and model; keys and ranges are those of the configuration. */
export interface TaskDefaults {
  readonly budgets?: { readonly quality: Budget; readonly realtime: Budget };
  readonly planner?: Readonly<Record<string, unknown>>;
  readonly model?: Readonly<Record<string, unknown>>;
  /** Environment steps of a default `train`, in trials (the first is random). */
  readonly trials?: number;
}

/**
 * A task made for one robot. All functions are pure. Vectors are reused scratch arrays: do not keep them.
 * `s`, `next` are states [S] (the observation without its goal channels), `a` an action [A], `goal` [G].
 */
export interface TaskInstance {
  readonly observation: readonly Channel[];
  /** Default: the robot's own actuators. `toCommand` turns an action [A] into efforts, one per actuator. */
  readonly action?: { readonly space: Box; toCommand(action: Vector, command: Float32Array): void };
  /** Where an episode starts. */
  reset(random: Random): { readonly state: PlantState; readonly goal?: readonly number[] };
  reward(s: Vector, a: Vector, next: Vector, goal: Vector): number;
  /** The reward's parts by name, for plots; they add up to the reward. */
  terms?(s: Vector, a: Vector, next: Vector, goal: Vector): Record<string, number>;
  terminated?(next: Vector, goal: Vector): boolean;
  /** Added at the terminating step, by environment and planner alike. */
  readonly terminalReward?: number;
  success?(next: Vector, goal: Vector): boolean;
  markers?(goal: Vector): readonly Marker[];
}

/** What is to be achieved, for any robot in `robots`. */
export interface Task<P extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly robots: readonly string[] | 'any';
  /** s */
  readonly controlPeriod: number;
  readonly episodeSteps: number;
  /** s */
  readonly planHorizon: number;
  /** Task parameters with ranges and defaults; they become flags and sliders. */
  readonly params: P;
  readonly defaults?: TaskDefaults;
  world?(params: z.output<P>): WorldSpec;
  build(robot: RobotModel, params: z.output<P>): TaskInstance;
}

/** Declares a task; the module that a user names must export it as default. */
export function defineTask<P extends z.ZodType>(task: Task<P>): Task<P> {
  return task;
}

/**
 * How a task crosses threads: every thread imports `module` (its default export is the task) and builds it for
 * `robot` with `params`.
 */
export interface TaskReference {
  /** file: or package URL that a plain `import()` can load. */
  readonly module: string;
  readonly robot: RobotModel;
  readonly params: Readonly<Record<string, unknown>>;
}
