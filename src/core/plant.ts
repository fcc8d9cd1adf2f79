import type { Channel } from './channel.ts';
import type { Exchange, HardwareReport } from './hardware.ts';
import type { Lifecycle, StopReport } from './lifecycle.ts';
import type { Pose, RobotModel } from './robot.ts';
import type { Box } from './space.ts';

/** Coordinates q [D] and rates [D] of the robot's movable joints, in their order; rad or m, rad/s or m/s. */
export interface PlantState {
  readonly position: readonly number[];
  readonly velocity: readonly number[];
  /** Where bodies of the world stand, at rest, by name; default: where the world says. Fixed ones may be placed too. */
  readonly bodies?: Readonly<Record<string, Pose>>;
}

/** How the physics of an episode differs from the robot's and the world's description; factors are 1 by default. */
export interface Physics {
  /** Factor on mass and inertia by name of link or body; `*` stands for all others. */
  readonly mass?: Readonly<Record<string, number>>;
  /** Factors: Coulomb coefficient of every contact; Coulomb friction and damping of every joint. */
  readonly contactFriction?: number;
  readonly jointFriction?: number;
  readonly jointDamping?: number;
  /** Factor on the gains of servos, on the efforts of motors and on a car's drive and steering. */
  readonly gain?: number;
  /** Commands take effect so much later, s. */
  readonly latency?: number;
}

/** How an episode begins. */
export interface EpisodeStart extends PlantState {
  readonly physics?: Physics;
  /** Keys the noise of sensors; default 0, 0. */
  readonly noise?: { readonly seed: number; readonly episode: number };
}

/** Two things that touch, with the force of the first on the second, N, and where, m; world frame. */
export interface Contact {
  /** Names of a link or body; `ground` for the ground plane. */
  readonly a: string;
  readonly b: string;
  readonly point: readonly [number, number, number];
  readonly force: readonly [number, number, number];
  /** Distance of the surfaces, m; negative when they overlap. */
  readonly gap: number;
}

export interface PlantSpec {
  readonly robot: RobotModel;
  /** What `read` delivers, concatenated. */
  readonly channels: readonly Channel[];
  /** What `write` takes: one value per actuator, see `Actuator`. */
  readonly command: Box;
}

/**
 * Coordinates q [D] at a time (s since reset), and position and rotation of the world's bodies [bodies × 7] in their
 * order; the arrays are reused, copy what you keep.
 */
export type PoseListener = (time: number, position: Float64Array, bodies: Float64Array) => void;

/** One robot, simulated or real. */
export interface Plant {
  readonly spec: PlantSpec;
  readonly lifecycle: Lifecycle;
  /** A real robot is led to the start, and then holds it until the first `write`. */
  reset(start: EpisodeStart): void | Promise<void>;
  /** Real robots alone: after a `stop`, before the next `write`. It holds where it stands; nothing moves. */
  activate?(): void | Promise<void>;
  /** Real robots alone: whether exploration's limits rule from the next activation on; until then they do not. */
  explore?(on: boolean): void;
  /** Copies the newest reading into `out`; returns its time, s since reset. Never blocks. */
  read(out: Float32Array): number;
  /** Hands over the newest command; it is clamped to `spec.command`, or limited by a bridge. Never blocks. */
  write(command: Float32Array): void;
  /** Simulation: one control period. Hardware: until the next tick. */
  advance(): void | Promise<void>;
  stop(): StopReport | Promise<StopReport>;
  /** Releases everything; may be called twice. */
  close(): void | Promise<void>;
  /** Poses between control steps, for a smooth picture; `undefined` turns it off. */
  observePoses(listener: PoseListener | undefined, rate: number): void;
  /** Real robots alone: what goes over the wire, cycle by cycle, and how the robot is; `undefined` turns it off. */
  observeHardware?(listener: HardwareListener | undefined): void;
}

export interface HardwareListener {
  exchange(exchange: Exchange): void;
  report(report: HardwareReport): void;
}

/** A plant whose whole state can be taken and put back, bit for bit. */
export interface SimulatedPlant extends Plant {
  reset(start: EpisodeStart): void;
  advance(): void;
  stop(): StopReport;
  close(): void;
  save(): Uint8Array;
  restore(saved: Uint8Array): void;
  /** What touches now, with the forces of the last step. */
  contacts(): Contact[];
}
