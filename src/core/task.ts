import type { z } from 'zod';
import type { Channel } from './channel.ts';
import type { Physics, PlantState } from './plant.ts';
import type { Random } from './random.ts';
import type { Geometry, Pose, RobotModel, Shape, Surface } from './robot.ts';
import type { Sensor } from './sensor.ts';
import type { Box, Vector } from './space.ts';

/** Something beside the robot. */
export interface WorldBody {
  readonly name: string;
  /** `fixed` bodies stay where an episode puts them. */
  readonly kind: 'free' | 'fixed';
  /** In the body's frame; drawn and collided with. */
  readonly shapes: readonly Shape[];
  /** Where it stands unless an episode says otherwise, world frame. */
  readonly pose: Pose;
  /** kg, of a free body, spread evenly over its shapes. */
  readonly mass?: number;
  /** Default: friction 1, restitution 0. */
  readonly surface?: Surface;
  /** Axes of the world along and about which a free body moves; default: all six. */
  readonly freedom?: readonly ('x' | 'y' | 'z' | 'roll' | 'pitch' | 'yaw')[];
  /** Viscous drag on a free body's motion: N s/m and N m s/rad. */
  readonly drag?: { readonly linear: number; readonly angular: number };
}

/** What surrounds the robot. A simulator builds it, a view draws it, hardware ignores it. */
export interface WorldSpec {
  /** m/s², world frame; default [0, 0, −9.81]. */
  readonly gravity?: readonly [number, number, number];
  /** Drawn, not collided with. */
  readonly scenery?: readonly { readonly geometry: Geometry; readonly pose: Pose }[];
  readonly bodies?: readonly WorldBody[];
  /** A plane to stand on: height, m. Left out: none. */
  readonly ground?: { readonly height: number; readonly surface?: Surface };
  /** Does the robot's own geometry collide with itself? Default: no. It always collides with the world. */
  readonly selfCollision?: boolean;
  /** Beside the robot's own. */
  readonly sensors?: readonly Sensor[];
}

/** Something a view draws for the goal, world frame. Every one has an optional label. */
export type Marker = { readonly label?: string } & (
  | { readonly kind: 'sphere'; readonly position: readonly [number, number, number]; readonly radius: number }
  /** Faces along `normal`; default y. */
  | {
      readonly kind: 'ring';
      readonly position: readonly [number, number, number];
      readonly radius: number;
      readonly normal?: readonly [number, number, number];
    }
  | { readonly kind: 'box'; readonly pose: Pose; readonly size: readonly [number, number, number] }
  /** A line through points x y z …, m. */
  | { readonly kind: 'path'; readonly points: readonly number[]; readonly closed?: boolean }
);

/**
 * How much a plan may cost: trajectories of the first iteration × iterations. iCEM spends fewer in later iterations.
 */
export interface Budget {
  readonly candidates: number;
  readonly iterations: number;
  /** Planning stops so many ms after it began, at the latest; the best so far counts. Left out: no deadline. */
  readonly milliseconds?: number;
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
  /**
   * Default: the robot's own actuators. `toCommand` turns an action [A], taken in state s [S], into a command, one value
   * per actuator.
   */
  readonly action?: {
    readonly space: Box;
    toCommand(action: Vector, command: Float32Array, s: Vector): void;
  };
  /** Where an episode starts, towards which goal [G], under which physics. */
  reset(random: Random): {
    readonly state: PlantState;
    readonly goal?: readonly number[];
    readonly physics?: Physics;
  };
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
  /** The reward as one line of formula, for the table of tasks. */
  readonly reward?: string;
  /** Where the reward, the geometry and the ranges come from. */
  readonly source?: string;
  /** By name, the default one first; `any`: whatever `--robot` names, else `defaultRobot`. */
  readonly robots: readonly string[] | 'any';
  readonly defaultRobot?: string;
  /** s */
  readonly controlPeriod: number;
  readonly episodeSteps: number;
  /** s */
  readonly planHorizon: number;
  /** Task parameters with ranges and defaults; they become flags and sliders. */
  readonly params: P;
  readonly defaults?: TaskDefaults;
  world?(params: z.output<P>, robot: RobotModel): WorldSpec;
  build(robot: RobotModel, params: z.output<P>): TaskInstance;
}

/** Declares a task; the module that a user names must export it as default. */
export function defineTask<P extends z.ZodType>(task: Task<P>): Task<P> {
  return task;
}

/** The robot that a task is run with where none is asked for; undefined where one must be. */
export function usualRobot({
  robots,
  defaultRobot,
}: Pick<Task, 'robots' | 'defaultRobot'>): string | undefined {
  return robots === 'any' ? defaultRobot : robots[0];
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
