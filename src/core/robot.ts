/**
 * What a robot is, as plain data: it crosses threads and wires unchanged. Made by `src/robot/` from a URDF and a
 * `robot.json`. SI units; right-handed, z up; quaternions are [x, y, z, w]; a frame's pose is given in its parent.
 */
export type Vec3 = readonly [number, number, number];
export type Quat = readonly [number, number, number, number];

export interface Pose {
  readonly position: Vec3;
  readonly rotation: Quat;
}

export type Geometry =
  | { readonly kind: 'box'; readonly size: Vec3 }
  | { readonly kind: 'sphere'; readonly radius: number }
  /** Axis along z, as in URDF. */
  | { readonly kind: 'cylinder'; readonly radius: number; readonly length: number }
  /** Axis along z; `length` without the two caps. */
  | { readonly kind: 'capsule'; readonly radius: number; readonly length: number };

export interface Shape {
  readonly geometry: Geometry;
  /** In the link's frame. */
  readonly pose: Pose;
  /** Red, green, blue, alpha in 0 … 1; undefined = the view's own choice. */
  readonly color?: readonly [number, number, number, number];
}

export interface Inertial {
  /** kg */
  readonly mass: number;
  /** Centre of mass and the axes of `inertia`, in the link's frame. */
  readonly pose: Pose;
  /** kg m² about the centre of mass: ixx, ixy, ixz, iyy, iyz, izz. */
  readonly inertia: readonly [number, number, number, number, number, number];
}

export interface Link {
  readonly name: string;
  readonly inertial?: Inertial;
  readonly visuals: readonly Shape[];
  readonly collisions: readonly Shape[];
}

export interface Joint {
  readonly name: string;
  readonly kind: 'fixed' | 'revolute' | 'continuous' | 'prismatic';
  /** Index into `links`. */
  readonly parent: number;
  readonly child: number;
  /** The joint's frame in the parent link at coordinate 0. */
  readonly origin: Pose;
  /** Unit vector in the joint's frame. */
  readonly axis: Vec3;
  /** rad or m; rad/s or m/s; N m or N. `lower`, `upper` are ∓Infinity when the joint is unlimited. */
  readonly lower: number;
  readonly upper: number;
  readonly maxVelocity: number;
  readonly maxEffort: number;
  /** Viscous damping, N m s/rad or N s/m. */
  readonly damping: number;
  /** Coulomb friction, N m or N. */
  readonly friction: number;
}

/** Drives one joint with a commanded effort (N m or N) within ±`maxEffort`. */
export interface Actuator {
  readonly joint: string;
  readonly kind: 'effort';
  readonly maxEffort: number;
}

/** The cheapest integration that holds the accuracy bounds for this robot; measured by `bench/sim.ts`. */
export interface SimulationSettings {
  /** Largest step, s; a simulator divides the control period evenly. */
  readonly timestep: number;
  /** Solver iterations per step. */
  readonly iterations: number;
}

export interface RobotModel {
  readonly name: string;
  readonly links: readonly Link[];
  /** A parent's joint comes before its child's. */
  readonly joints: readonly Joint[];
  /** Index of the root link; it is fixed to the world. */
  readonly root: number;
  /** Indices into `joints` of those that move, in order: the robot's coordinates q [D]. */
  readonly movable: readonly number[];
  /** Coordinates [D] of the rest pose. */
  readonly home: readonly number[];
  readonly actuators: readonly Actuator[];
  /** The point whose path a view draws: a link and a point in its frame. */
  readonly tip: { readonly link: number; readonly point: Vec3 };
  readonly simulation: SimulationSettings;
  /** What the reader ignored or guessed, for people. */
  readonly notes: readonly string[];
}
