import type { Channel } from '../../src/core/channel.ts';
import type { RobotModel, Vec3 } from '../../src/core/robot.ts';
import type { WorldSpec } from '../../src/core/task.ts';

/**
 * A thing in the simulation, by number: the robot's links by their index (0 … L − 1), then the world's bodies in their
 * order (L …). The ground plane is `groundFrame`.
 */
export type Frame = number;

export const groundFrame: Frame = -1;

/** What a simulated plant shows its sensors. All of it holds at the end of the latest simulation step (or reset). */
export interface Probe {
  readonly robot: RobotModel;
  readonly world: WorldSpec;
  /** m/s², world frame. */
  readonly gravity: Vec3;
  /** Length of a simulation step, s; the control period is a multiple of it. */
  readonly timestep: number;
  /** The plant's own channels; the sensors' come after them in a reading. */
  readonly channels: readonly Channel[];
  /** Coordinates [D] and rates [D] of the movable joints, live; empty where the plant has no joint channels. */
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  /** World pose of a frame into `out` [7]: position, m, then rotation x y z w. */
  pose(frame: Frame, out: Float64Array): void;
  /** Velocity of a frame's origin, m/s, then its angular velocity, rad/s, into `out` [6]; world axes. */
  motion(frame: Frame, out: Float64Array): void;
  /** Visits what touched during the latest step: the force, N, world axes, that `a` exerts on `b`, its mean over the step. */
  eachContact(visit: (a: Frame, b: Frame, fx: number, fy: number, fz: number) => void): void;
}
