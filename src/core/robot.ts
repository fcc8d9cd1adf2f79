import type { HardwareSpec } from './hardware.ts';
import type { Pose, Quat, Vec3 } from './pose.ts';
import type { Sensor } from './sensor.ts';

/**
 * What a robot is, as plain data: it crosses threads and wires unchanged. Made by `src/robot/` from a URDF and a
 * `robot.json`. SI units; right-handed, z up; quaternions are [x, y, z, w]; a frame's pose is given in its parent.
 */
export type { Pose, Quat, Vec3 };

export type Geometry =
  | { readonly kind: 'box'; readonly size: Vec3 }
  | { readonly kind: 'sphere'; readonly radius: number }
  /** Axis along z, as in URDF. */
  | { readonly kind: 'cylinder'; readonly radius: number; readonly length: number }
  /** Axis along z; `length` without the two caps. */
  | { readonly kind: 'capsule'; readonly radius: number; readonly length: number }
  /** A mesh to be drawn. `uri` as the URDF has it; `file` is where it was found, undefined when it was not. */
  | { readonly kind: 'mesh'; readonly uri: string; readonly file?: string; readonly scale: Vec3 }
  /** A convex polyhedron: vertices x y z …, m; triangles as vertex indices, counter-clockwise seen from outside. */
  | { readonly kind: 'convex'; readonly vertices: readonly number[]; readonly triangles: readonly number[] };

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

/** How a surface touches. The larger friction and the larger restitution of two surfaces hold, as in MuJoCo. */
export interface Surface {
  /** Coulomb coefficient. */
  readonly friction: number;
  /** Share of the approaching speed that comes back. */
  readonly restitution: number;
}

export interface Link {
  readonly name: string;
  readonly inertial?: Inertial;
  readonly visuals: readonly Shape[];
  readonly collisions: readonly Shape[];
  /** Default: friction 1, restitution 0. */
  readonly surface?: Surface;
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
  /** Reflected rotor inertia, kg m² or kg: resists the joint's own acceleration, adds no weight. */
  readonly armature: number;
  /** Follows another joint: coordinate = multiplier · its coordinate + offset. Such a joint is not in `movable`. */
  readonly mimic?: { readonly joint: number; readonly multiplier: number; readonly offset: number };
}

/**
 * Drives one joint with an effort within ±`maxEffort`, N m or N. A command is
 * - `effort`: the effort itself;
 * - `position`: a coordinate q*, rad or m: effort = stiffness · gap(q* − q) − damping · q̇, where `gap` leaves out
 *   ±backlash / 2;
 * - `velocity`: a rate, rad/s or m/s: effort = damping · (rate − q̇).
 */
export type Actuator =
  | { readonly joint: string; readonly kind: 'effort'; readonly maxEffort: number }
  | {
      readonly joint: string;
      readonly kind: 'position';
      readonly maxEffort: number;
      /** N m/rad or N/m */
      readonly stiffness: number;
      /** N m s/rad or N s/m */
      readonly damping: number;
      /** Free play, rad or m. */
      readonly backlash: number;
    }
  | {
      readonly joint: string;
      readonly kind: 'velocity';
      readonly maxEffort: number;
      readonly damping: number;
    };

/**
 * A car on wheels that a ray each holds up. Its root link is `world`, its chassis hangs on a floating joint. Commands:
 * see `sim/vehicle`.
 */
export interface Vehicle {
  readonly chassis: string;
  readonly wheels: readonly {
    /** The joint about which the wheel rolls; its child is the wheel. */
    readonly spin: string;
    /** The joint that steers it, if one does. */
    readonly steer?: string;
    readonly driven: boolean;
    /** m */
    readonly radius: number;
    /** Lateral force per slip angle, load and friction coefficient, 1/rad; above it the tyre slides. */
    readonly corneringStiffness: number;
  }[];
  /** rad; rad/s */
  readonly maxSteer: number;
  readonly maxSteerRate: number;
  /** m/s², forwards and braking; m/s. */
  readonly maxAcceleration: number;
  readonly maxBraking: number;
  readonly maxSpeed: number;
  /** Suspension of each wheel: N/m per kg of chassis, N s/m per kg, m. */
  readonly suspension: {
    readonly stiffness: number;
    readonly damping: number;
    readonly restLength: number;
    readonly travel: number;
  };
  /** Coulomb coefficient of the tyres. */
  readonly friction: number;
}

/** How this robot is integrated; `bench/sim.ts` measures what each length of step costs and errs. */
export interface SimulationSettings {
  /** Largest step, s; a simulator divides the control period evenly. */
  readonly timestep: number;
  /** Solver iterations in each step, at most: Newton steps over contacts, limits and friction; a car's are Rapier's. */
  readonly iterations: number;
  /** Commands take effect so much later than they are written, s; default 0. */
  readonly latency?: number;
}

export interface RobotModel {
  readonly name: string;
  readonly links: readonly Link[];
  /** A parent's joint comes before its child's. */
  readonly joints: readonly Joint[];
  /** Index of the root link; it is fixed to the world. */
  readonly root: number;
  /**
   * Indices into `joints` of those that move of their own, in order: the robot's coordinates q [D]. Planar and floating
   * joints of a URDF are chains of single ones here, through links without mass.
   */
  readonly movable: readonly number[];
  /** Coordinates [D] of the rest pose. */
  readonly home: readonly number[];
  readonly actuators: readonly Actuator[];
  /** The point whose path a view draws: a link and a point in its frame. */
  readonly tip: { readonly link: number; readonly point: Vec3 };
  readonly simulation: SimulationSettings;
  readonly sensors: readonly Sensor[];
  /** Set for a car; it is simulated as one. */
  readonly vehicle?: Vehicle;
  /** Pairs of links (indices) that never touch, besides those that a joint connects. */
  readonly untouching?: readonly (readonly [number, number])[];
  /** The real robot, if there is one. */
  readonly hardware?: HardwareSpec;
  /** What the reader ignored or guessed, for people. */
  readonly notes: readonly string[];
}
