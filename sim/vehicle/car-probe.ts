import type { Channel } from '../../src/core/channel.ts';
import { compose, rotate } from '../../src/core/linalg.ts';
import type { Pose, RobotModel, Vec3 } from '../../src/core/robot.ts';
import type { WorldSpec } from '../../src/core/task.ts';
import { Kinematics } from '../../src/robot/index.ts';
import type { Frame, Probe } from '../sensors/index.ts';
import { type CarState, contactSize } from './car-state.ts';
import type { VehicleLayout } from './layout.ts';

/** What a car shows its sensors. A wheel's own turning counts in its pose, not in its motion. */
export class CarProbe implements Probe {
  readonly robot: RobotModel;
  readonly world: WorldSpec;
  readonly gravity: Vec3;
  readonly timestep: number;
  readonly channels: readonly Channel[];
  readonly position = new Float64Array();
  readonly velocity = new Float64Array();
  readonly #layout: VehicleLayout;
  readonly #state: CarState;
  readonly #coordinates: () => Float64Array;
  readonly #kinematics: Kinematics;
  readonly #at = new Float64Array(7);

  constructor(parts: {
    robot: RobotModel;
    world: WorldSpec;
    layout: VehicleLayout;
    gravity: Vec3;
    timestep: number;
    channels: readonly Channel[];
    state: CarState;
    /** Coordinates [D] of the joints now. */
    coordinates: () => Float64Array;
  }) {
    this.robot = parts.robot;
    this.world = parts.world;
    this.gravity = parts.gravity;
    this.timestep = parts.timestep;
    this.channels = parts.channels;
    this.#layout = parts.layout;
    this.#state = parts.state;
    this.#coordinates = parts.coordinates;
    this.#kinematics = new Kinematics(parts.robot);
  }

  pose(frame: Frame, out: Float64Array): void {
    const links = this.robot.links.length;
    const { pose, bodies } = this.#state;
    if (frame === this.#layout.chassis) {
      out.set(pose);
      return;
    }
    if (frame >= links) {
      const at = 7 * (frame - links);
      for (let k = 0; k < 7; k++) out[k] = bodies[at + k];
      return;
    }
    const { position, rotation } = this.#linkPose(frame);
    out.set(position);
    out.set(rotation, 3);
  }

  #linkPose(link: number): Pose {
    const { pose } = this.#state;
    const offset = this.#layout.attached[link];
    if (!offset) return this.#kinematics.linkPoses(this.#coordinates())[link];
    return compose(
      { position: [pose[0], pose[1], pose[2]], rotation: [pose[3], pose[4], pose[5], pose[6]] },
      offset,
    );
  }

  motion(frame: Frame, out: Float64Array): void {
    out.fill(0);
    // The world's root and its bodies stand still.
    if (frame < 0 || frame >= this.robot.links.length || frame === this.robot.root) return;
    const { pose, motion, inertia } = this.#state;
    this.pose(frame, this.#at);
    const center = rotate([pose[3], pose[4], pose[5], pose[6]], [inertia[1], inertia[2], inertia[3]]);
    const x = this.#at[0] - pose[0] - center[0];
    const y = this.#at[1] - pose[1] - center[1];
    const z = this.#at[2] - pose[2] - center[2];
    out[0] = motion[0] + motion[4] * z - motion[5] * y;
    out[1] = motion[1] + motion[5] * x - motion[3] * z;
    out[2] = motion[2] + motion[3] * y - motion[4] * x;
    for (let k = 3; k < 6; k++) out[k] = motion[k];
  }

  eachContact(visit: (a: Frame, b: Frame, fx: number, fy: number, fz: number) => void): void {
    const { counts, contacts } = this.#state;
    for (let n = 0; n < counts[1]; n++) {
      const at = n * contactSize;
      visit(contacts[at], contacts[at + 1], contacts[at + 5], contacts[at + 6], contacts[at + 7]);
    }
  }
}
