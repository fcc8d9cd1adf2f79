import type { Probe } from '#sim/sensors/probe';
import type { SensorSuite } from '#sim/sensors/suite';
import type { Channel } from '#src/core/channel';
import { jointChannels } from '#src/core/joint-channels';
import { identityPose } from '#src/core/linalg';
import type { Joint, Link, Pose, RobotModel, Shape, Vec3 } from '#src/core/robot';
import type { WorldSpec } from '#src/core/task';

/** Where things are and how they move at a time, s; what is left out stands still at the origin. */
export interface Script {
  readonly joints?: (t: number) => {
    readonly position: readonly number[];
    readonly velocity: readonly number[];
  };
  readonly pose?: (frame: number, t: number) => Pose;
  /** Linear and angular velocity, world axes. */
  readonly motion?: (frame: number, t: number) => readonly number[];
  /** a, b, force of a on b. */
  readonly contacts?: (t: number) => readonly (readonly [number, number, number, number, number])[];
}

/** A plant that follows a script instead of physics. */
export class ScriptedProbe implements Probe {
  readonly robot: RobotModel;
  readonly world: WorldSpec;
  readonly gravity: Vec3;
  readonly timestep: number;
  readonly channels: readonly Channel[];
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  script: Script;
  step = 0;

  constructor(robot: RobotModel, script: Script = {}, world: WorldSpec = {}, timestep = 0.001) {
    this.robot = robot;
    this.world = world;
    this.gravity = world.gravity ?? [0, 0, -9.81];
    this.timestep = timestep;
    this.channels = jointChannels(robot);
    this.position = new Float64Array(robot.movable.length);
    this.velocity = new Float64Array(robot.movable.length);
    this.script = script;
    this.goTo(0);
  }

  goTo(step: number): void {
    this.step = step;
    const joints = this.script.joints?.(this.time);
    if (!joints) return;
    this.position.set(joints.position);
    this.velocity.set(joints.velocity);
  }

  get time(): number {
    return this.step * this.timestep;
  }

  pose(frame: number, out: Float64Array): void {
    const { position, rotation } = this.script.pose?.(frame, this.time) ?? identityPose;
    out.set([...position, ...rotation]);
  }

  motion(frame: number, out: Float64Array): void {
    out.set(this.script.motion?.(frame, this.time) ?? [0, 0, 0, 0, 0, 0]);
  }

  eachContact(visit: (a: number, b: number, fx: number, fy: number, fz: number) => void): void {
    for (const contact of this.script.contacts?.(this.time) ?? []) visit(...contact);
  }
}

/** The readings after 0, 1, … `steps` simulation steps from a reset. */
export function readings(
  suite: SensorSuite,
  probe: ScriptedProbe,
  steps: number,
  noise = { seed: 0, episode: 0 },
): Float32Array[] {
  probe.goTo(0);
  suite.reset(noise);
  const out = [reading(suite, probe)];
  for (let step = 1; step <= steps; step++) {
    advance(suite, probe);
    out.push(reading(suite, probe));
  }
  return out;
}

export function advance(suite: SensorSuite, probe: ScriptedProbe): void {
  probe.goTo(probe.step + 1);
  suite.sample();
}

/** What a plant's `read` would deliver: joints, then sensors. */
export function reading(suite: SensorSuite, probe: ScriptedProbe): Float32Array {
  const size = [...probe.channels, ...suite.channels].reduce((sum, channel) => sum + channel.size, 0);
  const out = new Float32Array(size);
  out.set(probe.position);
  out.set(probe.velocity, probe.position.length);
  suite.read(out);
  return out;
}

export function link(name: string, collisions: readonly Shape[] = []): Link {
  return { name, visuals: [], collisions };
}

/** Links in a row; each hangs on the one before by a joint of the given kind about y. */
export function chain(links: readonly Link[], kinds: readonly Joint['kind'][]): RobotModel {
  const joints = kinds.map(
    (kind, j): Joint => ({
      name: `joint${j + 1}`,
      kind,
      parent: j,
      child: j + 1,
      origin: identityPose,
      axis: [0, 1, 0],
      lower: kind === 'continuous' ? -Infinity : -2,
      upper: kind === 'continuous' ? Infinity : 2,
      maxVelocity: 10,
      maxEffort: 10,
      damping: 0,
      friction: 0,
      armature: 0,
    }),
  );
  const movable = joints.flatMap(({ kind }, j) => (kind === 'fixed' ? [] : [j]));
  return {
    name: 'scripted',
    links,
    joints,
    root: 0,
    movable,
    home: movable.map(() => 0),
    actuators: [],
    tip: { link: links.length - 1, point: [0, 0, 0] },
    simulation: { timestep: 0.001, iterations: 10 },
    sensors: [],
    notes: [],
  };
}

export function at(x: number, y: number, z: number): Pose {
  return { position: [x, y, z], rotation: [0, 0, 0, 1] };
}
