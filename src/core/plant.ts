import type { Channel } from './channel.ts';
import type { RobotModel } from './robot.ts';
import type { Box } from './space.ts';

/** Coordinates q [D] and rates [D] of the robot's movable joints, in their order; rad or m, rad/s or m/s. */
export interface PlantState {
  readonly position: readonly number[];
  readonly velocity: readonly number[];
}

/** Lifecycle of ros2_control: reads are allowed when inactive, writes never. */
export type Lifecycle = 'unconfigured' | 'inactive' | 'active' | 'finalized';

export interface PlantSpec {
  readonly robot: RobotModel;
  /** What `read` delivers, concatenated. */
  readonly channels: readonly Channel[];
  /** What `write` takes: one effort per actuator, N m or N. */
  readonly command: Box;
}

/** What `stop` verified, e.g. that effort is zero; never more. */
export interface StopReport {
  readonly stopped: boolean;
  readonly how: string;
}

/** Coordinates q [D] at a time (s since reset); the array is reused, copy what you keep. */
export type PoseListener = (time: number, position: Float64Array) => void;

/** One robot, simulated or real. */
export interface Plant {
  readonly spec: PlantSpec;
  readonly lifecycle: Lifecycle;
  reset(state: PlantState): void | Promise<void>;
  /** Copies the newest reading into `out`; returns its time, s since reset. Never blocks. */
  read(out: Float32Array): number;
  /** Hands over the newest command; it is clamped to `spec.command`. Never blocks. */
  write(command: Float32Array): void;
  /** Simulation: one control period. Hardware: until the next tick. */
  advance(): void | Promise<void>;
  stop(): StopReport | Promise<StopReport>;
  /** Releases everything; may be called twice. */
  close(): void | Promise<void>;
  /** Poses between control steps, for a smooth picture; `undefined` turns it off. */
  observePoses(listener: PoseListener | undefined, rate: number): void;
}

/** A plant whose whole state can be taken and put back, bit for bit. */
export interface SimulatedPlant extends Plant {
  reset(state: PlantState): void;
  advance(): void;
  stop(): StopReport;
  close(): void;
  save(): Uint8Array;
  restore(saved: Uint8Array): void;
}
