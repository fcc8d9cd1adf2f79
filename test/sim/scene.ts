import loadMujoco, { type MainModule, type MjData, type MjModel } from '@mujoco/mujoco';
import { Contacts } from '#sim/contact/contacts';
import { System } from '#sim/dynamics/system';
import type { SimulatedPlant } from '#src/core/plant';
import type { Geometry, Pose, Quat, RobotModel, Shape, Vec3 } from '#src/core/robot';
import type { WorldSpec } from '#src/core/task';
import { readingSize } from './reading.ts';

/** A robot that is nothing: for scenes of bodies alone. */
export const nobody: RobotModel = {
  name: 'nobody',
  links: [{ name: 'nowhere', visuals: [], collisions: [] }],
  joints: [],
  root: 0,
  movable: [],
  home: [],
  actuators: [],
  tip: { link: 0, point: [0, 0, 0] },
  simulation: { timestep: 0.002, iterations: 50 },
  sensors: [],
  notes: [],
};

export function at(x: number, y: number, z: number, rotation: Quat = [0, 0, 0, 1]): Pose {
  return { position: [x, y, z], rotation };
}

export function shape(geometry: Geometry): Shape {
  return { geometry, pose: at(0, 0, 0) };
}

export function box(x: number, y: number, z: number): Shape {
  return shape({ kind: 'box', size: [x, y, z] });
}

/** A scene whose bodies may start with a velocity: linear, then spin, by name. */
export function sceneOf(
  world: WorldSpec,
  timestep: number,
  rates: Readonly<Record<string, readonly number[]>> = {},
): System {
  const system = new System(nobody, world, { timestep, iterations: 50 });
  system.contacts = Contacts.of(system);
  for (const [i, body] of (world.bodies ?? []).entries()) {
    system.placeBody(i, body.pose);
    if (rates[body.name]) system.velocity.set(rates[body.name], 6 * system.freeOf[i]);
  }
  return system;
}

/** What a plant reads now, by channel. */
export function reading(plant: SimulatedPlant): Record<string, number[]> {
  const out = new Float32Array(readingSize(plant));
  plant.read(out);
  let from = 0;
  const values: Record<string, number[]> = {};
  for (const { name, size } of plant.spec.channels) {
    values[name] = Array.from(out.subarray(from, from + size));
    from += size;
  }
  return values;
}

export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, k) => value - b[k]));
}

/** Force on `name` from `other`, N. */
export function forceOn(plant: SimulatedPlant, name: string, other: string): Vec3 {
  const sum: [number, number, number] = [0, 0, 0];
  for (const { a, b, force } of plant.contacts())
    for (let k = 0; k < 3; k++) {
      if (a === other && b === name) sum[k] += force[k];
      if (b === other && a === name) sum[k] -= force[k];
    }
  return sum;
}

let engine: Promise<MainModule> | undefined;

/** Runs an MJCF scene for `seconds`; `start` and `visit` see model and data. */
export async function mujoco<T>(
  xml: string,
  seconds: number,
  start: (data: MjData) => void,
  result: (data: MjData) => T,
): Promise<T> {
  engine ??= loadMujoco();
  const mj = await engine;
  const model = mj.MjModel.from_xml_string(xml) as MjModel | null;
  if (!model) throw new Error('MuJoCo refused the scene');
  const data = new mj.MjData(model);
  start(data);
  const steps = Math.round(seconds / model.opt.timestep);
  for (let step = 0; step < steps; step++) mj.mj_step(model, data);
  const value = result(data);
  data.delete();
  model.delete();
  return value;
}
